// predictions.json: what the best checkpoint answered to every example of every evaluation split, beside the true labels, so
// that two runs can be compared example by example without computing anything again.
import { join } from "node:path";
import { pathExists, readText, writeAtomic } from "../files.ts";

const PREDICTIONS = "predictions.json";

/** Answers and truths of one split in the order of its file: class indices, or scores in regression. */
export interface SplitPredictions {
  labels: number[];
  predictions: number[];
}

/** Writes the answers of every split into the run folder. */
export function writePredictions(
  runDir: string,
  splits: Record<string, { labels: Float32Array; predictions: Float32Array }>,
): void {
  const plain = Object.entries(splits).map(([name, { labels, predictions }]) => [
    name,
    { labels: Array.from(labels, shorten), predictions: Array.from(predictions, shorten) },
  ]);
  writeAtomic(join(runDir, PREDICTIONS), `${JSON.stringify(Object.fromEntries(plain))}\n`);
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
