// Training data's use of the reader of rows: the whole file at once, its columns by the names that the config gives them. Which lines
// are passed over, and what is a fault, is for the formats in data/rows to say.
import { cite, kindOf } from "../../cite.ts";
import { UserError } from "../../errors.ts";
import type { Problems } from "../problems.ts";
import { checkFormat, describeFormat } from "../rows/formats.ts";
import { numberLabel } from "../rows/jsonl.ts";
import { RowReader } from "../rows/reader.ts";
import type { Row } from "../rows/row.ts";
import { findColumn } from "./columns.ts";
import type { Columns, Entry } from "./entry.ts";
import type { OwnFile } from "./open.ts";

/** Where the columns are among a row's values. */
type Places = Partial<Record<keyof Columns, number>>;

/**
 * The named columns of all rows, and how the file was read if its name does not say. Adds to the problems what is wrong with columns and
 * rows; where there are any, entries may be missing.
 */
export function readEntries(
  { bytes, format, path }: OwnFile,
  columns: Columns,
  problems: Problems,
): { entries: Entry[]; notes: string[] } {
  const reader = new RowReader(path, {
    formatOf: (firstLine) => checkFormat(path, format, firstLine),
    faults: problems,
  });
  const entries: Entry[] = [];
  problems.collect(() => {
    for (const entry of toEntries(rowsOf(reader, bytes), path, columns, problems))
      entries.push(entry);
    if (reader.format === undefined) throw emptyFile(path);
  });
  const guessed = format === undefined ? reader.format : undefined;
  const notes = guessed ? [`${path}: read as ${describeFormat(guessed)}, by its first line`] : [];
  return { entries, notes };
}

function* rowsOf(reader: RowReader, bytes: Buffer): Generator<Row> {
  yield* reader.push(bytes);
  yield* reader.end();
}

function* toEntries(
  rows: Iterable<Row>,
  path: string,
  columns: Columns,
  problems: Problems,
): Generator<Entry> {
  let names: readonly string[] | undefined;
  let places: Places | undefined;
  for (const row of rows) {
    if (row.names !== names)
      places = findPlaces(`${path}:${row.header ?? row.line}`, row.names, columns, problems);
    names = row.names;
    const entry = places && problems.collect(() => toEntry(path, row, places!, columns));
    if (entry) yield entry;
    if (!places && row.header !== undefined) return; // all rows lack what the header lacks
  }
}

/** Undefined where one of the columns is not there. */
function findPlaces(
  place: string,
  names: readonly string[],
  columns: Columns,
  problems: Problems,
): Places | undefined {
  const places: Places = {};
  const before = problems.count;
  for (const role of ["text", "textPair", "label"] as const) {
    const name = columns[role];
    if (name === undefined) continue;
    const found = problems.collect(() => findColumn(place, names, role, name));
    if (found !== undefined) places[role] = found;
  }
  return problems.count === before ? places : undefined;
}

function toEntry(path: string, row: Row, places: Places, columns: Columns): Entry {
  const place = `${path}:${row.line}`;
  const text = textAt(place, row, "text", places.text!);
  const label = labelAt(place, row, places.label!);
  if (columns.textPair === undefined) return { line: row.line, text, label };
  return {
    line: row.line,
    text,
    textPair: textAt(place, row, "textPair", places.textPair!),
    label,
  };
}

/** `null` is read as nothing. */
function textAt(place: string, row: Row, role: "text" | "textPair", at: number): string {
  const value = row.values[at];
  if (typeof value === "string") return value;
  if (value === null) return "";
  throw new UserError(`${place}: ${cite(row.names[at])} is ${kindOf(value)}: expected a text`, {
    hint: `task.${role} names a key with texts`,
  });
}

function labelAt(place: string, row: Row, at: number): string {
  const value = row.values[at];
  if (value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number") return numberLabel(value, row.sources![at]);
  if (typeof value === "boolean") return String(value);
  throw new UserError(
    `${place}: ${cite(row.names[at])} is ${kindOf(value)}: expected a text or a number`,
    { hint: "an example has one label; task.label names its key" },
  );
}

function emptyFile(path: string): UserError {
  return new UserError(`${path}: empty: expected a line of column names and rows, or JSON lines`, {
    hint: "the file may have been cut short; write it again",
  });
}
