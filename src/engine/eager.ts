// The eager engine: a program is an ordinary function that a TensorFlow.js backend executes operation by operation at every
// run. The way to libtensorflow and its GPU kernels where it was set up; on plain JavaScript the reference in tests.
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "@tensorflow/tfjs";
import { registerComposites } from "../model/kernels.ts";
import type { EngineOptions } from "./create.ts";
import {
  type Buffer,
  DeviceMemoryError,
  type Engine,
  type HostTensor,
  type Program,
  type ProgramSpec,
  type Tensors,
} from "./engine.ts";
import { loadTensorflow, TENSORFLOW_BACKEND } from "./tensorflow.ts";

/**
 * Padded tokens per piece of a batch: bounds memory, since what the forward pass computes is kept until the backward pass is done.
 * On a CPU as in the compiled engine: no slower there than with more, and a third of the memory. A GPU wants more work at a time.
 */
const PREFERRED_TOKENS = { cpu: 1024, gpu: 4096 };

/** The eager engine on libtensorflow. Where it cannot be loaded, that is an error: nothing slower takes its place. */
export async function createTensorflowEngine(options: EngineOptions = {}): Promise<Engine> {
  const { version, isUsingGpu } = await loadTensorflow(options);
  const title = `libtensorflow ${version}, ${isUsingGpu ? "GPU" : "CPU"}`;
  return createEagerEngine({ backend: TENSORFLOW_BACKEND, title, isOnGpu: isUsingGpu });
}

/** The same on tfjs's plain JavaScript backend, always there and slow: for tests. */
export async function createJavaScriptEngine(): Promise<Engine> {
  return createEagerEngine({ backend: "cpu", title: "plain JavaScript", isOnGpu: false });
}

interface EagerOptions {
  /** Of tfjs. */
  backend: string;
  /** How the description names it. */
  title: string;
  isOnGpu: boolean;
}

async function createEagerEngine({ backend, isOnGpu, title }: EagerOptions): Promise<Engine> {
  tf.enableProdMode(); // otherwise the plain backend prints an advertisement for tfjs-node
  await activateBackend(backend);
  registerComposites(backend);
  return {
    description: `eager (TensorFlow.js ${tf.version_core}, ${title})`,
    preferredTokens: PREFERRED_TOKENS[isOnGpu ? "gpu" : "cpu"],
    precision: "float32",
    isOnGpu,
    buffer: (data) => new EagerBuffer(toTensor(data)),
    compile: async (spec) => ({
      run: async (inputs) => {
        await activateBackend(backend);
        return explained(() => run(spec, inputs));
      },
      dispose: async () => {},
    }),
    dispose: async () => {},
  };
}

class EagerBuffer implements Buffer {
  tensor: Tensor;

  constructor(tensor: Tensor) {
    this.tensor = tf.keep(tensor);
  }

  get shape(): readonly number[] {
    return this.tensor.shape;
  }

  async read(): Promise<Float32Array> {
    return (await this.tensor.data()) as Float32Array; // waits for the device
  }

  write(values: Float32Array): void {
    this.replace(tf.tensor(values.slice(), this.tensor.shape));
  }

  replace(tensor: Tensor): void {
    this.tensor.dispose();
    this.tensor = tf.keep(tensor);
  }

  dispose(): void {
    this.tensor.dispose();
  }
}

async function activateBackend(backend: string): Promise<void> {
  if (tf.getBackend() !== backend) await tf.setBackend(backend);
}

/** libtensorflow's code for memory that is used up, TF_RESOURCE_EXHAUSTED, as tfjs-node's binding tells it. */
const outOfMemory = /TF_Status: 8\b/;

/** Runs something; that the device has too little memory comes out as that. */
async function explained<T>(compute: () => Promise<T>): Promise<T> {
  try {
    return await compute();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (outOfMemory.test(text)) throw new DeviceMemoryError(text, { cause: error });
    throw error;
  }
}

async function run(
  spec: ProgramSpec,
  inputs: Parameters<Program["run"]>[0],
): Promise<Record<string, HostTensor>> {
  const buffers = spec.buffers as Readonly<Record<string, EagerBuffer>>;
  // What the tidy returns survives it; every other tensor of the run is freed.
  const outputs = tf.tidy(() => {
    const fed = feed(spec, inputs);
    // Clones share the values. A result may be a buffer as it was, or be wanted twice.
    const state = Object.fromEntries(
      Object.entries(buffers).map(([name, { tensor }]) => [name, tensor.clone()]),
    );
    const result = spec.compute(fed, state);
    for (const [name, tensor] of Object.entries(result.updates))
      buffers[name].replace(tensor.clone());
    return result.outputs;
  });
  return readAll(outputs);
}

/** The inputs as tensors. What is a window of a pool is cut out of it where it is computed with, so that the pool is moved once. */
function feed(spec: ProgramSpec, inputs: Readonly<Record<string, HostTensor>>): Tensors {
  const pools = new Map<ArrayBufferLike, Tensor>();
  const poolOf = (buffer: ArrayBufferLike): Tensor => {
    const pool = pools.get(buffer) ?? tf.tensor(new Float32Array(buffer));
    pools.set(buffer, pool);
    return pool;
  };
  const window = ({ data, shape }: HostTensor) => {
    const start = data.byteOffset / Float32Array.BYTES_PER_ELEMENT;
    return tf.reshape(tf.slice(poolOf(data.buffer), [start], [data.length]), [...shape]);
  };
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      name,
      spec.inputs[name].pool === undefined ? toTensor(value) : window(value),
    ]),
  );
}

async function readAll(outputs: Tensors): Promise<Record<string, HostTensor>> {
  const entries = Object.entries(outputs).map(async ([name, tensor]) => {
    const data = (await tensor.data()) as Float32Array; // waits for the device
    tensor.dispose();
    return [name, { data, shape: tensor.shape }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function toTensor({ data, shape }: HostTensor): Tensor {
  return tf.tensor(data, [...shape], data instanceof Float32Array ? "float32" : "int32");
}
