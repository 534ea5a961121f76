// What differs between the places where ONNX Runtime computes ("execution providers"): how sessions are made, where buffers lie,
// and what its errors mean.
import { availableParallelism } from "node:os";
import { AsyncMemo } from "../../async-memo.ts";
import { keepFloat32, prepareCudaProvider } from "../cuda-provider.ts";
import { DeviceLostError, DeviceMemoryError, type HostTensor } from "../engine.ts";
import {
  env,
  InferenceSession,
  type SessionOptions,
  type Tensor as OrtTensor,
} from "../onnxruntime.ts";
import {
  type BufferType,
  type CompiledBuffer,
  DeviceBuffer,
  HostBuffer,
  type Transfer,
} from "./buffers.ts";
import { elementTypes, encodeModel, type Graph } from "./onnx.ts";

env.logLevel = "fatal"; // what it would log of errors comes as exceptions, too

export type ProviderName = "cpu" | "webgpu" | "cuda";

export interface Provider {
  /** What the user reads, such as "CPU, 2 threads". */
  title: string;
  isOnGpu: boolean;
  /** Whether inputs have to be moved to a device, software rasterisers included. */
  isOnDevice: boolean;
  /** Padded tokens per piece of a batch; see Engine.preferredTokens. */
  preferredTokens: number;
  /** Whether frozen buffers become constants of every graph, because buffers cannot stay on the device between runs. */
  frozenAsConstants: boolean;
  /** See Recording. */
  hasFusedMatMul: boolean;
  buffer(data: HostTensor, frozen: boolean): CompiledBuffer;
  /** `onDevice` names the outputs that stay where they are computed. */
  createSession(graph: Graph, onDevice: readonly string[]): Promise<InferenceSession>;
  dispose(): Promise<void>;
}

export interface ProviderOptions {
  numThreads?: number;
  /** The GPU's name, for the title. */
  gpu?: string;
  /** Whether WebGPU may compute on a software rasteriser. */
  isSoftware?: boolean;
}

/** Throws UserError where CUDA is not set up. */
export function createProvider(name: ProviderName, options: ProviderOptions = {}): Provider {
  switch (name) {
    case "cpu":
      return cpu(options.numThreads ?? availableParallelism());
    case "webgpu":
      return webgpu(options);
    case "cuda":
      return cuda(options);
  }
}

/** ONNX Runtime's version. */
export const runtimeVersion = (): string => env.versions.node ?? env.versions.common;

/**
 * Measured on 2 cores with 2 MiB of L2 cache each: the activations of a thousand tokens still pass quickly from one operation to
 * the next, and matrix products are as fast as with more.
 */
const CPU_TOKENS = 1024;
/** A batch of 32 texts of 128 tokens at once: a GPU wants many rows, and its memory holds their activations. */
const GPU_TOKENS = 4096;

/** Files in which Linux's drivers without a GPU are described: SwiftShader's and lavapipe's. */
const SOFTWARE_DRIVERS = "*swiftshader*,*lvp*";

const common: SessionOptions = {
  graphOptimizationLevel: "all",
  executionMode: "sequential",
};

function cpu(numThreads: number): Provider {
  return {
    isOnGpu: false,
    isOnDevice: false,
    title: `CPU, ${numThreads} ${numThreads === 1 ? "thread" : "threads"}`,
    preferredTokens: CPU_TOKENS,
    frozenAsConstants: false,
    hasFusedMatMul: true,
    buffer: (data, frozen) => new HostBuffer(data, frozen),
    createSession: (graph) => create(graph, { ...common, intraOpNumThreads: numThreads }),
    dispose: async () => {},
  };
}

/** Everything but the batch and the results stays on the GPU; a graph that would need the CPU in between is refused. */
function webgpu({ gpu, isSoftware = false }: ProviderOptions): Provider {
  // Where a real GPU is refused, its place must not be taken by a driver that computes on the processor. Vulkan's loader reads this.
  if (!isSoftware) process.env["VK_LOADER_DRIVERS_DISABLE"] ??= SOFTWARE_DRIVERS;
  const options: SessionOptions = {
    ...common,
    executionProviders: [{ name: "webgpu" }],
    extra: { session: { disable_cpu_ep_fallback: "1" } },
  };
  const transfer = new WebGpuTransfer(options);
  return {
    isOnGpu: !isSoftware,
    isOnDevice: true,
    title: named("WebGPU", gpu),
    preferredTokens: GPU_TOKENS,
    frozenAsConstants: false,
    hasFusedMatMul: false,
    buffer: (data, frozen) => new DeviceBuffer(data, frozen, transfer),
    createSession: (graph, onDevice) => {
      const place = ({ name }: { name: string }) =>
        [name, onDevice.includes(name) ? "gpu-buffer" : "cpu"] as const;
      const preferredOutputLocation = Object.fromEntries(graph.outputs.map(place));
      return create(graph, { ...options, preferredOutputLocation });
    },
    dispose: () => transfer.dispose(),
  };
}

/**
 * The Node binding keeps no tensors on a CUDA device: frozen weights are constants of the session, which it uploads once, and what
 * trains travels with every run.
 */
function cuda({ gpu }: ProviderOptions): Provider {
  keepFloat32();
  prepareCudaProvider();
  return {
    isOnGpu: true,
    isOnDevice: true,
    title: named("CUDA", gpu),
    preferredTokens: GPU_TOKENS,
    frozenAsConstants: true,
    hasFusedMatMul: true,
    buffer: (data, frozen) => new HostBuffer(data, frozen),
    createSession: (graph) => create(graph, { ...common, executionProviders: [{ name: "cuda" }] }),
    dispose: async () => {},
  };
}

function named(route: string, gpu: string | undefined): string {
  return gpu === undefined ? route : `${route} on ${gpu}`;
}

async function create(graph: Graph, options: SessionOptions): Promise<InferenceSession> {
  const externalData = graph.initializers.flatMap(({ bytes, isExternal, name }) =>
    isExternal ? [{ path: name, data: bytes }] : [],
  );
  return explained(() =>
    InferenceSession.create(encodeModel(graph), {
      ...options,
      ...(externalData.length && { externalData }),
    }),
  );
}

/** Copies tensors with programs of one node: the binding has no other way to move values. */
class WebGpuTransfer implements Transfer {
  readonly #options: SessionOptions;
  readonly #sessions = new AsyncMemo<string, InferenceSession>();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  async upload(values: OrtTensor, type: BufferType): Promise<OrtTensor> {
    return this.#copy("gpu-buffer", type, values);
  }

  async download(tensor: OrtTensor): Promise<Float32Array> {
    return (await this.#copy("cpu", "float32", tensor)).data as Float32Array;
  }

  async dispose(): Promise<void> {
    for (const session of await this.#sessions.drain()) await session.release();
  }

  async #copy(to: "cpu" | "gpu-buffer", type: BufferType, tensor: OrtTensor): Promise<OrtTensor> {
    const rank = tensor.dims.length;
    const options = { ...this.#options, preferredOutputLocation: to };
    const createSession = () => create(copyGraph(type, rank), options);
    const session = await this.#sessions.get([to, type, rank].join(), createSession);
    return explained(async () => (await session.run({ from: tensor })).to);
  }
}

/** A graph that gives its one input as it is, or as float16. */
function copyGraph(type: BufferType, rank: number): Graph {
  const shape = Array.from({ length: rank }, (_, axis) => `axis ${axis}`);
  const node =
    type === "float16"
      ? { op: "Cast", attributes: { to: elementTypes.float16 } }
      : { op: "Identity", attributes: {} };
  return {
    nodes: [{ ...node, domain: "", inputs: ["from"], outputs: ["to"] }],
    inputs: [{ name: "from", type: "float32", shape }],
    outputs: [{ name: "to", type, shape }],
    initializers: [],
  };
}

/**
 * Words of ONNX Runtime, Dawn (its WebGPU), Vulkan and CUDA; CUDA's codes are 2 for memory, 4, 46, 100, 719 and 999 for a device that
 * is not there any more.
 */
const lost =
  /\bis lost\b|device (was |has been )?lost|DEVICE_LOST|MapAsyncStatus value|CUDA failure (4|46|100|719|999)\b/i;
/** On WebGPU what could not be allocated is noticed when it is used: it "is invalid due to a previous error". */
const outOfMemory =
  /out of memory|OUT_OF_DEVICE_MEMORY|failed to allocate|exceeds the max buffer size|exceeding maxStorageBufferBindingSize|invalid due to a previous error|CUDA failure 2\b/i;

/** Runs something that calls ONNX Runtime; errors of the device come out as what they are. */
export async function explained<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (lost.test(text)) throw new DeviceLostError(text.split("\n"), { cause: error });
    if (outOfMemory.test(text)) throw new DeviceMemoryError(text, { cause: error });
    throw error;
  }
}
