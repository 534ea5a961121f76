// A file of the user as rows: those without a text are left out and reported. What their labels mean is for labels.ts to say.
import { UserError } from "../../errors.ts";
import type { Problems } from "../problems.ts";
import { readEntries } from "./entries.ts";
import type { Columns, Entry } from "./entry.ts";
import { describeLines } from "./notes.ts";
import { openOwn } from "./open.ts";

/** The rows of a file that can be learnt from or evaluated on, once they have labels. */
export interface OwnRows {
  path: string;
  sha256: string;
  /** Labels as the file writes them. Only those that could be read where the file has problems, else at least one. */
  entries: Entry[];
  /** How it was read, and what was left out. */
  notes: string[];
}

/** Which file, and what named it. */
export interface OwnSource {
  name: string;
  setting: "task.train" | "task.dev" | "--data";
  dataDir?: string | undefined;
}

/** Reads the file, and adds what is wrong with its rows to the problems. Throws UserError where it has none to read. */
export function readRows(
  { dataDir, name, setting }: OwnSource,
  columns: Columns,
  problems: Problems,
): OwnRows {
  const file = openOwn(name, setting, dataDir);
  const { path, sha256 } = file;
  const before = problems.count;
  const { entries: all, notes } = readEntries(file, columns, problems);
  const isBlank = ({ text, textPair }: Entry) => text.trim() === "" || textPair?.trim() === "";
  const blank = all.filter(isBlank);
  const entries = all.filter((entry) => !isBlank(entry));
  if (entries.length === 0 && problems.count === before) throw noRows(path, blank.length);
  if (blank.length > 0) notes.push(leftOut(path, blank));
  return { path, sha256, entries, notes };
}

function noRows(path: string, numBlank: number): UserError {
  const found = numBlank > 0 ? `no text in any of ${numBlank} rows` : "no rows";
  return new UserError(`${path}: ${found}: expected at least one example`, {
    hint: "the first line holds the names of the columns, examples follow",
  });
}

function leftOut(path: string, rows: readonly Entry[]): string {
  const lines = rows.map(({ line }) => line);
  return `${path}: rows left out for an empty text: ${describeLines(rows.length, lines)}`;
}
