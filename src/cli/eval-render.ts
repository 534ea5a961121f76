// What people read of scores computed again: a line for every metric, and whether it is what the run recorded.
import type { BestThresholds } from "../inference/threshold.ts";
import { renderTable } from "./render.ts";

/** The scores of one run on one split, as `--json` prints them. */
export interface ScoredSplit {
  run: string;
  runDir: string;
  task: string;
  split: string;
  loss: number;
  metrics: Record<string, number>;
  /** At the run's best evaluation; null where it was not evaluated on this split. */
  recorded: Readonly<Record<string, number>> | null;
  /** Whether the split is the one that was recorded, byte by byte; null likewise. */
  isSameData: boolean | null;
  bestThresholds?: BestThresholds;
  /** What a person should know, a sentence each. */
  notes: string[];
}

/** The scores as a table. */
export function renderScores(scored: readonly ScoredSplit[]): string {
  const rows = scored.flatMap((one) =>
    Object.entries(one.metrics).map(([metric, score]) => [
      one.run,
      one.split,
      metric,
      score.toFixed(4),
      one.recorded?.[metric]?.toFixed(4) ?? "",
      verdict(one, metric),
    ]),
  );
  const header = ["run", "split", "metric", "score", "recorded", ""];
  return renderTable([header, ...rows], { rightAligned: [3, 4] });
}

function verdict({ isSameData, metrics, recorded }: ScoredSplit, metric: string): string {
  const before = recorded?.[metric];
  if (before === undefined || before === null) return "not recorded";
  if (isSameData === null) return "data not known";
  if (!isSameData) return "on other data";
  const difference = metrics[metric] - before;
  return difference === 0 ? "identical" : `differs by ${difference.toExponential(1)}`;
}
