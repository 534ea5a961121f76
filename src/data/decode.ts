// From bytes to text, strictly: a lenient decoder would train on replacement characters without a word, and bytes that are no text
// at all would give thousands of nonsense rows, or one puzzling error.
import { isUtf8 } from "node:buffer";
import { UserError } from "../errors.ts";
import { lineRanges } from "./lines.ts";

/** First bytes, as Latin-1 -> what they are, and the way out. */
const signatures: { magic: string; is: string; cure: string }[] = [
  {
    magic: "\x1f\x8b",
    is: "gzip",
    cure: "unpack it with gunzip; a file of your own may instead have a name ending in .gz",
  },
  { magic: "PK\x03\x04", is: "a zip file or an Excel sheet", cure: "unzip it, or save as CSV" },
  { magic: "\xd0\xcf\x11\xe0", is: "an old Excel sheet", cure: "save it as CSV UTF-8" },
  { magic: "PAR1", is: "Parquet", cure: "in pandas: read_parquet(…).to_csv(…, index=False)" },
  { magic: "ARROW1", is: "Arrow", cure: "in pandas: read_feather(…).to_csv(…, index=False)" },
  { magic: "BZh", is: "bzip2", cure: "unpack it with bunzip2" },
  { magic: "\xfd7zXZ", is: "xz", cure: "unpack it with unxz" },
  { magic: "\x28\xb5\x2f\xfd", is: "Zstandard", cure: "unpack it with unzstd" },
  { magic: "\xff\xfe", is: "UTF-16", cure: "iconv -f UTF-16 -t UTF-8 FILE > NEW-FILE" },
  { magic: "\xfe\xff", is: "UTF-16", cure: "iconv -f UTF-16 -t UTF-8 FILE > NEW-FILE" },
  { magic: "version https://git-lfs", is: "a pointer to a file in Git LFS", cure: "git lfs pull" },
];

const SNIFFED = 8000; // bytes, as far as Git looks for binary files

const MARK = "\xef\xbb\xbf"; // UTF-8's byte-order mark, as Latin-1

/** The whole file as text, without a byte-order mark. Throws UserError for anything but UTF-8. */
export function decodeText(path: string, bytes: Buffer): string {
  refuseBinary(path, bytes);
  refuseInvalid(path, bytes);
  return withoutMark(bytes).toString("utf8");
}

/** Throws UserError for bytes that are no text at all, naming what they look like. */
export function refuseBinary(path: string, bytes: Buffer): void {
  const start = bytes.toString("latin1", 0, SNIFFED);
  const known = signatures.find(({ magic }) => start.startsWith(magic));
  if (known?.is === "gzip" && /\.gz$/i.test(path)) {
    throw new UserError(`${path}: compressed twice: expected text in gzip`, {
      hint: "unpack it once with gunzip",
    });
  }
  if (known) {
    throw new UserError(`${path}: looks like ${known.is}: expected text in UTF-8`, {
      hint: known.cure,
    });
  }
  if (start.includes("\0")) {
    throw new UserError(`${path}: looks like a binary file or UTF-16: expected text in UTF-8`, {
      hint: "it has zero bytes; save it again as UTF-8 text",
    });
  }
}

/** Throws UserError naming the first place that is not UTF-8; columns are counted in UTF-16 code units. */
export function refuseInvalid(path: string, bytes: Buffer): void {
  if (isUtf8(bytes)) return;
  for (const { line, start, end } of lineRanges(bytes)) {
    if (isUtf8(bytes.subarray(start, end))) continue;
    // The decoder puts this character where it does not know better.
    const column = bytes.toString("utf8", start, end).indexOf("\ufffd") + 1;
    throw new UserError(`${path}:${line}:${column}: not UTF-8: expected text in UTF-8`, {
      hint: "if it comes from Windows: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW-FILE",
    });
  }
}

/** The bytes behind a byte-order mark, if there is one. */
export function withoutMark(bytes: Buffer): Buffer {
  return bytes.toString("latin1", 0, MARK.length) === MARK ? bytes.subarray(MARK.length) : bytes;
}
