// Runs a model over a split and scores it. The order and grouping of the examples have no influence on the scores.
import { type Answers, createCollector, type Scoring } from "../answers/collect.ts";
import { collate, lengthsOf } from "../data/batches.ts";
import type { EncodedSplit } from "../data/encode.ts";
import type { Pieces } from "./pieces.ts";
import type { Predicting, Prediction } from "./predictor.ts";

export interface ScoreOptions {
  scoring: Scoring;
  /** Which examples are computed at once. */
  pieces: Pieces;
  onProgress?: (done: number, total: number) => void;
  /** Stops between two batches; the scores are then null. */
  signal?: AbortSignal;
}

export interface Scores {
  /** Mean loss of examples, or of windows. */
  loss: number;
  metrics: Record<string, number>;
  /** The answer to each example, in the split's order. */
  answers: Answers;
}

/** Predicts every example of the split once. Null if it was stopped. */
export async function score(
  model: Predicting,
  split: EncodedSplit,
  { scoring, ...options }: ScoreOptions,
): Promise<Scores | null> {
  const collector = createCollector(split, scoring);
  const lossSum = await predictAll(model, split, {
    ...options,
    onOutputs: (example, outputs) => collector.add(example, outputs),
  });
  if (lossSum === null) return null;
  return { loss: lossSum / split.count, ...collector.finish() };
}

/** Gives the outputs of every example, in no particular order, and the sum of their losses; null if it was stopped. */
export async function predictAll(
  model: Predicting,
  split: EncodedSplit,
  options: Omit<ScoreOptions, "scoring"> & {
    /** `outputs` are the example's logits or score (K), or of a window (T, 2) without padding. */
    onOutputs: (example: number, outputs: Float32Array) => void;
  },
): Promise<number | null> {
  const { onOutputs, onProgress, pieces, signal } = options;
  const all = Int32Array.from({ length: split.count }, (_, i) => i);
  const lengths = lengthsOf(split);
  const isWindows = split.labels.length > split.count;
  let lossSum = 0;
  let done = 0;
  let waiting = pieces.split(all, lengths).toReversed();
  for (let indices = waiting.pop(); indices; indices = waiting.pop()) {
    if (signal?.aborted) return null;
    const batch = collate(split, indices);
    let prediction: Prediction;
    try {
      prediction = await model.predict(batch);
    } catch (error) {
      pieces.lower(error, [batch]);
      const rest = Int32Array.from(
        [indices, ...waiting.toReversed()].flatMap((piece) => [...piece]),
      );
      waiting = pieces.split(rest, lengths).toReversed();
      continue;
    }
    lossSum += prediction.lossSum;
    const width = prediction.logits.length / indices.length;
    for (const [row, i] of indices.entries()) {
      const used = isWindows ? 2 * lengths[i] : width;
      onOutputs(i, prediction.logits.subarray(row * width, row * width + used));
    }
    onProgress?.((done += indices.length), split.count);
  }
  return lossSum;
}
