// Files that are not what their name says. Read as text they would give thousands of nonsense rows, or one puzzling error.
import { UserError } from "../../errors.ts";
import type { FormatName } from "./formats.ts";
import { CARRIAGE_RETURN, LINE_FEED } from "./lines.ts";

/** First bytes, as Latin-1 -> what they are, and the way out. */
const signatures: { magic: string; is: string; cure: string }[] = [
  { magic: "\x1f\x8b", is: "gzip", cure: "let its name end in .gz, or unpack it with gunzip" },
  { magic: "PK\x03\x04", is: "a zip file or an Excel sheet", cure: "unzip it, or save as CSV" },
  { magic: "\xd0\xcf\x11\xe0", is: "an old Excel sheet", cure: "save it as CSV UTF-8" },
  { magic: "PAR1", is: "Parquet", cure: "in pandas: read_parquet(…).to_csv(…, index=False)" },
  { magic: "ARROW1", is: "Arrow", cure: "in pandas: read_feather(…).to_csv(…, index=False)" },
  { magic: "BZh", is: "bzip2", cure: "unpack it with bunzip2" },
  { magic: "\xfd7zXZ", is: "xz", cure: "unpack it with unxz" },
  { magic: "\x28\xb5\x2f\xfd", is: "Zstandard", cure: "unpack it with unzstd" },
  { magic: "\xff\xfe", is: "UTF-16", cure: "iconv -f UTF-16 -t UTF-8" },
  { magic: "\xfe\xff", is: "UTF-16", cure: "iconv -f UTF-16 -t UTF-8" },
  { magic: "version https://git-lfs", is: "a pointer to a file in Git LFS", cure: "git lfs pull" },
];

const SNIFFED = 8000; // bytes, as far as Git looks for binary files

/** Throws UserError for bytes that are no text at all, naming what they look like. */
export function refuseBinary(path: string, bytes: Buffer): void {
  const start = bytes.toString("latin1", 0, SNIFFED);
  const known = signatures.find(({ magic }) => start.startsWith(magic));
  if (known?.is === "gzip" && /\.gz$/i.test(path)) {
    throw lookalike(path, "compressed twice", "text in gzip", "unpack it once with gunzip");
  }
  if (known) throw lookalike(path, `looks like ${known.is}`, "text in UTF-8", known.cure);
  if (start.includes("\0")) {
    const cure = "it has zero bytes; save it again as UTF-8 text";
    throw lookalike(path, "looks like a binary file or UTF-16", "text in UTF-8", cure);
  }
  if (!bytes.includes(LINE_FEED) && bytes.includes(CARRIAGE_RETURN)) {
    const cure = "tr '\\r' '\\n' < FILE > NEW-FILE";
    throw lookalike(path, "lines end in CR alone, as on old Macs", "LF or CRLF", cure);
  }
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
