// Lines of tab-separated text as GLUE publishes it. Nothing is quoted or escaped: a CSV reader takes the quotes in the
// sentences for syntax and silently swallows rows.

/** One line of the file. */
export interface Row {
  /** Counted from 1. */
  line: number;
  cells: string[];
}

/** Every line of `text`; a byte-order mark, CRLF, a missing final newline and blank lines at the end are all right. */
export function parseTsv(text: string): Row[] {
  const lines = text.replace(/^\ufeff/, "").split("\n");
  while (lines.length > 0 && lines[lines.length - 1].trim() === "") lines.pop();
  return lines.map((line, i) => ({
    line: i + 1,
    cells: (line.endsWith("\r") ? line.slice(0, -1) : line).split("\t"),
  }));
}
