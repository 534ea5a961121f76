// `peft setup tensorflow`, top to bottom: find or download TensorFlow, fetch tfjs-node, compile its binding, try it, and only then
// put it in its place.
import { closeSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { readTensorflowRecord, tensorflowFolder, tfjsVersion } from "../engine/tensorflow.ts";
import { hasNvidiaDriver } from "../engine/cuda-provider.ts";
import { Interrupted, UserError } from "../errors.ts";
import { attempt, fileBytes, pathExists, writeAtomic } from "../files.ts";
import { compileBinding, fetchBinding, type Libraries } from "./binding.ts";
import { checkDigest } from "./digests.ts";
import { requireDriver, requireLinux } from "./platform.ts";
import { findInstalled, openPackage, type TensorflowPackage } from "./python-tensorflow.ts";
import { removeFolder, replaceFolder } from "./replace.ts";
import { selfTest, type SelfTested } from "./self-test.ts";
import { runTool, type Watch } from "./tools.ts";
import { downloadWheels, requirementsOf, unpackWheels } from "./wheels.ts";

/** The TensorFlow that is downloaded; tfjs-node 4.22.0 was tested against it. */
const TENSORFLOW_VERSION = "2.21.0";

/** What of TensorFlow's wheel is needed: its two libraries, and the headers to compile against them. */
const tensorflowFiles =
  /tensorflow\/(libtensorflow_(cc|framework)\.so\.2$|include\/(tensorflow|tsl|xla)\/.*\.h$)/;
/** What of NVIDIA's wheels is needed: all but headers. TensorFlow finds the folder beside its own. */
const nvidiaFiles = /nvidia\/(?!.*\/include\/)/;

export interface TensorflowSetup {
  /** For NVIDIA GPUs. */
  gpu: boolean;
  /** Build for GPUs where there is no NVIDIA driver. */
  force?: boolean;
  /** A wheel, or the folder of an installed TensorFlow. */
  from?: string;
  /** Where it is built; by default where the engine looks. */
  folder?: string;
}

/** What is set up now. */
export interface TensorflowResult {
  folder: string;
  version: string;
  isUsingGpu: boolean;
  /** Nothing had to be done. */
  unchanged: boolean;
  /** Why no GPU is used though one was wanted. */
  withoutGpu?: string;
}

type Source =
  | { kind: "download" }
  | { kind: "wheel"; path: string }
  | { kind: "installed"; package: TensorflowPackage };

/** Builds libtensorflow's binding, unless what is there is what would be built. */
export async function setupTensorflow(
  setup: TensorflowSetup,
  watch: Watch,
): Promise<TensorflowResult> {
  requireLinux("tensorflow");
  if (setup.gpu) requireDriver("tensorflow --gpu", setup.force ?? false);
  const folder = setup.folder ?? tensorflowFolder();
  await requireTools(watch.signal);
  const source = await chooseSource(setup, watch);
  const wanted = { tfjs: tfjsVersion, gpu: setup.gpu, source: identify(source) };
  if (isDeepStrictEqual(readTensorflowRecord(folder), wanted)) {
    const tested = await tryAgain(folder, watch);
    if (tested) return { ...describeResult(folder, tested, setup.gpu), unchanged: true };
  }
  const tested = await replaceFolder(folder, async (temporary) => {
    const libraries = await provideLibraries(source, setup.gpu, temporary, watch);
    watch.report(`fetching tfjs-node ${tfjsVersion}`);
    await fetchBinding(temporary, watch.signal);
    watch.report("compiling its binding");
    await compileBinding(temporary, libraries, watch.signal);
    rmSync(join(temporary, SITE, "tensorflow", "include"), { recursive: true, force: true });
    writeAtomic(join(temporary, "setup.json"), `${JSON.stringify(wanted, null, 2)}\n`);
    watch.report("checking it: a product and its gradient");
    return selfTest({ what: "tensorflow", folder: temporary }, watch.signal);
  });
  return describeResult(folder, tested, setup.gpu);
}

/** Undoes setupTensorflow; says whether there was anything. */
export function removeTensorflow(folder = tensorflowFolder()): boolean {
  return removeFolder(folder);
}

async function requireTools(signal: AbortSignal | undefined): Promise<void> {
  for (const name of ["python3", "c++", "npm"]) await runTool(name, ["--version"], { signal });
}

async function chooseSource({ gpu, from }: TensorflowSetup, watch: Watch): Promise<Source> {
  if (from?.endsWith(".whl")) {
    if (fileBytes(from) === null) throw new UserError(`--from ${from}: no such file`);
    if (!isZip(from)) throw new UserError(`--from ${from}: not a zip archive: expected a wheel`);
    return { kind: "wheel", path: resolve(from) };
  }
  const installed = from === undefined ? await findInstalled(watch.signal) : openPackage(from);
  if (!installed) return { kind: "download" };
  if (!gpu || installed.isCudaBuild) return { kind: "installed", package: installed };
  const message = `${installed.folder}: a TensorFlow without CUDA`;
  if (from !== undefined)
    throw new UserError(`--from ${from}: ${message}: --gpu expects one with CUDA`);
  watch.report(`${message}, so another one is downloaded`);
  return { kind: "download" };
}

/** By its first bytes; a wheel is a zip archive. */
function isZip(path: string): boolean {
  const head = Buffer.alloc(4);
  const file = attempt(path, () => openSync(path, "r"));
  readSync(file, head);
  closeSync(file);
  return head.equals(Buffer.from("PK\u0003\u0004"));
}

/** Which TensorFlow: a version, or a file with its size and time, since an upgrade keeps the name. */
function identify(source: Source): string {
  if (source.kind === "download") return `TensorFlow ${TENSORFLOW_VERSION} from the Python index`;
  const path =
    source.kind === "wheel" ? source.path : join(source.package.folder, "libtensorflow_cc.so.2");
  const { size, mtimeMs } = statSync(path);
  return `${path}, ${size} bytes, ${new Date(mtimeMs).toISOString()}`;
}

/** What is there already, tried; undefined if it no longer works. */
async function tryAgain(folder: string, watch: Watch): Promise<SelfTested | undefined> {
  watch.report("there already: checking it");
  try {
    return await selfTest({ what: "tensorflow", folder }, watch.signal);
  } catch (error) {
    if (!(error instanceof UserError) || error instanceof Interrupted) throw error;
    watch.report(error.message);
    watch.report("so it is built again");
    return undefined;
  }
}

/** Where wheels are unpacked, below the folder of the setup; NVIDIA's libraries must lie beside TensorFlow's. */
const SITE = "site";

async function provideLibraries(
  source: Source,
  gpu: boolean,
  folder: string,
  watch: Watch,
): Promise<Libraries> {
  if (source.kind === "installed") {
    watch.report(`using TensorFlow in ${source.package.folder}`);
    return { folder: source.package.folder, runPath: source.package.folder };
  }
  const { signal } = watch;
  const wheels = join(folder, "wheels");
  const wheel =
    source.kind === "wheel" ? source.path : await downloadTensorflow(gpu, wheels, watch);
  await unpackWheels([wheel], join(folder, SITE), tensorflowFiles, signal);
  if (gpu) {
    const requirements = await requirementsOf(wheel, ["and-cuda"], signal);
    watch.report(`downloading CUDA's libraries: ${requirements.length} wheels, about 2 GB`);
    const cuda = await downloadWheels(requirements, wheels, { signal, dependencies: true });
    watch.report("unpacking them");
    await unpackWheels(cuda, join(folder, SITE), nvidiaFiles, signal);
  }
  rmSync(wheels, { recursive: true, force: true });
  const libraries = join(folder, SITE, "tensorflow");
  if (!pathExists(join(libraries, "libtensorflow_cc.so.2")))
    throw new UserError(
      `${wheel}: expected a wheel of TensorFlow, with libtensorflow_cc.so.2 in it`,
    );
  return { folder: libraries, runPath: `$ORIGIN/${SITE}/tensorflow` };
}

async function downloadTensorflow(gpu: boolean, folder: string, watch: Watch): Promise<string> {
  const [name, size] = gpu ? ["tensorflow", "550 MB"] : ["tensorflow-cpu", "260 MB"];
  watch.report(`downloading ${name} ${TENSORFLOW_VERSION}, about ${size}`);
  const requirement = `${name}==${TENSORFLOW_VERSION}`;
  const options = { signal: watch.signal, dependencies: false };
  const [wheel] = await downloadWheels([requirement], folder, options);
  await checkDigest(requirement, wheel);
  return wheel;
}

function describeResult(
  folder: string,
  { loaded, log }: SelfTested,
  gpu: boolean,
): TensorflowResult {
  const { version, isUsingGpu } = loaded!;
  const lacksGpu = gpu && !isUsingGpu;
  return {
    folder,
    version,
    isUsingGpu,
    unchanged: false,
    ...(lacksGpu && { withoutGpu: reasonWithoutGpu(log) }),
  };
}

/** Why TensorFlow found no GPU: what it said of CUDA last. */
export function reasonWithoutGpu(log: string, hasDriver = hasNvidiaDriver()): string {
  if (!hasDriver) return "no NVIDIA driver: libcuda.so.1 is not where the system finds libraries";
  const lines = log.split("\n").filter((line) => /cuda|gpu|dlopen/i.test(line));
  return lines.at(-1)?.replace(/^.*?\] /, "") ?? "TensorFlow found no GPU and does not say why";
}
