// The user's own texts as a task: what the config's `task:` section says, checked against the files that it names.
import { basename } from "node:path";
import { invariant, UserError } from "../../errors.ts";
import type { MetricName } from "../../metrics/metrics.ts";
import type { OwnSettings } from "../settings.ts";
import type { DataSource, Example, TextTask } from "../task.ts";
import type { Columns, Entry } from "./entry.ts";
import { classNames, classReader, readScore, refuseSingleLabel } from "./labels.ts";
import { describe } from "./notes.ts";
import { type OwnRows, readRows } from "./read.ts";
import { splitsOf } from "./splits.ts";

/**
 * The task that `settings` describe. Reads the files at once, for only they know the classes; `load` then gives what was read.
 * Throws UserError naming file and line, or the setting.
 */
export function ownTask(settings: OwnSettings, source: DataSource): TextTask {
  const columns = columnsOf(settings);
  const { name, train: trainName, dev: devName } = settings;
  const train = readRows(trainName, "task.train", columns, source.dataDir);
  const dev = devName && readRows(devName, "task.dev", columns, source.dataDir);
  if (dev) refuseSame(train, dev);
  const isRegression = settings.kind === "regression";
  const labels = isRegression ? [] : classNames(settings.labels, train);
  const readLabel = isRegression ? readScore : classReader(labels, originOf(settings, train));
  const withExamples = (rows: OwnRows) => ({ ...rows, examples: examplesOf(rows, readLabel) });
  const labelled = withExamples(train);
  refuseSingleLabel(train, labelled.examples);
  const splits = splitsOf(settings, {
    labels,
    seed: source.seed,
    train: labelled,
    dev: dev ? withExamples(dev) : undefined,
  });
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
 * The task of a model that knows its classes, with all rows of one file as any of its splits. Throws UserError naming file and
 * line.
 */
export function ownFileTask(settings: OwnSettings, file: string): TextTask {
  const { kind, labels = [], name } = settings;
  const rows = readRows(file, "--data", columnsOf(settings), undefined);
  const isRegression = kind === "regression";
  const readLabel = isRegression ? readScore : classReader(labels, "which the run was trained on");
  const { notes, path, sha256 } = rows;
  const examples = examplesOf(rows, readLabel);
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
      notes: [...notes, describe(title, examples, labels)],
    }),
  };
}

/** What is known without reading the files. Where two classes are not listed, those of the files may add F1 to the metrics. */
export function ownOutline({
  kind,
  labels,
}: {
  kind: OwnSettings["kind"];
  labels?: readonly string[] | undefined;
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

function refuseSame(train: OwnRows, dev: OwnRows): void {
  if (train.sha256 !== dev.sha256) return;
  throw new UserError(`task.dev: ${dev.path}: expected other rows than those of task.train`, {
    hint: "leave task.dev out to evaluate on a share of the rows that is not trained on",
  });
}

function originOf({ labels }: OwnSettings, { path }: OwnRows): string {
  return labels ? "which task.labels lists" : `the labels of ${path}`;
}

function examplesOf(
  { path, entries }: OwnRows,
  readLabel: (path: string, entry: Entry) => number,
): Example[] {
  return entries.map((entry) => {
    const { text, textPair } = entry;
    const label = readLabel(path, entry);
    return textPair === undefined ? { text, label } : { text, textPair, label };
  });
}
