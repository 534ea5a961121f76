// What changed between two sets of runs: rows that came and went, settings that differ, and by how much the scores moved.
import { isDeepStrictEqual } from "node:util";
import { cite } from "../cite.ts";
import type { Runs } from "../record/runs.ts";
import { outlineOf } from "../data/tasks.ts";
import { type MetricName, metrics } from "../metrics/metrics.ts";
import { labelsOf, type Recorded, type TrainedResult } from "../record/result.ts";
import { readPredictions } from "../train/predictions.ts";
import { type Interval, type Pair, pairedInterval } from "./bootstrap.ts";
import { groupBy } from "./group.ts";
import {
  differingKeys,
  type Dotted,
  familyOf,
  identity,
  sizeOf,
  tuning,
  variantsOf,
} from "./identity.ts";
import type { Row } from "./row.ts";
import { type Group, groupRow, groupRuns } from "./rows.ts";

/** A setting of both rows that is not the same. */
export interface ChangedSetting {
  /** Dotted, such as `training.epochs`; `seeds` for those that count. */
  key: string;
  before: unknown;
  after: unknown;
}

/** One row of the comparison. At least one of `before` and `after` is there. */
export interface RowChange {
  before: Row | null;
  after: Row | null;
  /** What tells it from others of its method and size, among the rows of both sets. */
  variant: string;
  settings: ChangedSetting[];
  /** Mean after minus mean before, as a fraction; null where either has none or they were decided differently. */
  difference: number | null;
  /** The paired bootstrap 95 % interval over examples of the difference of the seeds that both have. */
  interval: Interval | null;
  /** Those seeds. */
  pairedSeeds: number[];
  /** Why there is no interval. */
  reason: string | null;
}

/**
 * Compares every row of `before` with its counterpart in `after`: the one with the same settings or, failing that, the only one
 * left over with the same task, method and size. Rows that are in one set alone come with null for the other.
 */
export function compareRuns(before: Runs, after: Runs): RowChange[] {
  const [older, newer] = [groupRuns(before), groupRuns(after)];
  const pairs = match(older, newer);
  const variants = variantsOf(pairs.map(([a, b]) => (b ?? a)!.experiment));
  return pairs.map(([a, b], i) => ({ variant: variants[i], ...compare(a, b) }));
}

type Match = [Group | undefined, Group | undefined];

/** What makes two groups counterparts: their settings first, then ever fewer of them, as long as there is no doubt. */
const likenesses: ((group: Group) => string)[] = [
  ({ key }) => key,
  ({ experiment }) => familyOf(experiment),
  ({ experiment }) =>
    JSON.stringify([experiment.task.name, experiment.method.name, sizeOf(experiment)]),
];

function match(older: readonly Group[], newer: readonly Group[]): Match[] {
  const counterparts = new Map<Group, Group>();
  let unmatched = newer;
  for (const likeness of likenesses) {
    const left = groupBy(
      older.filter((group) => !counterparts.has(group)),
      likeness,
    );
    const right = groupBy(unmatched, likeness);
    for (const [key, [group, ...rivals]] of left) {
      const found = right.get(key) ?? [];
      if (rivals.length === 0 && found.length === 1) counterparts.set(group, found[0]);
    }
    const taken = new Set(counterparts.values());
    unmatched = unmatched.filter((group) => !taken.has(group));
  }
  return [
    ...older.map((group): Match => [group, counterparts.get(group)]),
    ...unmatched.map((group): Match => [undefined, group]),
  ];
}

function compare(a: Group | undefined, b: Group | undefined): Omit<RowChange, "variant"> {
  const before = a ? groupRow(a) : null;
  const after = b ? groupRow(b) : null;
  const alone = { before, after, settings: [], difference: null, interval: null, pairedSeeds: [] };
  if (!a || !b || !before || !after) return { ...alone, reason: null };
  const settings = changedSettings(a, before, b, after);
  if (before.metric !== after.metric || before.split !== after.split)
    return { ...alone, settings, reason: "decided by different metrics or on different splits" };
  if (before.score.mean === null || after.score.mean === null)
    return { ...alone, settings, reason: "a side has no score" };
  const difference = after.score.mean - before.score.mean;
  return { ...alone, settings, difference, ...intervalOf(before, after) };
}

function changedSettings(a: Group, before: Row, b: Group, after: Row): ChangedSetting[] {
  const [x, y] = [
    { group: a, row: before },
    { group: b, row: after },
  ].map(({ group: { experiment }, row }): Dotted => ({
    ...identity(experiment),
    ...tuning(experiment),
    seeds: row.seeds.join(" "),
  }));
  return differingKeys([x, y]).map((key) => ({ key, before: x[key], after: y[key] }));
}

function intervalOf(
  before: Row,
  after: Row,
): Pick<RowChange, "interval" | "pairedSeeds" | "reason"> {
  const seedsAfter = new Set(after.seeds);
  const pairedSeeds = before.seeds.filter((seed) => seedsAfter.has(seed));
  const runsOf = (row: Row) => new Map(row.runs.map((run) => [run.experiment.seed, run]));
  const [runsBefore, runsAfter] = [runsOf(before), runsOf(after)];
  const without = (reason: string) => ({ interval: null, pairedSeeds, reason });
  if (pairedSeeds.length === 0) return without("no seed on both sides");
  const pairs: Pair[] = [];
  for (const seed of pairedSeeds) {
    const older = predictionsOf(before, runsBefore.get(seed));
    const newer = predictionsOf(after, runsAfter.get(seed));
    if (!older || !newer) return without(`predictions of seed ${seed} are not on both sides`);
    if (!isDeepStrictEqual(older.labels, newer.labels))
      return without(`seed ${seed} was evaluated on other examples`);
    pairs.push({ labels: older.labels, before: older.values, after: newer.values });
  }
  const { kind } = outlineOf(before.runs[0].experiment.task);
  if (kind !== "span" && !Object.hasOwn(metrics, before.metric))
    return without(`${cite(before.metric)} is no metric of this version`);
  const metric = kind === "span" ? "mean" : (before.metric as MetricName);
  return {
    interval: pairedInterval(metric, pairs),
    pairedSeeds,
    reason: null,
  };
}

/** What is compared of a run, example by example. */
interface Compared {
  /** What identifies the examples: their labels, or the ids of the questions. */
  labels: readonly (number | string)[];
  /** Answers, or the scores of the answers where those are texts. */
  values: readonly number[];
}

/** What a run answered on the deciding split; undefined where it was not kept or is not usable. */
function predictionsOf(
  { metric, split }: Row,
  run: Recorded<TrainedResult> | undefined,
): Compared | undefined {
  const splits = run && readPredictions(run.runDir, run.predictionsSha256);
  const found = splits && Object.hasOwn(splits, split) ? splits[split] : undefined;
  if (!found) return undefined;
  const { labels, values } =
    "ids" in found
      ? {
          labels: found.ids,
          values: Object.hasOwn(found.scores, metric) ? found.scores[metric] : [],
        }
      : { labels: found.labels, values: found.predictions };
  const isWhole = labels.length > 0 && labels.length === values.length;
  return isWhole && isAnswerable(run!, values, labels) ? { labels, values } : undefined;
}

/** Whether classes are classes of the run's task; scores may be any numbers. */
function isAnswerable(
  run: TrainedResult,
  answers: readonly number[],
  truths: readonly (number | string)[],
): boolean {
  if (outlineOf(run.experiment.task, run.labels).kind !== "classification") return true;
  const numClasses = labelsOf(run).length;
  const isClass = (value: number | string) =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) < numClasses;
  return answers.every(isClass) && truths.every(isClass);
}
