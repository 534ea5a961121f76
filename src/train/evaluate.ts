// Runs a model over a split and scores it. The order and grouping of the examples have no influence on the scores. What is no finite
// number ends it here, before anything takes it for an answer or a score.
import { type Answers, createCollector, type Scoring } from "../answers/collect.ts";
import { collate, lengthsOf } from "../data/batches.ts";
import type { EncodedSplit } from "../data/encode.ts";
import { UserError } from "../errors.ts";
import type { Pieces } from "./pieces.ts";
import type { Predicting, Prediction } from "./predictor.ts";

/** The model gave NaN or an infinite number, which is no answer and no score. */
export class NotFiniteError extends UserError {
  override name = "NotFiniteError";

  constructor(place: string, found: string) {
    super(`${place}: ${found}: expected finite numbers`, {
      hint: "weights of the model are too large for its arithmetic: take another checkpoint, or train again with a lower learning rate",
    });
  }
}

export interface ScoreOptions {
  /** What is scored, for messages: a split, and whose model it is where that is not plain. */
  title: string;
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
  { scoring, title, ...options }: ScoreOptions,
): Promise<Scores | null> {
  const collector = createCollector(split, scoring);
  const lossSum = await predictAll(model, split, {
    ...options,
    placeOf: (example) => `${title}: ${nameOf(split, example)}`,
    onOutputs: (example, outputs) => collector.add(example, outputs),
  });
  if (lossSum === null) return null;
  if (!Number.isFinite(lossSum)) throw new NotFiniteError(title, `a loss of ${lossSum}`);
  return { loss: lossSum / split.count, ...collector.finish() };
}

/** An example as the answers to a split are listed: by its number from 0, or the question's id. */
export function nameOf({ spans }: EncodedSplit, example: number): string {
  return spans ? `question ${spans.questions[spans.questionOf[example]].id}` : `example ${example}`;
}

/** Gives the outputs of every example, in no particular order, and the sum of their losses; null if it was stopped. Throws NotFiniteError. */
export async function predictAll(
  model: Predicting,
  split: EncodedSplit,
  options: Omit<ScoreOptions, "scoring" | "title"> & {
    /** Names an example, or a window, for messages. */
    placeOf: (example: number) => string;
    /** `outputs` are the example's logits or score (K), or of a window (T, 2) without padding. */
    onOutputs: (example: number, outputs: Float32Array) => void;
  },
): Promise<number | null> {
  const { onOutputs, onProgress, pieces, placeOf, signal } = options;
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
      const outputs = prediction.logits.subarray(row * width, row * width + used);
      const bad = outputs.find((output) => !Number.isFinite(output));
      if (bad !== undefined) throw new NotFiniteError(placeOf(i), `the model's output is ${bad}`);
      onOutputs(i, outputs);
    }
    onProgress?.((done += indices.length), split.count);
  }
  return lossSum;
}
