// Whether an engine really works here, and how fast: a small training step whose loss and gradients must be those of the CPU, then
// a standard one against the clock. Runs in a process of its own (self-test-process.ts), because a broken driver takes the process
// with it.
import { adamDefaults } from "../train/optimizer.ts";
import * as tf from "@tensorflow/tfjs";
import type { Batch } from "../data/batches.ts";
import { createEngine, type EngineName, type EngineOptions } from "../engine/create.ts";
import type { Engine, Precision } from "../engine/engine.ts";
import { applyMethod } from "../methods/methods.ts";
import { encoderParameters, type EncoderShape, sizeOf } from "../model/shape.ts";
import type { FloatTensor } from "../model/safetensors.ts";
import { randomStream, truncatedNormal } from "../random.ts";
import { Learner } from "../train/learner.ts";

export interface SelfTestOrder {
  engine: EngineName;
  options: EngineOptions;
  /**
   * How far to go: `load` the runtime only, `compare` the small step with the processor's, or `time` the standard one as well, which
   * takes a software rasteriser minutes.
   */
  depth: "load" | "compare" | "time";
}

export type SelfTestReport =
  | {
      ok: true;
      /** The engine's own words. */
      description: string;
      /** Whether it computes on a GPU. */
      isOnGpu: boolean;
      /** Milliseconds of the standard step, on the engine and on the CPU; absent where it was not timed. */
      stepMs?: number;
      cpuStepMs?: number;
    }
  | {
      ok: false;
      reason: string;
      remedy?: string;
      /** Whether the engine came so far as to compute. */
      isLoaded: boolean;
    };

const common = {
  vocabSize: 500,
  maxPositions: 128,
  typeVocabSize: 2,
  activation: "gelu",
  layerNormEpsilon: 1e-12,
  hiddenDropout: 0,
  attentionDropout: 0,
} as const;

interface TestStep {
  shape: EncoderShape;
  /** Adapter size. */
  size: number;
  numExamples: number;
  length: number;
}

const small: TestStep = {
  shape: { ...common, numLayers: 2, hiddenSize: 32, numHeads: 4, intermediateSize: 64 },
  size: 8,
  numExamples: 3,
  length: 7,
};

/** Two layers of MiniLM's width on 16 texts of 128 tokens, with adapters of size 64. */
const standard: TestStep = {
  shape: { ...common, numLayers: 2, hiddenSize: 384, numHeads: 12, intermediateSize: 1536 },
  size: 64,
  numExamples: 16,
  length: 128,
};

/** Largest deviation from the CPU, relative to the largest value. */
const tolerances: Record<Precision, { loss: number; gradient: number }> = {
  float32: { loss: 1e-4, gradient: 1e-3 },
  float16: { loss: 1e-2, gradient: 5e-2 },
};

/** Puts one engine to the test. Throws what the engine throws. */
export async function selfTest({
  depth,
  engine: name,
  options,
}: SelfTestOrder): Promise<SelfTestReport> {
  const engine = await createEngine(name, options);
  const { description, isOnGpu } = engine;
  if (depth === "load") {
    await load(engine);
    return { ok: true, description, isOnGpu };
  }
  const cpu = await createEngine("cpu");
  const deviation = await compare(engine, cpu);
  if (deviation !== undefined) return { ok: false, reason: deviation, isLoaded: true };
  if (depth === "compare") return { ok: true, description, isOnGpu };
  const stepMs = await time(engine);
  const cpuStepMs = name === "cpu" ? stepMs : await time(cpu);
  return { ok: true, description, isOnGpu, stepMs, cpuStepMs };
}

/** A program of one addition: what cannot be had at all is told here. */
async function load(engine: Engine): Promise<void> {
  const buffer = engine.buffer({ shape: [1], data: Float32Array.of(1) });
  const program = await engine.compile({
    name: "load",
    inputs: {},
    buffers: { x: buffer },
    compute: (_, { x }) => ({ outputs: { sum: tf.add(x, 1) }, updates: {} }),
  });
  await program.run({});
}

/** What differs from the CPU by more than rounding; undefined if nothing does. */
async function compare(engine: Engine, cpu: Engine): Promise<string | undefined> {
  const [actual, expected] = [await smallStep(engine), await smallStep(cpu)];
  const tolerance = tolerances[engine.precision];
  for (const [name, reference] of expected) {
    const allowed = name === LOSS ? tolerance.loss : tolerance.gradient;
    const error = relativeError(actual.get(name)!, reference);
    if (!(error <= allowed))
      return `it computes wrongly: ${name} is off by ${error.toPrecision(2)} of its largest value, more than ${allowed}`;
  }
  return undefined;
}

const LOSS = "the loss";

/** Loss and gradients of one step. */
async function smallStep(engine: Engine): Promise<Map<string, Float32Array>> {
  const learner = createLearner(engine, small);
  const batch = createBatch(small);
  const loss = await learner.accumulate(batch, 1 / batch.numExamples, { step: 0, piece: 0 });
  const results = new Map([[LOSS, Float32Array.of(loss)]]);
  for (const name of learner.trainedNames)
    results.set(`the gradient of ${name}`, (await learner.gradient(name).read()).slice());
  await learner.dispose();
  return results;
}

const NUM_TIMED = 3;

/** Milliseconds of the standard step, the best of a few after one that compiles. */
async function time(engine: Engine): Promise<number> {
  const learner = createLearner(engine, standard);
  const batch = createBatch(standard);
  let best = Infinity;
  for (let step = 0; step <= NUM_TIMED; step++) {
    const start = performance.now();
    await learner.step([batch], step, 1e-4);
    if (step > 0) best = Math.min(best, performance.now() - start);
  }
  await learner.dispose();
  return best;
}

function createLearner(engine: Engine, { shape, size }: TestStep): Learner {
  const weights = [...encoderParameters(shape)].map(([name, dims]): [string, FloatTensor] => {
    const data = truncatedNormal(randomStream(0, "self-test", name), sizeOf(dims), 0.05);
    return [
      name,
      { shape: dims, data: name.endsWith("LayerNorm.weight") ? data.map((x) => x + 1) : data },
    ];
  });
  return new Learner({
    engine,
    shape,
    weights: new Map(weights),
    tuning: applyMethod(shape, { name: "houlsby", size, initStd: 0.05 }),
    head: { kind: "classification", numOutputs: 2 },
    optimizer: adamDefaults,
    seed: 0,
  });
}

/** A batch whose second half of texts is one token shorter than the first. */
function createBatch({ length, numExamples, shape }: TestStep): Batch {
  const size = numExamples * length;
  const maskBias = new Float32Array(size);
  for (let row = numExamples >> 1; row < numExamples; row++)
    maskBias[(row + 1) * length - 1] = -10_000;
  const ids = randomStream(0, "self-test", "ids");
  return {
    ids: Int32Array.from({ length: size }, (_, i) => ids.uint32(i) % shape.vocabSize),
    typeIds: new Int32Array(size),
    maskBias,
    labels: Float32Array.from({ length: numExamples }, (_, i) => i % 2),
    numExamples,
    length,
    numTokens: size,
  };
}

/** The largest difference over the largest value. */
function relativeError(actual: Float32Array, expected: Float32Array): number {
  let [difference, largest] = [0, 0];
  for (const [i, value] of expected.entries()) {
    const error = Math.abs(actual[i] - value);
    if (!(error <= difference)) difference = error; // also where it is not a number
    largest = Math.max(largest, Math.abs(value));
  }
  return difference / Math.max(largest, Number.MIN_VALUE);
}
