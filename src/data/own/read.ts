// A file of the user as rows: those without a text are left out and reported. What their labels mean is for labels.ts to say.
import { UserError } from "../../errors.ts";
import type { Columns, Entry } from "./entry.ts";
import { readerOf } from "./formats.ts";
import { describeLines } from "./notes.ts";
import { openOwn } from "./open.ts";

/** The rows of a file that can be learnt from or evaluated on, once they have labels. */
export interface OwnRows {
  path: string;
  sha256: string;
  /** At least one; labels as the file writes them. */
  entries: Entry[];
  /** What was left out. */
  notes: string[];
}

/** Reads the file that `setting` names. Throws UserError naming file and line. */
export function readRows(
  name: string,
  setting: "task.train" | "task.dev" | "--data",
  columns: Columns,
  dataDir: string | undefined,
): OwnRows {
  const { path, format, bytes, sha256 } = openOwn(name, setting, dataDir);
  const all = readerOf(format)(path, bytes, columns);
  const isBlank = ({ text, textPair }: Entry) => text.trim() === "" || textPair?.trim() === "";
  const blank = all.filter(isBlank);
  const entries = all.filter((entry) => !isBlank(entry));
  if (entries.length === 0) throw noRows(path, blank.length);
  return { path, sha256, entries, notes: blank.length > 0 ? [leftOut(path, blank)] : [] };
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
