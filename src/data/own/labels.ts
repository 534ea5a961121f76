// From what stands in the label column to what the head learns: a class index or a score. Which spellings are one class is decided
// here and in spelling.ts, in this order:
// 1. What the config lists in task.leaveOut or task.labels is that, to the letter (of the clean label: spelling.ts).
// 2. The same number otherwise written: 1.0 is the class 1. Numbers that the config lists apart stay apart: versions 1.1 and 1.10.
// 3. What programs write for a missing value is no label. In regression only an empty label is none: NaN may be a sum gone wrong.
// 4. Else it is a class of its own where the file decides on the classes, and an error where they are known.
import { cite, citeAll } from "../../cite.ts";
import { UserError } from "../../errors.ts";
import { suggest } from "../../suggest.ts";
import type { Example } from "../task.ts";
import type { Entry } from "./entry.ts";
import {
  type ClassSetting,
  type LabelSettings,
  listedClasses,
  MAX_CLASSES,
} from "./label-settings.ts";
import {
  cleanLabel,
  compareNumbers,
  isMissing,
  lookalikeKey,
  numberKey,
  plainest,
} from "./spelling.ts";

const MAX_TWINS = 5; // in a note
const MAX_QUESTIONS = 20; // "did you mean", which takes a while with many classes

/** What a clean label means. */
export type Meaning =
  /** Class index or score; `as` is the class where the label is another spelling of the same number. */
  | { kind: "value"; value: number; as?: string }
  | { kind: "unlabelled" }
  /** By the item of task.leaveOut at the index. */
  | { kind: "left out"; index: number }
  | { kind: "unknown"; expected: string; hint: string };

/** Says what a clean label means. */
export type Labeller = (label: string) => Meaning;

/** Where labels are read. */
interface Source {
  path: string;
  entries: readonly Entry[];
}

/** The classes, and how many rows the file has of each where it decides on them. */
export interface Classes {
  classes: readonly ClassSetting[];
  counts?: readonly number[];
}

/**
 * The classes in order: those of the config, or those of the training file, by value where all are numbers and else by code point.
 * Throws UserError where there are too many to be classes.
 */
export function findClasses(settings: LabelSettings, { path, entries }: Source): Classes {
  const listed = listedClasses(settings);
  if (listed) return { classes: listed };
  const counts = countLabels(entries);
  const isLeftOut = finder((settings.leaveOut ?? []).map(toClass));
  for (const label of counts.keys())
    if (isMissing(label) || isLeftOut(label) !== undefined) counts.delete(label);
  const classes = groupNumbers([...counts.keys()]);
  if (classes.length > MAX_CLASSES) {
    const some = citeAll(classes.slice(0, 3).map(({ name }) => name));
    throw new UserError(
      `${path}: ${classes.length} different labels, such as ${some}: expected at most ${MAX_CLASSES}`,
      { hint: "set task.kind: regression for scores, or task.label to the column of the classes" },
    );
  }
  const sorted = inOrder(classes);
  const countOf = ({ from }: ClassSetting) =>
    from.reduce((sum, label) => sum + (counts.get(label) ?? 0), 0);
  return { classes: sorted, counts: sorted.map(countOf) };
}

/** How many rows have each label. */
function countLabels(entries: readonly Entry[]): Map<string, number> {
  const written = new Map<string, number>();
  for (const { label } of entries) written.set(label, (written.get(label) ?? 0) + 1);
  const counts = new Map<string, number>();
  for (const [label, count] of written) {
    const clean = cleanLabel(label);
    counts.set(clean, (counts.get(clean) ?? 0) + count);
  }
  return counts;
}

/** The labels as classes; where all are numbers, spellings of one number are one class. */
function groupNumbers(labels: readonly string[]): ClassSetting[] {
  const groups = new Map<string, string[]>();
  for (const label of labels) {
    const key = numberKey(label);
    if (key === undefined) return labels.map(toClass);
    const group = groups.get(key);
    if (group) group.push(label);
    else groups.set(key, [label]);
  }
  return [...groups.values()].map((from) => ({ name: plainest(from), from }));
}

/** By value where all are numbers, else by code point. */
function inOrder(classes: readonly ClassSetting[]): ClassSetting[] {
  const areNumbers = classes.every(({ name }) => numberKey(name) !== undefined);
  const compare = areNumbers ? compareNumbers : byCodePoint;
  return classes.toSorted((a, b) => compare(a.name, b.name));
}

function toClass(label: string): ClassSetting {
  return { name: label, from: [label] };
}

/** JavaScript's own order is that of UTF-16 units, which differs beyond the basic plane; that of UTF-8 bytes does not. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The index of the class that a label belongs to: by its labels, by its name, or by the number that only one class is. */
function finder(classes: readonly ClassSetting[]): (label: string) => number | undefined {
  const byName = classes.map(({ name }, i) => [name, i] as const);
  const byLabel = classes.flatMap(({ from }, i) => from.map((label) => [label, i] as const));
  const known = new Map([...byName, ...byLabel]);
  const numbers = new Map<string, number | undefined>();
  for (const [label, i] of known) {
    const key = numberKey(label);
    if (key === undefined) continue;
    numbers.set(key, !numbers.has(key) || numbers.get(key) === i ? i : undefined);
  }
  return (label) => known.get(label) ?? numbers.get(numberKey(label) ?? "");
}

/** Where the classes come from, for messages, and what to do about labels that are none of them. */
export interface Origin {
  origin: string;
  hint: string;
}

/** Reads class indices. */
export function classReader(
  classes: readonly ClassSetting[],
  leaveOut: readonly string[],
  { hint, origin }: Origin,
): Labeller {
  const find = finder([...classes, ...leaveOut.map(toClass)]);
  const names = classes.map(({ name }) => name);
  const expected = `expected one of ${citeAll(names)}, ${origin}`;
  let numUnknown = 0;
  return (label) => {
    const value = find(label);
    if (value !== undefined && value >= classes.length)
      return { kind: "left out", index: value - classes.length };
    if (value !== undefined) {
      const key = label === names[value] ? undefined : numberKey(label);
      const isRespelt = key !== undefined && key === numberKey(names[value]);
      return { kind: "value", value, ...(isRespelt && { as: names[value] }) };
    }
    if (isMissing(label)) return { kind: "unlabelled" };
    const near = numUnknown++ < MAX_QUESTIONS ? nearest(label, names) : undefined;
    const question = near === undefined ? "" : `; did you mean ${cite(near)}?`;
    return {
      kind: "unknown",
      expected: `${expected}${question}`,
      hint,
    };
  };
}

/** The class that a label looks like or nearly is. */
function nearest(label: string, names: readonly string[]): string | undefined {
  if (label.length > 60) return undefined;
  const key = lookalikeKey(label);
  return names.find((name) => lookalikeKey(name) === key) ?? suggest(label, names);
}

/** Reads scores. */
export function scoreReader(leaveOut: readonly string[]): Labeller {
  const leftOut = finder(leaveOut.map(toClass));
  return (label) => {
    const index = leftOut(label);
    if (index !== undefined) return { kind: "left out", index };
    if (label === "") return { kind: "unlabelled" };
    const isDecimal = /^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(label);
    // Scores are kept in single precision.
    if (isDecimal && Number.isFinite(Math.fround(Number(label))))
      return { kind: "value", value: Number(label) };
    return { kind: "unknown", expected: "expected a number", hint: scoreHint(label, isDecimal) };
  };
}

function scoreHint(label: string, isDecimal: boolean): string {
  if (isDecimal) return "scores are numbers of single precision, up to 3.4e38";
  if (isMissing(label)) return "correct the rows, or leave them out: task.leaveOut lists labels";
  if (/^[-+]?\d[\d., ']*$/.test(label))
    return "write decimals with a point, and nothing between thousands";
  if (/^[-+]?[\d.,]+ ?[%‰]$/.test(label)) return "write percentages as plain numbers";
  return "regression learns scores; set task.kind: classification for classes";
}

/** Throws UserError where all rows have the same class or score: there would be nothing to learn. */
export function refuseSingleLabel(
  { path, entries }: Source,
  examples: readonly Pick<Example, "label">[],
  missing: readonly string[],
): void {
  const [{ label }] = examples;
  if (examples.some((example) => example.label !== label)) return;
  const words = missing.filter((word) => word !== "");
  throw new UserError(
    `${path}: ${cite(cleanLabel(entries[0].label))} is the only label: expected two at least`,
    {
      hint:
        words.length > 0
          ? `${citeAll(words)} is read as no label: list it in task.labels if it is a class`
          : "is task.label the right column?",
    },
  );
}

/** Classes of a file that may be one class: of other case, width, or letters that look the same. */
export function remarkLookalikes(path: string, { classes, counts }: Classes): string[] {
  if (!counts) return [];
  const groups = new Map<string, string[]>();
  for (const [i, { name }] of classes.entries()) {
    const key = lookalikeKey(name);
    groups.set(key, [
      ...(groups.get(key) ?? []),
      `${cite(name)} ${counts[i].toLocaleString("en-US")}`,
    ]);
  }
  const twins = [...groups.values()].filter(({ length }) => length > 1);
  if (twins.length === 0) return [];
  const shown = twins.slice(0, MAX_TWINS).map((group) => group.join(" and "));
  const more = twins.length > MAX_TWINS ? ` and ${twins.length - MAX_TWINS} more` : "";
  return [
    `${path}: classes that look alike, kept apart: ${shown.join("; ")}${more}; task.labels can merge them`,
  ];
}
