// One text per line, without a header: a row for every line, so that the n-th answer is that of line n. Passed over are only the last
// lines where they are blank; one between others may be a text that is missing, and is a fault.
import { emptyLine, type Line, loneReturn, withoutReturn } from "./lines.ts";
import type { Faults, RowParser } from "./row.ts";

const NAMES = ["text"];

/** Rows with the one key `text`. */
export function textParser(path: string, faults: Faults): RowParser {
  let blank: number | undefined;
  return {
    push: ({ number, text: line }: Line) => {
      if (line.trim() === "") return void (blank ??= number);
      if (blank !== undefined) faults.add(emptyLine(`${path}:${blank}`));
      blank = undefined;
      const text = withoutReturn(line);
      if (!text.includes("\r")) return { line: number, names: NAMES, values: [text] };
      faults.add(loneReturn(path, number));
      return undefined;
    },
    end: () => {},
  };
}
