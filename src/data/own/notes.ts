// What a person should know about a split before trusting its scores, in a line each.
import { citeAll, printable } from "../../cite.ts";
import { classCounts } from "../../metrics/classification.ts";
import type { OwnSettings } from "../settings.ts";
import type { Example } from "../task.ts";
import { countContradictions, countRepeats, countShared } from "./repeats.ts";

const IMBALANCE = 3; // the largest class is so many times the smallest: guessing it scores 75 % of two classes

/** Line numbers in a note. */
export const MAX_LINES = 5;
const MAX_LABEL = 60; // characters
const MAX_CLASSES = 6; // in a note; of more, the extremes

interface ShareDescription {
  kind: OwnSettings["kind"];
  numDev: number;
  /** Those of training included. */
  numRows: number;
  seed: number;
}

/** Rows, and how the labels are distributed. `title` is the task's name and the split's. */
export function describe(
  title: string,
  examples: readonly Example[],
  labels: readonly string[],
): string {
  const rows = `${title}: ${format(examples.length)} rows`;
  return labels.length > 0
    ? `${rows}; ${describeClasses(examples, labels)}`
    : `${rows}; ${describeScores(examples)}`;
}

function describeClasses(examples: readonly Example[], labels: readonly string[]): string {
  const counts = countsOf(examples, labels);
  const classes = labels.map((label, i) => ({ label, count: counts[i] }));
  const words = ({ label, count }: { label: string; count: number }) =>
    `${printable(shorten(label))} ${format(count)} (${percent(count, examples.length)})`;
  const sorted = classes.toSorted((a, b) => b.count - a.count);
  if (labels.length <= MAX_CLASSES) return classes.map(words).join(", ");
  return `${labels.length} classes from ${words(sorted[0])} to ${words(sorted[sorted.length - 1])}`;
}

function shorten(label: string): string {
  return label.length > MAX_LABEL ? `${label.slice(0, MAX_LABEL)}…` : label;
}

function describeScores(examples: readonly Example[]): string {
  let [lowest, highest, sum] = [Infinity, -Infinity, 0];
  for (const { label } of examples) {
    lowest = Math.min(lowest, label);
    highest = Math.max(highest, label);
    sum += label;
  }
  return `scores from ${lowest} to ${highest}, mean ${Number((sum / examples.length).toPrecision(3))}`;
}

/** What the training split's labels mean for the metrics. */
export function warnTraining(
  title: string,
  examples: readonly Example[],
  labels: readonly string[],
): string[] {
  return labels.length > 0 ? warnClasses(title, examples, labels) : [];
}

/** Rows that say what an earlier one says, and rows that contradict it. */
export function warnRepeats(title: string, examples: readonly Example[]): string[] {
  const [repeats, contradictions] = [countRepeats(examples), countContradictions(examples)];
  return [
    ...(repeats > 0
      ? [`${title}: rows that repeat another, text and label: ${format(repeats)}`]
      : []),
    ...(contradictions > 0
      ? [`${title}: rows that repeat a text with another label: ${format(contradictions)}`]
      : []),
  ];
}

function warnClasses(
  title: string,
  examples: readonly Example[],
  labels: readonly string[],
): string[] {
  const notes: string[] = [];
  const counts = countsOf(examples, labels);
  const isBinary = labels.length === 2;
  const sorted = counts.toSorted((a, b) => a - b);
  if (sorted[sorted.length - 1] > IMBALANCE * sorted[0]) {
    const better = isBinary ? "f1 or macroF1" : "macroF1";
    notes.push(`${title}: imbalanced, look at ${better} rather than accuracy`);
  }
  if (isBinary) notes.push(`${title}: f1 is that of ${citeAll(labels.slice(1))}, the second class`);
  return notes;
}

/** How much of the evaluation the model has seen in training. */
export function warnShared(
  title: string,
  dev: readonly Example[],
  train: readonly Example[],
): string[] {
  const shared = countShared(dev, train);
  if (shared === 0) return [];
  return [
    `${title}: texts that are also trained on: ${format(shared)} of ${format(dev.length)} ` +
      `(${percent(shared, dev.length)}); scores are better than the model is`,
  ];
}

/** Which classes have nothing on the evaluation side. */
export function warnUnevaluated(
  title: string,
  dev: readonly Example[],
  labels: readonly string[],
): string[] {
  const present = new Set(dev.map(({ label }) => label));
  const missing = labels.filter((_, i) => !present.has(i));
  return missing.length > 0 ? [`${title}: no row of ${citeAll(missing)} to evaluate on`] : [];
}

/** How the rows to evaluate on were chosen. */
export function describeShare(
  path: string,
  { kind, numDev, numRows, seed }: ShareDescription,
): string {
  const strata = kind === "regression" ? "ranges of scores" : "labels";
  return (
    `${path}: seed ${seed} sets aside ${format(numDev)} of ${format(numRows)} rows ` +
    `(${percent(numDev, numRows)}) for evaluation, of all ${strata} alike`
  );
}

function countsOf(examples: readonly Example[], labels: readonly string[]): number[] {
  const indices = examples.map(({ label }) => label);
  return classCounts(indices, labels.length);
}

/** A share of a whole in words. */
export function percent(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`;
}

/** `7 (lines 2, 3, 4, 5, 6, …)` of a number of rows and the lines of the first of them. */
export function describeLines(count: number, lines: readonly number[]): string {
  const more = count > MAX_LINES ? ", …" : "";
  const shown = lines.slice(0, MAX_LINES).join(", ");
  return `${format(count)} (${count === 1 ? "line" : "lines"} ${shown}${more})`;
}

/** A number as people read it, such as 1,205. */
export function format(count: number): string {
  return count.toLocaleString("en-US");
}
