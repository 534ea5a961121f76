// Finds and loads libtensorflow, as the tfjs backend "tensorflow": what `peft setup tensorflow` has built, else npm's
// @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node. Why a candidate cannot be used is kept and told, never swallowed.
import { createRequire } from "node:module";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../errors.ts";
import { z } from "zod";
import { homeFolder } from "../folders.ts";
import { tryJsonFile } from "../json.ts";
import { keepFloat32 } from "./cuda-provider.ts";

/** The name that tfjs-node gives its backend. */
export const TENSORFLOW_BACKEND = "tensorflow";

/** tfjs-node 4.22.0 calls util.isNullOrUndefined and util.isArray, which Node 23 removed (tensorflow/tfjs#8425, unreleased). */
const FIRST_BROKEN_NODE = 23;

/** Of @tensorflow/tfjs; tfjs-node must be of the same. */
export const tfjsVersion = tf.version_core;

/** What stands in for @tensorflow/tfjs in a folder built by `peft setup tensorflow`: the copy of whoever loads it. */
export const TFJS_HANDOVER = "peft.tfjs";

export interface LoadedTensorflow {
  /** Where it was found: "peft setup tensorflow" or an npm package. */
  source: string;
  /** Of libtensorflow, such as "2.21.0". */
  version: string;
  isUsingGpu: boolean;
}

/** Why a candidate cannot be used. */
export interface TensorflowFailure {
  source: string;
  reason: string;
}

export type FoundTensorflow =
  | { loaded: LoadedTensorflow; failures: readonly TensorflowFailure[] }
  | { loaded?: undefined; failures: readonly TensorflowFailure[] };

export interface TensorflowOptions {
  /** Threads that compute one operation. libtensorflow reads it once, when it is loaded. */
  numThreads?: number;
  /** The NVIDIA GPU it is to compute on, if one was seen. */
  gpu?: string;
  /** The folder that `peft setup tensorflow` fills. */
  folder?: string;
  /** npm packages to try where that folder is of no use. */
  packages?: readonly string[];
  /** Such as "v22.1.0". */
  nodeVersion?: string;
}

/** Written by `peft setup tensorflow` beside what it has built. */
const tensorflowRecord = z.object({
  /** Version of @tensorflow/tfjs and of tfjs-node, which must agree. */
  tfjs: z.string(),
  /** Whether it was built for NVIDIA GPUs. */
  gpu: z.boolean(),
  /** Which TensorFlow it was built from: equal texts, equal files. */
  source: z.string(),
});

export type TensorflowRecord = z.infer<typeof tensorflowRecord>;

/** Where `peft setup tensorflow` builds. */
export function tensorflowFolder(): string {
  return join(homeFolder(), "tensorflow");
}

/** The record of what is in the folder; undefined where nothing was set up, or the record is damaged. */
export function readTensorflowRecord(folder: string): TensorflowRecord | undefined {
  return tryJsonFile(join(folder, "setup.json"), tensorflowRecord);
}

/** Loads libtensorflow, or says why not and what to do. */
export async function loadTensorflow(options: TensorflowOptions = {}): Promise<LoadedTensorflow> {
  const { loaded, failures } = await findTensorflow(options);
  if (loaded) return loaded;
  const reasons = failures.map(({ source, reason }) => `${source}: ${reason}`);
  const onlyNode = failures.every(({ source }) => source === "Node");
  throw new UserError(["libtensorflow cannot be loaded:", ...reasons], {
    hint: onlyNode
      ? "run peft with Node 22 or 20, or leave out --device tfjs"
      : `peft setup tensorflow${options.gpu === undefined ? "" : " --gpu"}`,
  });
}

let current: FoundTensorflow | undefined; // a native library is loaded once per process, and stays

/** Loads the first candidate that can be loaded, and says why those before it cannot. */
export async function findTensorflow(options: TensorflowOptions = {}): Promise<FoundTensorflow> {
  if (current) return current;
  const { nodeVersion = process.version, folder = tensorflowFolder(), numThreads } = options;
  const { packages = nodePackages } = options;
  const refusal = refuseNode(nodeVersion);
  if (refusal !== undefined) return { failures: [{ source: "Node", reason: refusal }] };
  prepareEnvironment(numThreads);
  const failures: TensorflowFailure[] = [];
  for (const { source, load } of candidates(folder, packages)) {
    const reason = await load();
    if (reason === undefined) return (current = { loaded: describe(source), failures });
    failures.push({ source, reason });
  }
  return { failures };
}

/** Why this Node cannot run tfjs-node; undefined where it can. */
function refuseNode(version: string): string | undefined {
  if (Number(/\d+/.exec(version)?.[0]) < FIRST_BROKEN_NODE) return undefined;
  return `${version}: expected Node 22 or 20: tfjs-node ${tfjsVersion} uses functions that Node 23 removed`;
}

/** libtensorflow reads the variables when it is loaded. What the user has set stays. */
function prepareEnvironment(numThreads: number | undefined): void {
  if (numThreads !== undefined) process.env.TF_NUM_INTRAOP_THREADS ??= String(numThreads);
  tf.enableProdMode(); // a package that fails half-way has registered its kernels, and the next would warn of each
  keepFloat32();
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= "true"; // else the first process takes the GPU's whole memory
}

interface Candidate {
  source: string;
  /** Registers the backend; gives the reason where it cannot. */
  load: () => Promise<string | undefined>;
}

function candidates(folder: string, packages: readonly string[]): Candidate[] {
  return [
    { source: BUILT, load: async () => loadBuilt(folder) },
    ...packages.map((name) => ({ source: name, load: () => loadPackage(name) })),
  ];
}

/** Loads what `peft setup tensorflow` has put into `folder`, and nothing else. */
export function loadBuiltTensorflow(folder: string): LoadedTensorflow {
  const reason = loadBuilt(folder);
  if (reason !== undefined) throw new UserError(`${folder}: libtensorflow: ${reason}`);
  return describe(BUILT);
}

const BUILT = "peft setup tensorflow";

function loadBuilt(folder: string): string | undefined {
  const record = readTensorflowRecord(folder);
  if (!record) return `not done (nothing in ${folder})`;
  if (record.tfjs !== tfjsVersion)
    return `built for TensorFlow.js ${record.tfjs}, and this is ${tfjsVersion}: run it again`;
  return reasonOf(() => {
    (globalThis as Record<symbol, unknown>)[Symbol.for(TFJS_HANDOVER)] = ownRequire(tfjsPackage);
    const load = createRequire(join(folder, "setup.json"));
    if (process.env.TF_CPP_MIN_LOG_LEVEL === undefined) {
      process.env.TF_CPP_MIN_LOG_LEVEL = ERRORS_ONLY;
      load("./quiet.node"); // swallows what libtensorflow's initialisers print at any log level
    }
    const binding = load("./tfjs_binding.node") as TensorflowBinding;
    load(`${nodePackage}/dist/register_all_kernels`);
    const backend = load(`${nodePackage}/dist/nodejs_kernel_backend`) as BackendModule;
    const create = () => new backend.NodeJSKernelBackend(binding, nodePackage);
    tf.registerBackend(TENSORFLOW_BACKEND, create, BACKEND_PRIORITY);
  });
}

const ERRORS_ONLY = "2"; // of TF_CPP_MIN_LOG_LEVEL: 0 tells everything, 1 no information, 2 no warnings
const BACKEND_PRIORITY = 3; // as tfjs-node's own index.js registers it
const tfjsPackage = "@tensorflow/tfjs";
const nodePackage = "@tensorflow/tfjs-node-gpu";
const nodePackages = [nodePackage, "@tensorflow/tfjs-node"];
const ownRequire = createRequire(import.meta.url);

async function loadPackage(name: string): Promise<string | undefined> {
  try {
    ownRequire.resolve(name);
  } catch {
    return "not installed"; // resolve throws for nothing else
  }
  process.env.TF_CPP_MIN_LOG_LEVEL ??= ERRORS_ONLY;
  return reasonOf(() => void ownRequire(name));
}

/** The first line of what went wrong; undefined if nothing did. */
function reasonOf(action: () => void): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    // Kept for the user: a library of another version, a missing file, a package that was not built.
    return (error instanceof Error ? error.message : String(error)).split("\n")[0].trim();
  }
}

interface TensorflowBinding {
  TF_Version: string;
}

interface TensorflowBackend {
  binding: TensorflowBinding;
  isUsingGpuDevice: boolean;
}

interface BackendModule {
  NodeJSKernelBackend: new (binding: TensorflowBinding, packageName: string) => tf.KernelBackend;
}

/** What the registered backend says of itself. */
function describe(source: string): LoadedTensorflow {
  const backend = tf.findBackend(TENSORFLOW_BACKEND) as unknown as TensorflowBackend;
  return {
    source,
    version: backend.binding.TF_Version,
    isUsingGpu: backend.isUsingGpuDevice,
  };
}
