// The registry of file formats: a format is one reader and one ending here. Each may be compressed by gzip, then `.gz` follows.
import { UserError } from "../../errors.ts";
import { readCsv } from "./csv.ts";
import type { Columns, Entry } from "./entry.ts";
import { readJsonl } from "./jsonl.ts";
import { readTsv } from "./tsv.ts";

/** Reads the named columns of UTF-8 text. Throws UserError with `path` and line. */
export type Reader = (path: string, bytes: Buffer, columns: Columns) => Entry[];

const readers = { tsv: readTsv, csv: readCsv, jsonl: readJsonl } as const satisfies Record<
  string,
  Reader
>;

export type FormatName = keyof typeof readers;

const endings: Record<string, FormatName> = {
  tsv: "tsv",
  csv: "csv",
  jsonl: "jsonl",
  ndjson: "jsonl",
};

/** The reader of a format. */
export const readerOf = (format: FormatName): Reader => readers[format];

/** What the file's name promises. `setting` is where the name comes from, for the message. */
export function formatOf(path: string, setting: string): { format: FormatName; isGzip: boolean } {
  const [, ending = "", gz] = /\.([^./\\]*?)(\.gz)?$/i.exec(path) ?? [];
  const format = endings[ending.toLowerCase()];
  if (format !== undefined) return { format, isGzip: gz !== undefined };
  throw new UserError(
    `${setting}: ${path}: expected a name ending in .tsv, .csv, .jsonl or .ndjson, each also with .gz`,
    { hint: "peft tells the format by the name; spreadsheets save as CSV UTF-8 (.csv)" },
  );
}
