// The cases that PyTorch computed (benchmarks/peers/golden_encoder.py wrote them; double precision, rounded to float32).
import { join } from "node:path";
import type { Batch } from "../../src/data/batches.ts";
import type { TaskKind } from "../../src/data/task.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { applyMethod, type MethodConfig } from "../../src/methods/methods.ts";
import { loadEncoder } from "../../src/model/pretrained.ts";
import { type FloatTensor, readSafetensors } from "../../src/model/safetensors.ts";
import type { Activation, EncoderShape } from "../../src/model/shape.ts";
import { Learner } from "../../src/train/learner.ts";
import golden from "../golden/golden.json" with { type: "json" };

const folder = join(import.meta.dirname, "..", "golden");

export interface GoldenCase {
  name: string;
  file: string;
  method: MethodConfig;
  kind: TaskKind;
  hiddenAct: string;
  numLabels: number;
  loss: number;
  /** Before each of 10 optimizer steps; absent in forward-only cases. */
  losses?: number[];
  /** By how much PyTorch's own float32 run differs, at most, by kind of tensor. */
  float32Deviation: Record<string, number>;
}

export const cases = golden.cases as unknown as GoldenCase[];
export const { learningRates } = golden.optimizer;

export const optimizer = {
  adamBeta1: golden.optimizer.beta1,
  adamBeta2: golden.optimizer.beta2,
  adamEpsilon: golden.optimizer.epsilon,
  weightDecay: golden.optimizer.weightDecay,
  maxGradNorm: golden.optimizer.clipNorm,
};

/** The fixed batch with the labels of a kind of task. */
export function goldenBatch({ kind }: Pick<GoldenCase, "kind">): Batch {
  const { ids, lengths, typeIds } = golden.batch;
  const [numExamples, length] = [ids.length, ids[0].length];
  return {
    ids: Int32Array.from(ids.flat()),
    typeIds: Int32Array.from(typeIds.flat()),
    maskBias: Float32Array.from(
      lengths.flatMap((n) => ids[0].map((_, t) => (t < n ? 0 : -10_000))),
    ),
    labels: labelsOf(kind, length),
    numExamples,
    length,
    numTokens: lengths.reduce((sum, n) => sum + n, 0),
  };
}

function labelsOf(kind: TaskKind, length: number): Float32Array {
  const { labels, spans, targets } = golden.batch;
  if (kind !== "span") return Float32Array.from(kind === "regression" ? targets : labels);
  const ends = spans.flat();
  const ones = new Float32Array(ends.length * length);
  for (const [i, end] of ends.entries()) ones[i * length + end] = 1;
  return ones;
}

/** Some rows of a batch, as long as the longest of them. */
export function rowsOf(batch: Batch, rows: readonly number[]): Batch {
  const lengthOf = (row: number) =>
    batch.maskBias.subarray(row * batch.length, (row + 1) * batch.length).filter((x) => x === 0)
      .length;
  const length = Math.max(...rows.map(lengthOf));
  const pick = (values: Int32Array | Float32Array) =>
    rows.flatMap((row) => [...values.subarray(row * batch.length, row * batch.length + length)]);
  return {
    ids: Int32Array.from(pick(batch.ids)),
    typeIds: Int32Array.from(pick(batch.typeIds)),
    maskBias: Float32Array.from(pick(batch.maskBias)),
    labels: Float32Array.from(rows, (row) => batch.labels[row]),
    numExamples: rows.length,
    length,
    numTokens: rows.reduce((sum, row) => sum + lengthOf(row), 0),
  };
}

/** Tensors of a case whose names start with `prefix`, without it. */
export function goldenTensors(example: GoldenCase, prefix: string): Map<string, FloatTensor> {
  const { tensors } = readSafetensors(join(folder, example.file));
  const chosen = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(chosen.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

/** A learner for the golden encoder; `shape` overrides dimensions or dropout. */
export async function goldenLearner(
  engine: Engine,
  example: Pick<GoldenCase, "hiddenAct" | "kind" | "method" | "numLabels">,
  shape: Partial<EncoderShape> = {},
): Promise<Learner> {
  const encoder = await loadEncoder(join(folder, "encoder"));
  const merged = { ...encoder.shape, activation: example.hiddenAct as Activation, ...shape };
  return new Learner({
    engine,
    shape: merged,
    weights: encoder.weights,
    tuning: applyMethod(merged, example.method),
    head: { kind: example.kind, numOutputs: example.numLabels },
    optimizer,
    seed: 0,
  });
}

/** A learner that starts where the PyTorch case starts. */
export async function goldenCaseLearner(engine: Engine, example: GoldenCase): Promise<Learner> {
  const learner = await goldenLearner(engine, example);
  for (const [name, { data }] of goldenTensors(example, "init/"))
    learner.parameter(name).write(data);
  return learner;
}

/** The largest difference, relative to the largest expected magnitude. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let scale = 1e-6; // a tensor of zeros is compared absolutely
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return difference / scale;
}
