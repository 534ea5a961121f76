// Rows with what their labels mean: examples for the model, notes on rows that were left out or read otherwise than written, and
// problems, each label once with the number of its rows.
import { cite, citeAll } from "../../cite.ts";
import { UserError } from "../../errors.ts";
import type { Problems } from "../problems.ts";
import type { Example } from "../task.ts";
import type { Entry } from "./entry.ts";
import type { Labeller, Meaning } from "./labels.ts";
import { describeLines, format, MAX_LINES, percent } from "./notes.ts";
import type { OwnRows } from "./read.ts";
import { cleanLabel } from "./spelling.ts";

/** What the rows of a file came to. */
export interface Labelled {
  /** One for each of `entries`. */
  examples: Example[];
  entries: Entry[];
  notes: string[];
  /** Words that were read as no label. */
  missing: string[];
  /** Which items of task.leaveOut left a row out, by index. */
  leftOut: ReadonlySet<number>;
}

/** A label as the file writes it, without blanks around it. */
interface Word {
  written: string;
  clean: string;
  meaning: Meaning;
  count: number;
  /** Of its first rows, counted from 1. */
  lines: number[];
}

const MAX_WORDS = 10; // in a note

/** Reads the labels of all rows. Adds to the problems what cannot be read, or that no row has a label. */
export function labelRows(rows: OwnRows, read: Labeller, problems: Problems): Labelled {
  const words = new Map<string, Word>();
  const entries: Entry[] = [];
  const examples: Example[] = [];
  for (const entry of rows.entries) {
    const { meaning } = tally(words, entry, read);
    if (meaning.kind !== "value") continue;
    const { text, textPair } = entry;
    const label = meaning.value;
    entries.push(entry);
    examples.push(textPair === undefined ? { text, label } : { text, textPair, label });
  }
  const all = [...words.values()];
  const unlabelled = all.filter(({ meaning }) => meaning.kind === "unlabelled");
  const isRead = addUnknown(rows.path, all, problems);
  if (isRead && examples.length === 0) problems.add(nothingLeft(rows, unlabelled));
  return {
    entries,
    examples,
    notes: notesOn(rows.path, all, unlabelled),
    missing: [...new Set(unlabelled.map(({ clean }) => clean))],
    leftOut: new Set(
      all.flatMap(({ meaning }) => (meaning.kind === "left out" ? [meaning.index] : [])),
    ),
  };
}

function tally(words: Map<string, Word>, { label, line }: Entry, read: Labeller): Word {
  const written = label.trim();
  let word = words.get(written);
  if (!word) {
    const clean = cleanLabel(written);
    word = { written, clean, meaning: read(clean), count: 0, lines: [] };
    words.set(written, word);
  }
  word.count++;
  if (word.lines.length < MAX_LINES) word.lines.push(line);
  return word;
}

/** Whether all labels could be read. */
function addUnknown(path: string, words: readonly Word[], problems: Problems): boolean {
  const before = problems.count;
  for (const { clean, count, lines, meaning } of words) {
    if (meaning.kind !== "unknown") continue;
    problems.add(() => {
      const rows = count > 1 ? ` in ${format(count)} rows` : "";
      const message = `${path}:${lines[0]}: label ${cite(clean)}${rows}: ${meaning.expected}`;
      return new UserError(message, { hint: meaning.hint });
    });
  }
  return problems.count === before;
}

function nothingLeft({ entries, path }: OwnRows, unlabelled: readonly Word[]): UserError {
  const isUnlabelled = countOf(unlabelled) === entries.length;
  const why = isUnlabelled
    ? `no label in any of ${format(entries.length)} rows`
    : `no row with a label that task.leaveOut keeps, of ${format(entries.length)}`;
  return new UserError(`${path}: ${why}: expected labelled rows`, {
    hint: isUnlabelled ? "is task.label the right column?" : "leave fewer labels out",
  });
}

function notesOn(path: string, words: readonly Word[], unlabelled: readonly Word[]): string[] {
  const notes: string[] = [];
  const blank = unlabelled.filter(({ clean }) => clean === "");
  if (blank.length > 0) notes.push(`${path}: rows left out for having no label: ${linesOf(blank)}`);
  const named = unlabelled.filter(({ clean }) => clean !== "");
  const names = citeAll([...new Set(named.map(({ clean }) => clean))]);
  if (named.length > 0)
    notes.push(
      `${path}: rows left out because ${names} is read as no label: ${linesOf(named)}, ` +
        `${percent(countOf(named), countOf(words))} of all; to keep them, list every class in task.labels, ${names} among them`,
    );
  const leftOut = words.filter(({ meaning }) => meaning.kind === "left out");
  if (leftOut.length > 0)
    notes.push(
      `${path}: rows left out by task.leaveOut: ${merge(leftOut, ({ clean }) => cite(clean))}`,
    );
  const respelt = words.filter(
    ({ meaning }) => meaning.kind === "value" && meaning.as !== undefined,
  );
  const asNumber = ({ clean, meaning }: Word) =>
    `${cite(clean)} as ${cite((meaning.kind === "value" && meaning.as) || "")}, rows:`;
  if (respelt.length > 0)
    notes.push(
      `${path}: rows whose label is another spelling of a number: ${merge(respelt, asNumber)}`,
    );
  const cleaned = words.filter(
    ({ clean, meaning, written }) => clean !== written && meaning.kind === "value",
  );
  if (cleaned.length > 0)
    notes.push(
      `${path}: labels with characters that cannot be seen, odd blanks or another Unicode form, read as ` +
        `${citeAll([...new Set(cleaned.map(({ clean }) => clean))])}: ${linesOf(cleaned)}`,
    );
  return notes;
}

/** `"NA" 1,205, "N/A" 80`; labels that are described alike count together. */
function merge(words: readonly Word[], describe: (word: Word) => string): string {
  const counts = new Map<string, number>();
  for (const word of words)
    counts.set(describe(word), (counts.get(describe(word)) ?? 0) + word.count);
  const all = [...counts].map(([text, count]) => `${text} ${format(count)}`);
  const more = all.length > MAX_WORDS ? ` and ${all.length - MAX_WORDS} more` : "";
  return all.slice(0, MAX_WORDS).join(", ") + more;
}

/** How many rows the labels have, and the lines of the first. */
function linesOf(words: readonly Word[]): string {
  const count = countOf(words);
  const lines = words.flatMap((word) => word.lines).toSorted((a, b) => a - b);
  return describeLines(count, lines);
}

function countOf(words: readonly Word[]): number {
  return words.reduce((sum, { count }) => sum + count, 0);
}
