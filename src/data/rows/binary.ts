// Bytes that are no text in UTF-8: a lenient decoder would train on replacement characters without a word, and bytes that are no
// text at all would give thousands of nonsense rows, or one puzzling error.
import { constants, isUtf8 } from "node:buffer";
import { UserError } from "../../errors.ts";
import { conversion, conversionHint } from "./encodings.ts";

/** First bytes, as Latin-1 -> what they are, and the way out. The first match counts. */
const signatures: { magic: string; is: string; cure: string }[] = [
  {
    magic: "\x1f\x8b",
    is: "gzip",
    cure: "unpack it with gunzip; a file of your own may instead have a name ending in .gz",
  },
  { magic: "PK\x03\x04", is: "a zip file or an Excel sheet", cure: "unzip it, or save as CSV" },
  { magic: "\xd0\xcf\x11\xe0", is: "an old Excel sheet", cure: "save it as CSV UTF-8" },
  { magic: "%PDF-", is: "PDF", cure: "save what is in it as text" },
  { magic: "{\\rtf", is: "RTF", cure: "save it as plain text in UTF-8" },
  { magic: "PAR1", is: "Parquet", cure: "in pandas: read_parquet(…).to_csv(…, index=False)" },
  { magic: "ARROW1", is: "Arrow", cure: "in pandas: read_feather(…).to_csv(…, index=False)" },
  { magic: "BZh", is: "bzip2", cure: "unpack it with bunzip2" },
  { magic: "\xfd7zXZ", is: "xz", cure: "unpack it with unxz" },
  { magic: "7z\xbc\xaf", is: "7-Zip", cure: "unpack it with 7z x" },
  { magic: "\x28\xb5\x2f\xfd", is: "Zstandard", cure: "unpack it with unzstd" },
  { magic: "\xff\xfe\0\0", is: "UTF-32LE", cure: conversion("UTF-32LE") },
  { magic: "\0\0\xfe\xff", is: "UTF-32BE", cure: conversion("UTF-32BE") },
  { magic: "\xff\xfe", is: "UTF-16LE", cure: conversion("UTF-16LE") },
  { magic: "\xfe\xff", is: "UTF-16BE", cure: conversion("UTF-16BE") },
  { magic: "version https://git-lfs", is: "a pointer to a file in Git LFS", cure: "git lfs pull" },
];

/** How many bytes tell what a file is; Git looks as far for what is binary. */
export const SNIFFED = 8000;

/** Throws UserError for a file that begins with the bytes `head` if it is no text at all, naming what it looks like. */
export function refuseBinary(path: string, head: Buffer): void {
  const start = head.toString("latin1");
  const known = signatures.find(({ magic }) => start.startsWith(magic)) ?? unmarked(head);
  if (known === undefined) return;
  if (known.is === "gzip" && /\.gz$/i.test(path))
    throw new UserError(`${path}: compressed twice: expected text in gzip`, {
      hint: "unpack it once with gunzip",
    });
  throw new UserError(`${path}: looks like ${known.is}: expected text in UTF-8`, {
    hint: known.cure,
  });
}

/** UTF-16 without a mark, or no text. Single zero bytes in a text are for who knows their line. */
function unmarked(head: Buffer): { is: string; cure: string } | undefined {
  if (!head.includes(0)) return undefined;
  const isEncoded = isUtf8(head);
  // Of ASCII every second byte is zero, and of Cyrillic or Arabic, which may be UTF-8 by chance, below 8; of other scripts only that of
  // blanks, commas and line ends is zero.
  const highest = isEncoded ? 7 : 0;
  const small = [0, 0]; // bytes at even and at odd places
  for (const [i, byte] of head.entries()) if (byte <= highest) small[i % 2]++;
  const [fewer, more] = small.toSorted((a, b) => a - b);
  if (more > 4 * fewer && more > head.length / (isEncoded ? 4 : 100)) {
    const name = small[1] === more ? "UTF-16LE" : "UTF-16BE";
    return { is: name, cure: conversion(name) };
  }
  const isText = isEncoded && fewer + more < head.length / 10;
  return isText ? undefined : { is: "a binary file", cure: "save it as text in UTF-8" };
}

/** The whole file as text, without a byte-order mark. Throws UserError for anything but UTF-8, and for more than a text can hold. */
export function decodeText(path: string, bytes: Buffer): string {
  refuseBinary(path, bytes.subarray(0, SNIFFED));
  if (bytes.length > constants.MAX_STRING_LENGTH)
    throw new UserError(
      `${path}: ${bytes.length} bytes: expected at most ${constants.MAX_STRING_LENGTH}`,
      {
        hint: "divide it into several files",
      },
    );
  if (!isUtf8(bytes) || bytes.includes(0)) throw badText(path, bytes);
  const text = bytes.toString("utf8");
  return text.startsWith("\ufeff") ? text.slice(1) : text;
}

function badText(path: string, whole: Buffer): UserError {
  for (let start = 0, line = 1; ; line++) {
    const feed = whole.indexOf(0x0a, start);
    const bytes = whole.subarray(start, feed === -1 ? whole.length : feed);
    if (!isUtf8(bytes) || bytes.includes(0) || feed === -1)
      return notText({ path, line, bytes, sample: whole });
    start = feed + 1;
  }
}

/** A line that is not text. */
export interface BadLine {
  path: string;
  line: number;
  bytes: Buffer;
  /** As much of the file as is at hand, the line among it. */
  sample: Buffer;
}

/** The error for a line with bytes that are not UTF-8, or are zero. Columns are counted in UTF-16 code units. */
export function notText({ bytes, line, path, sample }: BadLine): UserError {
  const text = bytes.toString("utf8");
  // The decoder puts U+FFFD where it does not know better.
  const place = `${path}:${line}:${text.indexOf(isUtf8(bytes) ? "\0" : "\ufffd") + 1}`;
  if (isUtf8(bytes))
    return new UserError(`${place}: a NUL character: expected text in UTF-8`, {
      hint: "take them out: tr -d '\\000' < FILE > NEW-FILE",
    });
  return new UserError(`${place}: not UTF-8: expected text in UTF-8`, {
    hint: conversionHint(sample),
  });
}
