// Chooses among the tuned settings of a row, by rules that a lucky single run cannot win:
// 1. Only settings with the largest number of seeds that ended well compete.
// 2. If any of those has no run that diverged, failed or is unfinished, only such settings compete.
// 3. The highest mean over seeds wins; of equal means the fewest epochs, then the lowest learning rate.
import { largest } from "../extremes.ts";
import type { Experiment } from "../config/schema.ts";
import { differingKeys, show, shownTuned, tuning } from "./identity.ts";
import type { Outcome } from "./outcome.ts";
import { mean } from "./statistics.ts";

/** One tuned setting and its runs, by ascending seed. */
export interface Candidate {
  training: Experiment["training"];
  runs: readonly Outcome[];
}

export interface Choice {
  chosen: Candidate;
  /** How many settings met rules 1 and 2. */
  numCompeting: number;
}

/** The setting that represents the row. Where no run ended well it is the first by rule 3's order of equals. */
export function choose(candidates: readonly Candidate[]): Choice {
  const mostSeeds = largest(candidates.map((candidate) => endedWell(candidate).length));
  const equallyTried = candidates.filter((candidate) => endedWell(candidate).length === mostSeeds);
  const complete = equallyTried.filter((candidate) => candidate.runs.length === mostSeeds);
  const competing = complete.length > 0 ? complete : equallyTried;
  const [chosen] = competing.toSorted(compare);
  return { chosen, numCompeting: competing.length };
}

/** The runs whose scores count. */
export function endedWell({ runs }: Candidate): Outcome[] {
  return runs.filter(({ ending }) => ending === "ok");
}

/** The mean of the deciding metric over seeds; null where no run ended well. */
export function meanScore(candidate: Candidate): number | null {
  return mean(endedWell(candidate).map(({ score }) => score ?? Number.NaN));
}

/** The choice as a sentence; undefined where there was none to make. */
export function explain(
  name: string,
  candidates: readonly Candidate[],
  { chosen, numCompeting }: Choice,
): string | undefined {
  if (candidates.length === 1) return undefined;
  const numSeeds = endedWell(chosen).length;
  if (numSeeds === 0)
    return `${name}: nothing chosen: none of ${candidates.length} settings has a run that ended well`;
  const chosenTuning = tuning(chosen.runs[0].experiment);
  const differing = differingKeys(candidates.map(({ runs }) => tuning(runs[0].experiment)));
  const keys = [...new Set([...shownTuned, ...differing])].filter((key) => differing.includes(key));
  const settings = keys.map((key) => `${key.replace("training.", "")} ${show(chosenTuning[key])}`);
  const { metric, split } = endedWell(chosen)[0];
  const choice = `${settings.join(", ")} of ${candidates.length} settings`;
  const rule = `by mean ${metric} on ${split} over ${numSeeds} ${numSeeds === 1 ? "seed" : "seeds"}`;
  const numOut = candidates.length - numCompeting;
  const out = `; ${numOut} did not compete: fewer seeds, or runs that did not end well`;
  return `${name}: ${choice}, ${rule}${numOut > 0 ? out : ""}`;
}

/** Descending mean, then what costs less. */
function compare(a: Candidate, b: Candidate): number {
  const [meanA, meanB] = [meanScore(a) ?? 0, meanScore(b) ?? 0];
  return meanB - meanA || compareCost(a.training, b.training);
}

/** Orders tuned settings as tables list them: by learning rate, epochs, batch size, and all others. */
export function compareTraining(a: Experiment["training"], b: Experiment["training"]): number {
  const keys = Object.keys(a) as (keyof Experiment["training"])[];
  const order = new Set(["learningRate", "epochs", "batchSize", ...keys.toSorted()] as const);
  const differing = [...order].find((key) => a[key] !== b[key]);
  return differing === undefined ? 0 : a[differing] - b[differing];
}

function compareCost(a: Experiment["training"], b: Experiment["training"]): number {
  return a.epochs - b.epochs || compareTraining(a, b);
}
