// Lines of tab-separated text as GLUE publishes it. Nothing is quoted or escaped: a CSV reader takes the quotes in the
// sentences for syntax and silently swallows rows. Differs from a user's own .tsv in that every line is a row, blank ones too but at the
// end, and a carriage return inside a line is a letter.
import { linesOf, loneReturn, withoutReturn } from "./rows/lines.ts";

/** One line of the file. */
export interface Row {
  /** Counted from 1. */
  line: number;
  cells: string[];
}

/** Every line; a byte-order mark, CRLF, a missing final newline and blank lines at the end are all right. */
export function parseTsv(path: string, bytes: Buffer): Row[] {
  const lines = [...linesOf(path, bytes)];
  while (lines.length > 0 && lines[lines.length - 1].text.trim() === "") lines.pop();
  if (lines.length > 0 && withoutReturn(lines[0].text).includes("\r")) throw loneReturn(path, 1);
  return lines.map(({ number, text }) => ({
    line: number,
    cells: withoutReturn(text).split("\t"),
  }));
}
