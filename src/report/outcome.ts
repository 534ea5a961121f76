// A run as the table sees it: how it ended and, if it ended well, its score. The same run in two folders is one run.
import type { Experiment } from "../config/schema.ts";
import { outlineOf } from "../data/tasks.ts";
import type { Recorded, TrainedResult } from "../record/result.ts";
import type { Runs } from "../record/runs.ts";
import { groupBy } from "./group.ts";
import { identity, keyOf, tuning } from "./identity.ts";

/** How a run ended. */
export type Ending = "ok" | "diverged" | "failed" | "unfinished";

export interface Outcome {
  runDir: string;
  experiment: Experiment;
  /** Equal where the settings that tell rows apart are, and where the tuned ones are. */
  identityKey: string;
  tuningKey: string;
  ending: Ending;
  /** What decides and on which split; the task's own where no run says so. */
  metric: string;
  split: string;
  /** The deciding metric at the best evaluation; null unless the run ended well, for a part of a run is no result. */
  score: number | null;
  /** Null where nothing was trained to an end. */
  trained: Recorded<TrainedResult> | null;
  /** ISO 8601; empty where the run has not ended. */
  finishedAt: string;
  /** The version of peft; empty where the run has not ended. */
  version: string;
}

/** Every run once, and remarks on those that were there more than once. */
export function toOutcomes(runs: Runs): { outcomes: Outcome[]; notes: string[] } {
  const all = [
    ...runs.results.map((result) => ofResult(result)),
    ...runs.unfinished.map(({ experiment, runDir }) => ({
      ...undecided(experiment),
      runDir,
      ending: "unfinished" as const,
    })),
  ];
  const groups = [...groupBy(all, runKey).values()];
  const repeated = groups.filter((group) => group.length > 1);
  return { outcomes: groups.map(mostTelling), notes: duplicates(repeated) };
}

/** Equal for runs of the same experiment; where the data lies and what computes is no part of it. */
function runKey({ experiment, identityKey, tuningKey }: Outcome): string {
  return `${identityKey} ${tuningKey} ${experiment.seed}`;
}

function ofResult(result: Recorded): Outcome {
  const { experiment, finishedAt, runDir, software, status } = result;
  const common = { ...undecided(experiment), runDir, finishedAt, version: software.peft ?? "" };
  if (status === "failed") return { ...common, ending: "failed" };
  const { best, evaluations, mainMetric: metric } = result;
  const split = (best ?? evaluations[0])?.split ?? common.split;
  const score = best?.metrics[metric];
  const decided = { ...common, metric, split, trained: result };
  // JSON has no NaN: a score that is none is null in the file.
  return status === "ok" && typeof score === "number" && Number.isFinite(score)
    ? { ...decided, ending: "ok", score }
    : { ...decided, ending: "diverged" };
}

function undecided(experiment: Experiment) {
  const { evaluationSplits, mainMetric } = outlineOf(experiment.task);
  return {
    experiment,
    identityKey: keyOf(identity(experiment)),
    tuningKey: keyOf(tuning(experiment)),
    metric: mainMetric as string,
    split: evaluationSplits[0],
    score: null,
    trained: null,
    finishedAt: "",
    version: "",
  };
}

/** Of the same run in several folders the one that came furthest, and of those the last: it may be the retry of another. */
function mostTelling(same: readonly Outcome[]): Outcome {
  const rank: Record<Ending, number> = { ok: 3, diverged: 2, failed: 1, unfinished: 0 };
  return same.reduce((best, outcome) => {
    const further = rank[outcome.ending] - rank[best.ending];
    return further > 0 || (further === 0 && outcome.finishedAt > best.finishedAt) ? outcome : best;
  });
}

function duplicates(repeated: readonly Outcome[][]): string[] {
  if (repeated.length === 0) return [];
  const [example] = repeated;
  const folders = example.map(({ runDir }) => runDir).join(" and ");
  const scores = (group: readonly Outcome[]) =>
    new Set(group.filter(({ ending }) => ending === "ok").map(({ score }) => score));
  const numDiffering = repeated.filter((group) => scores(group).size > 1).length;
  const differing =
    numDiffering > 0 ? `; the scores of ${numDiffering} differ, the last one counts` : "";
  return [
    `the same run in several folders counts once: ${repeated.length} such, the first in ${folders}${differing}`,
  ];
}
