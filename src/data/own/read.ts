// A file of the user as rows: those without a text are left out and reported, those without a label refused.
import { cite } from "../../cite.ts";
import { UserError } from "../../errors.ts";
import { Problems } from "../problems.ts";
import type { Columns, Entry } from "./entry.ts";
import { readEntries } from "./entries.ts";
import { openOwn } from "./open.ts";

/** The rows of a file that can be learnt from or evaluated on. */
export interface OwnRows {
  path: string;
  sha256: string;
  /** At least one; labels are trimmed and never empty. */
  entries: Entry[];
  /** What was left out. */
  notes: string[];
}

const MAX_LINES = 5; // line numbers in a note

/** Reads the file that `setting` names. Throws UserError naming file and line. */
export function readRows(
  name: string,
  setting: "task.train" | "task.dev" | "--data",
  columns: Columns,
  dataDir: string | undefined,
): OwnRows {
  const file = openOwn(name, setting, dataDir);
  const { path, sha256 } = file;
  const problems = new Problems();
  const { entries: all, notes } = readEntries(file, columns, problems);
  problems.refuse(` in ${path}`);
  const isBlank = ({ text, textPair }: Entry) => text.trim() === "" || textPair?.trim() === "";
  const blank = all.filter(isBlank);
  const entries = all.filter((entry) => !isBlank(entry));
  if (entries.length === 0) throw noRows(path, blank.length);
  for (const entry of entries) entry.label = labelOf(path, entry, columns.label);
  return {
    path,
    sha256,
    entries,
    notes: blank.length > 0 ? [...notes, leftOut(path, blank)] : notes,
  };
}

function noRows(path: string, numBlank: number): UserError {
  const found = numBlank > 0 ? `no text in any of ${numBlank} rows` : "no rows";
  return new UserError(`${path}: ${found}: expected at least one example`, {
    hint: "the first line holds the names of the columns, examples follow",
  });
}

/** Blanks around a class name are never part of it. */
function labelOf(path: string, { line, label }: Entry, column: string): string {
  const trimmed = label.trim();
  if (trimmed !== "") return trimmed;
  throw new UserError(`${path}:${line}: no label: expected one in column ${cite(column)}`, {
    hint: "label the row or delete it",
  });
}

function leftOut(path: string, rows: readonly Entry[]): string {
  const lines = rows.slice(0, MAX_LINES).map(({ line }) => line);
  const where = `${rows.length === 1 ? "line" : "lines"} ${lines.join(", ")}`;
  const more = rows.length > MAX_LINES ? ", …" : "";
  return `${path}: rows left out for an empty text: ${rows.length} (${where}${more})`;
}
