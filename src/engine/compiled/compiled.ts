// The compiled engine: a program is recorded once, encoded as an ONNX graph and executed by ONNX Runtime.
//
// Buffers are inputs of the graph, not constants inside it, wherever they can stay where the graph is computed. All programs of a
// run therefore share one copy of every weight. In main memory an updated buffer is written where it lies: its output is bound to
// the memory of its input wherever no node reads the old value after the new one is there. On a GPU the output becomes the buffer.
import { type InferenceSession, Tensor as OrtTensor } from "../onnxruntime.ts";
import type { Engine, HostTensor, Precision, Program, ProgramSpec } from "../engine.ts";
import type { CompiledBuffer } from "./buffers.ts";
import { withConstants } from "./constants.ts";
import {
  createProvider,
  explained,
  type Provider,
  type ProviderName,
  runtimeVersion,
} from "./provider.ts";
import { type RecordedProgram, recordProgram } from "./record.ts";
import { feedWindows } from "./windows.ts";

export interface CompiledOptions {
  /** Where ONNX Runtime computes; the CPU by default. */
  provider?: ProviderName;
  /** The GPU's name, for the description. */
  gpu?: string;
  /** Whether WebGPU may compute on a software rasteriser. */
  isSoftware?: boolean;
  /** How products with frozen weights are computed; in float32 by default. */
  precision?: Precision;
  /** Threads that compute one operation on the CPU; all cores by default. */
  numThreads?: number;
  /** See Engine.preferredTokens. */
  preferredTokens?: number;
  /** Whether frozen buffers become constants of every graph; by default only where they cannot stay on the device. */
  frozenAsConstants?: boolean;
}

/** Where the provider cannot be had, the first program that is compiled throws what ONNX Runtime says. */
export function createCompiledEngine(options: CompiledOptions = {}): Engine {
  const { precision = "float32", preferredTokens } = options;
  const provider = createProvider(options.provider ?? "cpu", options);
  const { frozenAsConstants = provider.frozenAsConstants } = options;
  const products = precision === "float32" ? "" : `, products with frozen weights in ${precision}`;
  return {
    description: `compiled (ONNX Runtime ${runtimeVersion()}, ${provider.title}${products})`,
    preferredTokens: preferredTokens ?? provider.preferredTokens,
    precision,
    isOnGpu: provider.isOnGpu,
    buffer: (data, { frozen = false } = {}) => provider.buffer(data, frozen),
    compile: (spec) => compile(spec, { provider, precision, frozenAsConstants }),
    dispose: () => provider.dispose(),
  };
}

interface Compiler {
  provider: Provider;
  precision: Precision;
  frozenAsConstants: boolean;
}

async function compile(
  spec: ProgramSpec,
  { frozenAsConstants, precision, provider }: Compiler,
): Promise<Program> {
  const buffers = spec.buffers as Readonly<Record<string, CompiledBuffer>>;
  const isHalved = (name: string) =>
    precision === "float16" && buffers[name]?.frozen && buffers[name].shape.length === 2;
  const recorded = await recordProgram(spec, {
    cutsWindows: provider.isOnDevice,
    hasFusedMatMul: provider.hasFusedMatMul,
    isHalved,
  });
  const bound = frozenAsConstants ? withConstants(recorded, buffers) : recorded;
  const updated = recorded.updates.map(({ output }) => output);
  const session = await provider.createSession(bound.graph, updated);
  return new CompiledProgram(bound, buffers, session);
}

class CompiledProgram implements Program {
  readonly #recorded: RecordedProgram;
  readonly #buffers: Readonly<Record<string, CompiledBuffer>>;
  readonly #session: InferenceSession;

  constructor(
    recorded: RecordedProgram,
    buffers: Readonly<Record<string, CompiledBuffer>>,
    session: InferenceSession,
  ) {
    this.#recorded = recorded;
    this.#buffers = buffers;
    this.#session = session;
  }

  async run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    const { graph, outputs, updates } = this.#recorded;
    const feeds = { ...this.#batch(inputs), ...(await this.#state()) };
    // Outputs with a fixed place, and null for those that ONNX Runtime allocates.
    const fetches: Record<string, OrtTensor | null> = {};
    for (const { name } of graph.outputs) fetches[name] = null;
    for (const { buffer, inPlace, output } of updates) {
      const { place } = this.#buffers[buffer];
      if (inPlace && place) fetches[output] = place;
    }
    const results = await explained(() => this.#session.run(feeds, fetches));
    for (const { buffer, output } of updates)
      if (!fetches[output]) this.#buffers[buffer].replace(results[output]);
    return Object.fromEntries(
      outputs.map((name) => {
        const { data, dims } = results[name];
        return [name, { data: data as Float32Array, shape: dims }];
      }),
    );
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }

  /** What the batch gives: its values, and what follows from its shape. */
  #batch(inputs: Readonly<Record<string, HostTensor>>): Record<string, OrtTensor> {
    const { inputsRead, pools, shapeInputs } = this.#recorded;
    const feeds = feedWindows(pools, inputs);
    for (const name of inputsRead) {
      const { data, shape } = inputs[name];
      feeds[name] =
        data instanceof Float32Array
          ? new OrtTensor("float32", data, shape)
          : new OrtTensor("int32", data, shape);
    }
    if (shapeInputs.length === 0) return feeds;
    const [B, T] = inputs.ids.shape;
    for (const { name, values } of shapeInputs) {
      const data = BigInt64Array.from(values({ B, T }), BigInt);
      feeds[name] = new OrtTensor("int64", data, [data.length]);
    }
    return feeds;
  }

  async #state(): Promise<Record<string, OrtTensor>> {
    const feeds: Record<string, OrtTensor> = {};
    for (const { buffer, input, type } of this.#recorded.buffersRead)
      feeds[input] = await this.#buffers[buffer].tensor(type);
    return feeds;
  }
}
