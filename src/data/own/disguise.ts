// Text that is not what the file's name says: read as such it would give one puzzling error. What is no text at all is the business
// of decode.ts.
import { UserError } from "../../errors.ts";
import { CARRIAGE_RETURN, LINE_FEED } from "../lines.ts";
import type { FormatName } from "./formats.ts";

/** Throws UserError where CR alone ends the lines: all would be one. */
export function refuseOldMac(path: string, bytes: Buffer): void {
  if (bytes.includes(LINE_FEED) || !bytes.includes(CARRIAGE_RETURN)) return;
  const cure = "tr '\\r' '\\n' < FILE > NEW-FILE";
  throw lookalike(path, "lines end in CR alone, as on old Macs", "LF or CRLF", cure);
}

/** Throws UserError for text of another format than the file's name promises. `firstLine` is the first one that is not blank. */
export function refuseOtherFormat(path: string, format: FormatName, firstLine: string): void {
  const looks = guessFormat(firstLine);
  if (looks === undefined || looks === format || isPlausible(format, firstLine)) return;
  const { is, cure } = others[looks];
  throw lookalike(path, `looks like ${is}`, expected[format], cure);
}

const expected: Record<FormatName, string> = {
  tsv: "columns separated by tabs",
  csv: "columns separated by commas",
  jsonl: "one JSON object per line",
};

const others = {
  tsv: { is: "tab-separated text", cure: "rename it so that it ends in .tsv" },
  csv: { is: "comma-separated text", cure: "rename it so that it ends in .csv" },
  jsonl: { is: "JSON lines", cure: "rename it so that it ends in .jsonl" },
  semicolons: {
    is: "text separated by semicolons",
    cure: "spreadsheets write them where the comma is the decimal point; choose the comma on saving as CSV",
  },
  array: { is: "a JSON array", cure: "one line per object: jq -c '.[]' FILE.json > FILE.jsonl" },
  html: { is: "a web page", cure: "the download may need a login; get the file again" },
};

function guessFormat(line: string): keyof typeof others | undefined {
  if (/^\s*<(!doctype|html|\?xml)/i.test(line)) return "html";
  if (/^\s*\{\s*("|\}|$)/.test(line)) return "jsonl";
  if (/^\s*\[\s*(\{|\[|"|$)/.test(line)) return "array";
  if (line.includes("\t")) return "tsv";
  if (line.includes(",")) return "csv";
  return line.includes(";") ? "semicolons" : undefined;
}

/** A header may well have other separators in its names, as long as it has the right ones. */
function isPlausible(format: FormatName, line: string): boolean {
  const startsOtherwise = /^\s*[<{[]/.test(line);
  return !startsOtherwise && line.includes({ tsv: "\t", csv: ",", jsonl: "{" }[format]);
}

function lookalike(path: string, looks: string, wanted: string, hint: string): UserError {
  return new UserError(`${path}: ${looks}: expected ${wanted}`, { hint });
}
