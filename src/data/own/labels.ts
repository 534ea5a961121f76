// From what stands in the label column to what the head learns: an index into sorted class names, or a score.
import { cite, citeAll } from "../../cite.ts";
import { UserError } from "../../errors.ts";
import type { Example } from "../task.ts";
import type { Entry } from "./entry.ts";

const MAX_LABELS = 1000; // more is a column of numbers or texts rather than of classes

/** Where labels are read. */
interface Source {
  path: string;
  entries: readonly Entry[];
}

/**
 * The classes in order: `given` by the config, or those of the training file, sorted by value where all are integers and else by
 * code point. Throws UserError where the file has too many to be classes.
 */
export function classNames(given: readonly string[] | undefined, source: Source): string[] {
  const labels = distinctLabels(source);
  if (given) return [...given];
  const areIntegers = labels.every((label) => /^-?\d{1,15}$/.test(label));
  return labels.toSorted(areIntegers ? (a, b) => Number(a) - Number(b) : byCodePoint);
}

/**
 * Throws UserError where all rows have the same class or score: there would be nothing to learn. Of scores the values count, for
 * 1 and 1.0 are one.
 */
export function refuseSingleLabel(
  { path, entries }: Source,
  examples: readonly Pick<Example, "label">[],
): void {
  const { label } = examples[0];
  if (examples.some((example) => example.label !== label)) return;
  throw new UserError(
    `${path}: ${cite(entries[0].label)} is the only label: expected two at least`,
    { hint: "is task.label the right column?" },
  );
}

function distinctLabels({ path, entries }: Source): string[] {
  const labels = [...new Set(entries.map(({ label }) => label))];
  if (labels.length > MAX_LABELS) {
    throw new UserError(
      `${path}: ${labels.length} different labels, such as ${citeAll(labels.slice(0, 3))}: ` +
        `expected at most ${MAX_LABELS}`,
      { hint: "set task.kind: regression for scores, or task.label to the column of the classes" },
    );
  }
  return labels;
}

/** JavaScript's own order is that of UTF-16 units, which differs beyond the basic plane; that of UTF-8 bytes does not. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Gives each row's class as an index into `labels`. `origin` says where those come from. */
export function classReader(
  labels: readonly string[],
  origin: string,
): (path: string, entry: Entry) => number {
  const indices = new Map(labels.map((label, i) => [label, i]));
  return (path, { line, label }) => {
    const index = indices.get(label);
    if (index !== undefined) return index;
    throw new UserError(
      `${path}:${line}: label ${cite(label)}: expected one of ${citeAll(labels)}, ${origin}`,
      { hint: "correct the row, or list all classes in task.labels" },
    );
  };
}

/** The row's score. Throws UserError for anything but a decimal number. */
export function readScore(path: string, { line, label }: Entry): number {
  const isDecimal = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(label);
  // Scores are kept in single precision.
  if (isDecimal && Number.isFinite(Math.fround(Number(label)))) return Number(label);
  throw new UserError(`${path}:${line}: label ${cite(label)}: expected a number`, {
    hint: /^[-+]?\d+,\d+$/.test(label)
      ? "write decimals with a point"
      : "regression learns scores; set task.kind: classification for classes",
  });
}
