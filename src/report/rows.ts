// From the runs in folders to the rows of the trade-off table: grouped by everything that tells settings apart, the tuned
// settings chosen on the deciding split, averaged over seeds. A run that did not end well is counted and never averaged.
import { largest } from "../extremes.ts";
import type { Experiment } from "../config/schema.ts";
import { tasks } from "../data/tasks.ts";
import type { Runs } from "../record/runs.ts";
import { type Candidate, choose, compareTraining, endedWell, explain } from "./choose.ts";
import { groupBy } from "./group.ts";
import { compareText, describe, hiddenTuning, sizeOf, tuning, variantsOf } from "./identity.ts";
import { type Outcome, toOutcomes } from "./outcome.ts";
import { remarks } from "./remarks.ts";
import type { Row } from "./row.ts";
import { mean, statistic } from "./statistics.ts";

/** Everything the runs have to say. */
export interface Table {
  /** One row per setting of a method on a task, the tuned settings chosen. */
  rows: Row[];
  /** One row per tuned setting, nothing chosen. */
  candidates: Row[];
  /** One row per run; made on demand, for there may be ten thousand. */
  everyRun: () => Row[];
  /** How each row was chosen, where there was a choice; a sentence each. */
  selection: string[];
  /** Remarks on how to read the table, a sentence each. */
  notes: string[];
}

/** A row before it is one: the runs that differ in tuned settings and seed alone. */
export interface Group {
  /** Equal in two sets of runs for the same row. */
  key: string;
  /** Of the chosen setting. */
  experiment: Experiment;
  variant: string;
  candidates: Candidate[];
  chosen: Candidate;
  selection: string | undefined;
}

/** The order in which tables list methods; others follow by name. */
const METHOD_ORDER = ["houlsby", "top-layers", "layernorm", "head", "full"];

/** The table of the runs, the same for the same runs whatever the order of the folders. */
export function tabulate(runs: Runs): Table {
  const { outcomes, notes } = toOutcomes(runs);
  const groups = toGroups(outcomes);
  const candidates = groups.flatMap(candidateRows);
  return {
    rows: groups.map(groupRow),
    candidates,
    everyRun: () => groups.flatMap(runRows),
    selection: groups.flatMap(({ selection }) => selection ?? []),
    notes: [...notes, ...remarks(outcomes)],
  };
}

/** The rows of the table with what they are made of, in the table's order. */
export function groupRuns(runs: Runs): Group[] {
  return toGroups(toOutcomes(runs).outcomes);
}

/** The row of a group, its tuned settings chosen. */
export function groupRow({ candidates, chosen, variant }: Group): Row {
  const all = candidates.flatMap(({ runs }) => runs);
  return { ...toRow(chosen, variant, candidates.length), ...endings(all), ...measured(all) };
}

function toGroups(outcomes: readonly Outcome[]): Group[] {
  const groups = [...groupBy(outcomes, rowKey)].map(([key, members]) => toGroup(key, members));
  const variants = variantsOf(groups.map(({ experiment }) => experiment));
  return groups
    .map((group, i) => ({ ...group, variant: variants[i] }))
    .toSorted(compareGroups)
    .map((group) => ({ ...group, selection: selectionOf(group) }));
}

/** Runs that were decided by another metric or on another split are never averaged together. */
function rowKey({ identityKey, metric, split }: Outcome): string {
  return `${identityKey} by ${metric} on ${split}`;
}

function toGroup(key: string, members: readonly Outcome[]): Group {
  const settings = groupBy(members, ({ tuningKey }) => tuningKey);
  const candidates = [...settings.values()]
    .map((runs): Candidate => ({
      training: runs[0].experiment.training,
      runs: runs.toSorted((a, b) => a.experiment.seed - b.experiment.seed),
    }))
    .toSorted((a, b) => compareTraining(a.training, b.training));
  const { chosen } = choose(candidates);
  const { experiment } = chosen.runs[0];
  return { key, experiment, variant: "", candidates, chosen, selection: undefined };
}

function selectionOf({ candidates, experiment, variant }: Group): string | undefined {
  const { encoder, method, task } = experiment;
  const parts = [task.name, encoder.source, method.name, sizeOf(experiment), variant];
  const name = parts.filter((part) => part !== null && part !== "").join(" ");
  return explain(name, candidates, choose(candidates));
}

function compareGroups(a: Group, b: Group): number {
  const [x, y] = [a.experiment, b.experiment];
  const benchmarks = Object.keys(tasks);
  // The user's own tasks come last, by name.
  const taskIndex = ({ task }: Experiment) =>
    benchmarks.includes(task.name) ? benchmarks.indexOf(task.name) : benchmarks.length;
  const methodIndex = ({ method }: Experiment) =>
    METHOD_ORDER.includes(method.name) ? METHOD_ORDER.indexOf(method.name) : METHOD_ORDER.length;
  return (
    taskIndex(x) - taskIndex(y) ||
    compareText(x.task.name, y.task.name) ||
    compareText(x.encoder.source, y.encoder.source) ||
    methodIndex(x) - methodIndex(y) ||
    compareText(x.method.name, y.method.name) ||
    (sizeOf(x) ?? 0) - (sizeOf(y) ?? 0) ||
    compareText(a.variant, b.variant) ||
    compareText(a.key, b.key)
  );
}

function candidateRows({ candidates, variant }: Group): Row[] {
  const hidden = hiddenTuning(candidates.map(({ runs }) => runs[0].experiment));
  return candidates.map((candidate) => toRow(candidate, withTuning(variant, candidate, hidden), 1));
}

function runRows({ candidates, variant }: Group): Row[] {
  const hidden = hiddenTuning(candidates.map(({ runs }) => runs[0].experiment));
  return candidates.flatMap((candidate) =>
    candidate.runs.map((run) => {
      const name = `${withTuning(variant, candidate, hidden)} seed=${run.experiment.seed}`;
      return toRow({ ...candidate, runs: [run] }, name.trim(), 1);
    }),
  );
}

function withTuning(variant: string, { runs }: Candidate, hidden: readonly string[]): string {
  return `${variant} ${describe(tuning(runs[0].experiment), hidden)}`.trim();
}

function toRow(candidate: Candidate, variant: string, numCandidates: number): Row {
  const counted = endedWell(candidate);
  const [{ experiment, metric, split }] = counted.length > 0 ? counted : candidate.runs;
  const { encoder, method, task, training } = experiment;
  const scores = counted.flatMap(({ score }) => score ?? []);
  const runs = counted.flatMap(({ trained }) => trained ?? []);
  return {
    task: task.name,
    encoder: encoder.source,
    method: method.name,
    size: sizeOf(experiment),
    variant,
    learningRate: training.learningRate,
    epochs: training.epochs,
    batchSize: training.batchSize,
    candidates: numCandidates,
    metric,
    split,
    seeds: counted.map((run) => run.experiment.seed),
    scores,
    score: statistic(scores),
    best: scores.length > 0 ? largest(scores) : null,
    metrics: metricsOf(runs),
    ...measured(candidate.runs),
    adapterBytes: runs[0]?.adapterBytes ?? null,
    seconds: mean(runs.map(({ seconds }) => seconds)),
    tokensPerSecond: mean(runs.map(({ tokensPerSecond }) => tokensPerSecond)),
    peakBytes: runs.length > 0 ? largest(runs.map(({ peakBytes }) => peakBytes)) : null,
    ...endings(candidate.runs),
    caveats: [...new Set(runs.flatMap((run) => run.caveats ?? []))],
    runs,
  };
}

/** What one trained run knows for all, even if it diverged. */
function measured(all: readonly Outcome[]): Pick<Row, "encoderSha256" | "majority" | "parameters"> {
  const run = all.find(({ trained }) => trained !== null);
  const { encoderSha256 = null, majority, parameters = null } = run?.trained ?? {};
  return {
    encoderSha256,
    majority: run === undefined ? null : (majority?.[run.split]?.[run.metric] ?? null),
    parameters,
  };
}

function endings(all: readonly Outcome[]): Pick<Row, "ok" | "diverged" | "failed" | "unfinished"> {
  const numOf = (ending: Outcome["ending"]) => all.filter((run) => run.ending === ending).length;
  return {
    ok: numOf("ok"),
    diverged: numOf("diverged"),
    failed: numOf("failed"),
    unfinished: numOf("unfinished"),
  };
}

/** Every metric of every split at each run's best checkpoint. */
function metricsOf(runs: Row["runs"]): Row["metrics"] {
  const values = new Map<string, number[]>();
  for (const { best, evaluations } of runs) {
    for (const { metrics, split, step } of evaluations) {
      if (step !== best?.step) continue;
      for (const [name, score] of Object.entries(metrics)) {
        const key = `${split}.${name}`;
        const scores = values.get(key);
        if (scores) scores.push(score);
        else values.set(key, [score]);
      }
    }
  }
  const complete = [...values].filter(([, scores]) => scores.every(Number.isFinite));
  return Object.fromEntries(complete.map(([key, scores]) => [key, statistic(scores)]));
}
