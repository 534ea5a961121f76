// Tab-separated rows under a header line. Nothing is quoted or escaped, so a text can hold neither a tab nor a line break.
import { linesOf } from "../lines.ts";
import type { Columns, Entry } from "./entry.ts";
import { tableReader } from "./table.ts";

const WHY_RAGGED =
  "a text of a .tsv file holds neither tabs nor line breaks; save it as .csv or .jsonl where it does";

/** The named columns of every row that is not blank. */
export function readTsv(path: string, bytes: Buffer, columns: Columns): Entry[] {
  const table = tableReader(path, columns, WHY_RAGGED);
  for (const { line, text } of linesOf(bytes)) table.add(line, text.split("\t"));
  return table.entries;
}
