// The user's own texts as a task: what the config's `task:` section says, checked against the files that it names.
import { basename } from "node:path";
import { cite } from "../../cite.ts";
import { invariant, UserError } from "../../errors.ts";
import type { MetricName } from "../../metrics/metrics.ts";
import { Problems } from "../problems.ts";
import type { OwnSettings } from "../settings.ts";
import type { DataSource, TextTask } from "../task.ts";
import type { Columns } from "./entry.ts";
import { listedClasses } from "./label-settings.ts";
import { type Labelled, labelRows } from "./labelled.ts";
import {
  type Classes,
  classReader,
  findClasses,
  type Labeller,
  type Origin,
  refuseSingleLabel,
  remarkLookalikes,
  scoreReader,
} from "./labels.ts";
import { describe, warnRepeats } from "./notes.ts";
import { type OwnRows, readRows } from "./read.ts";
import { splitsOf } from "./splits.ts";

/**
 * The task that `settings` describe. Reads the files at once, for only they know the classes; `load` then gives what was read.
 * Throws UserError naming the setting, or file and line of everything that is wrong.
 */
export function ownTask(settings: OwnSettings, source: DataSource): TextTask {
  const { name, train: trainName } = settings;
  const problems = new Problems();
  const { train, dev } = readFiles(settings, source, problems);
  const found = settings.kind === "regression" ? undefined : findClasses(settings, train);
  const origin = settings.labels ? "which task.labels lists" : `the labels of ${train.path}`;
  const hint =
    "correct the rows, list all classes in task.labels, or leave the rest out by task.leaveOut";
  const read = labellerOf(settings, found, { origin, hint });
  const withLabels = (rows: OwnRows) => {
    const labelled = labelRows(rows, read, problems);
    return { ...rows, ...labelled, notes: [...rows.notes, ...labelled.notes] };
  };
  const [trainRows, devRows] = [withLabels(train), dev && withLabels(dev)];
  problems.refuse(whereOf(settings));
  refuseSingleLabel(trainRows, trainRows.examples, trainRows.missing);
  if (found) trainRows.notes.push(...remarkLookalikes(train.path, found));
  trainRows.notes.push(...remarkNotLeftOut(settings, devRows ? [trainRows, devRows] : [trainRows]));
  const labels = namesOf(found);
  const splits = splitsOf(settings, { labels, seed: source.seed, train: trainRows, dev: devRows });
  return {
    ...ownOutline({ kind: settings.kind, labels }),
    name,
    title: `${name} (${basename(trainName)})`,
    labels,
    needsDataDir: false,
    isSplitBySeed: dev === undefined,
    load: (split) => {
      invariant(split === "train" || split === "dev", `${name} has no split ${split}`);
      return splits[split];
    },
  };
}

/**
 * The task of a model that knows its classes, which `settings` list, with all rows of one file as any of its splits. Throws
 * UserError naming file and line.
 */
export function ownFileTask(settings: OwnSettings, file: string): TextTask {
  const { kind, name } = settings;
  const problems = new Problems();
  const rows = readRows({ name: file, setting: "--data" }, columnsOf(settings), problems);
  const found = kind === "regression" ? undefined : { classes: listedClasses(settings) ?? [] };
  const read = labellerOf(settings, found, {
    origin: "which the run was trained on",
    hint: "correct the rows, or take them out of the file",
  });
  const { examples, notes } = labelRows(rows, read, problems);
  problems.refuse(` in ${file}`);
  const { path, sha256 } = rows;
  const labels = namesOf(found);
  const title = `${name} (${basename(file)})`;
  return {
    ...ownOutline({ kind, labels }),
    name,
    title,
    labels,
    needsDataDir: false,
    isSplitBySeed: false,
    load: () => ({
      examples,
      files: [{ path, sha256 }],
      notes: [
        ...rows.notes,
        ...notes,
        describe(title, examples, labels),
        ...warnRepeats(title, examples),
      ],
    }),
  };
}

/**
 * What is known without reading the files; of `labels` their number counts. Where two classes are not listed, those of the files
 * may add F1 to the metrics.
 */
export function ownOutline({
  kind,
  labels,
}: {
  kind: OwnSettings["kind"];
  labels?: readonly unknown[] | undefined;
}): Pick<TextTask, "kind" | "evaluationSplits" | "metrics" | "mainMetric"> {
  const evaluationSplits = ["dev"];
  if (kind === "regression") {
    return { kind, evaluationSplits, metrics: ["spearman", "pearson"], mainMetric: "spearman" };
  }
  const f1: MetricName[] = labels?.length === 2 ? ["f1"] : []; // that of the second of two classes
  const metrics: MetricName[] = ["accuracy", ...f1, "macroF1", "matthews"];
  return { kind: "classification", evaluationSplits, metrics, mainMetric: "accuracy" };
}

/** The section's columns; the schema has seen to it that they differ. */
function columnsOf({ text, textPair, label }: OwnSettings): Columns {
  return { text, ...(textPair !== undefined && { textPair }), label };
}

/**
 * Both files as far as they can be read; what cannot is among the problems. Throws them where what could be read does not tell what the
 * labels mean.
 */
function readFiles(
  settings: OwnSettings,
  { dataDir }: DataSource,
  problems: Problems,
): { train: OwnRows; dev: OwnRows | undefined } {
  const { dev: devName, train: trainName } = settings;
  const read = (name: string, setting: "task.train" | "task.dev") =>
    problems.collect(() => readRows({ name, setting, dataDir }, columnsOf(settings), problems));
  const train = read(trainName, "task.train");
  const isTrainWhole = problems.count === 0;
  const dev = devName === undefined ? undefined : read(devName, "task.dev");
  const areLabelsKnown = isTrainWhole || settings.labels || settings.kind === "regression";
  if (!train || (devName !== undefined && !dev) || !areLabelsKnown)
    problems.refuse(whereOf(settings));
  invariant(train, `no rows of ${trainName}, and no problem`);
  if (dev) refuseSame(train, dev);
  return { train, dev };
}

/** For the title of several problems, each of which names its file. */
function whereOf({ dev, train }: OwnSettings): string {
  return dev === undefined ? ` in ${train}` : " in the data";
}

function refuseSame(train: OwnRows, dev: OwnRows): void {
  if (train.sha256 !== dev.sha256) return;
  throw new UserError(`task.dev: ${dev.path}: expected other rows than those of task.train`, {
    hint: "leave task.dev out to evaluate on a share of the rows that is not trained on",
  });
}

/** What reads the labels. */
function labellerOf(
  { leaveOut = [] }: OwnSettings,
  found: Classes | undefined,
  origin: Origin,
): Labeller {
  return found ? classReader(found.classes, leaveOut, origin) : scoreReader(leaveOut);
}

function namesOf(found: Classes | undefined): string[] {
  return found ? found.classes.map(({ name }) => name) : [];
}

/** Items of task.leaveOut that left nothing out: slips of the pen, or of another version of the file. */
function remarkNotLeftOut({ leaveOut = [] }: OwnSettings, files: readonly Labelled[]): string[] {
  const idle = leaveOut.filter((_, i) => !files.some(({ leftOut }) => leftOut.has(i)));
  return idle.map((label) => `task.leaveOut: no row has the label ${cite(label)}`);
}
