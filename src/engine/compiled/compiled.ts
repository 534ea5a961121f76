// The compiled engine: a program is recorded once, encoded as an ONNX graph and executed by ONNX Runtime on the CPU.
//
// Buffers are inputs of the graph, not constants inside it. All programs of a run therefore share one copy of every weight, and
// an updated buffer is written where it lies: its output is bound to the memory of its input wherever no node reads the old
// value after the new one is there.
import { InferenceSession, Tensor as OrtTensor, env } from "onnxruntime-node";
import { availableParallelism } from "node:os";
import { invariant } from "../../errors.ts";
import type { Buffer, Engine, HostTensor, Program, ProgramSpec } from "../engine.ts";
import { encodeModel } from "./onnx.ts";
import { type RecordedProgram, recordProgram } from "./record.ts";

export interface CompiledOptions {
  /** Threads that compute one operation; all cores by default. */
  numThreads?: number;
  /** See Engine.preferredTokens. */
  preferredTokens?: number;
}

/**
 * Padded tokens per piece of a batch. Measured on 2 cores with 2 MiB of L2 cache each: the activations of a thousand tokens still
 * pass quickly from one operation to the next, and matrix products are as fast as with more.
 */
const PREFERRED_TOKENS = 1024;

/** The engine that runs wherever onnxruntime-node installs. */
export function createCompiledEngine(options: CompiledOptions = {}): Engine {
  const numThreads = options.numThreads ?? availableParallelism();
  const version = env.versions.node ?? env.versions.common;
  return {
    description: `compiled (ONNX Runtime ${version}, CPU, ${numThreads} ${numThreads === 1 ? "thread" : "threads"})`,
    preferredTokens: options.preferredTokens ?? PREFERRED_TOKENS,
    buffer: (data) => new CompiledBuffer(data),
    compile: (spec) => compile(spec, numThreads),
    dispose: async () => {},
  };
}

class CompiledBuffer implements Buffer {
  readonly shape: readonly number[];
  readonly tensor: OrtTensor;
  readonly #values: Float32Array;

  constructor({ data, shape }: HostTensor) {
    invariant(data instanceof Float32Array, "buffers hold float32 values");
    this.shape = shape;
    this.#values = data;
    this.tensor = new OrtTensor("float32", data, shape);
  }

  async read(): Promise<Float32Array> {
    return this.#values;
  }

  write(values: Float32Array): void {
    this.#values.set(values);
  }

  dispose(): void {}
}

async function compile(spec: ProgramSpec, numThreads: number): Promise<Program> {
  const recorded = await recordProgram(spec);
  const session = await InferenceSession.create(encodeModel(recorded.graph), {
    intraOpNumThreads: numThreads,
    graphOptimizationLevel: "all",
    executionMode: "sequential",
  });
  return new CompiledProgram(spec, recorded, session);
}

class CompiledProgram implements Program {
  readonly #spec: ProgramSpec;
  readonly #session: InferenceSession;
  readonly #recorded: RecordedProgram;
  readonly #buffers: Record<string, OrtTensor> = {};
  /** Outputs with a fixed place, and null for those that ONNX Runtime allocates. */
  readonly #fetches: Record<string, OrtTensor | null> = {};

  constructor(spec: ProgramSpec, recorded: RecordedProgram, session: InferenceSession) {
    this.#spec = spec;
    this.#recorded = recorded;
    this.#session = session;
    for (const name of recorded.buffersRead) this.#buffers[name] = this.#buffer(name).tensor;
    for (const output of recorded.outputs) this.#fetches[output] = null;
    for (const { buffer, output, inPlace } of recorded.updates)
      this.#fetches[output] = inPlace ? this.#buffer(buffer).tensor : null;
  }

  async run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    const feeds = { ...this.#buffers };
    for (const name of this.#recorded.inputsRead) {
      const { data, shape } = inputs[name];
      feeds[name] =
        data instanceof Float32Array
          ? new OrtTensor("float32", data, shape)
          : new OrtTensor("int32", data, shape);
    }
    if (this.#recorded.shapeInputs.length > 0) {
      const [B, T] = inputs.ids.shape;
      for (const { name, values } of this.#recorded.shapeInputs) {
        const data = BigInt64Array.from(values({ B, T }), BigInt);
        feeds[name] = new OrtTensor("int64", data, [data.length]);
      }
    }
    const results = await this.#session.run(feeds, this.#fetches);
    for (const { buffer, output, inPlace } of this.#recorded.updates)
      if (!inPlace) this.#buffer(buffer).write(results[output].data as Float32Array);
    return Object.fromEntries(
      this.#recorded.outputs.map((name) => {
        const { data, dims } = results[name];
        return [name, { data: data as Float32Array, shape: dims }];
      }),
    );
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }

  #buffer(name: string): CompiledBuffer {
    return this.#spec.buffers[name] as CompiledBuffer;
  }
}
