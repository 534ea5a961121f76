// predictions.json: what the best checkpoint answered to every example of every evaluation split, beside the true labels or its
// scores, so that two runs can be compared example by example without computing anything again.
import { join } from "node:path";
import type { Answers } from "../answers/collect.ts";
import { pathExists, readText, writeAtomic } from "../files.ts";

const PREDICTIONS = "predictions.json";

/** Class indices or scores in the order of the split's file. */
export interface ValuePredictions {
  labels: number[];
  predictions: number[];
}

/** Answers in the order of the split's file. */
export interface SpanPredictions {
  ids: string[];
  /** Empty where the answer is that there is none. */
  answers: string[];
  /** Metric -> score of each answer; the metric of the split is their mean. */
  scores: Record<string, number[]>;
}

export type SplitPredictions = ValuePredictions | SpanPredictions;

/** Writes the answers of every split into the run folder. */
export function writePredictions(runDir: string, splits: Record<string, Answers>): void {
  const plain = Object.entries(splits).map(([name, answers]) => [name, toPlain(answers)]);
  writeAtomic(join(runDir, PREDICTIONS), `${JSON.stringify(Object.fromEntries(plain))}\n`);
}

function toPlain(answers: Answers): SplitPredictions {
  if ("ids" in answers) return { ...answers, answers: answers.answers.map(({ text }) => text) };
  return {
    labels: Array.from(answers.labels, shorten),
    predictions: Array.from(answers.predictions, shorten),
  };
}

/** The answers of every split; undefined where the run folder has none. */
export function readPredictions(runDir: string): Record<string, SplitPredictions> | undefined {
  const path = join(runDir, PREDICTIONS);
  if (!pathExists(path)) return undefined;
  try {
    return JSON.parse(readText(path)) as Record<string, SplitPredictions>;
  } catch {
    // Cut off or not ours: comparisons that need it say that it is missing.
    return undefined;
  }
}

/** Nine digits bring every float32 back exactly. */
function shorten(value: number): number {
  return Number(value.toPrecision(9));
}
