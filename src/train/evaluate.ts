// Runs a model over a split and scores it. The order and grouping of the examples have no influence on the scores.
import { collate, lengthsOf, splitByTokens } from "../data/batches.ts";
import type { EncodedSplit } from "../data/encode.ts";
import { computeMetrics, type MetricName } from "../metrics/metrics.ts";
import type { Learner } from "./learner.ts";

export interface ScoreOptions {
  metrics: readonly MetricName[];
  kind: "classification" | "regression";
  /** Padded tokens computed at once. */
  maxTokens: number;
  onProgress?: (done: number, total: number) => void;
  /** Stops between two batches; the scores are then null. */
  signal?: AbortSignal;
}

export interface Scores {
  /** Mean loss. */
  loss: number;
  metrics: Record<string, number>;
  /** Class index or score of each example, in the split's order. */
  predictions: Float32Array;
}

/** Predicts every example of the split once. Null if it was stopped. */
export async function score(
  learner: Learner,
  split: EncodedSplit,
  options: ScoreOptions,
): Promise<Scores | null> {
  const { kind, metrics, onProgress, signal } = options;
  const all = Int32Array.from({ length: split.count }, (_, i) => i);
  const predictions = new Float32Array(split.count);
  let lossSum = 0;
  let done = 0;
  for (const indices of splitByTokens(all, lengthsOf(split), options.maxTokens)) {
    if (signal?.aborted) return null;
    const prediction = await learner.predict(collate(split, indices));
    lossSum += prediction.lossSum;
    const width = prediction.logits.length / indices.length;
    for (const [row, i] of indices.entries()) {
      const outputs = prediction.logits.subarray(row * width, (row + 1) * width);
      predictions[i] = kind === "classification" ? argmax(outputs) : outputs[0];
    }
    onProgress?.((done += indices.length), split.count);
  }
  return {
    loss: lossSum / split.count,
    metrics: computeMetrics(metrics, predictions, split.labels),
    predictions,
  };
}

/** The index of the largest value, the first of equals. */
function argmax(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}
