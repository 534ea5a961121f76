// Lines of UTF-8 bytes, decoded one by one: a part of one string of the whole file would keep all of it in memory.

export const LINE_FEED = 0x0a;
export const CARRIAGE_RETURN = 0x0d;

/** @yields every line without its end, LF or CRLF, and its number, counted from 1. */
export function* linesOf(bytes: Buffer): Generator<{ line: number; text: string }> {
  for (const { line, start, end } of lineRanges(bytes)) {
    yield { line, text: bytes.toString("utf8", start, end) };
  }
}

/** @yields where every line is, as `linesOf`, not decoded. */
export function* lineRanges(
  bytes: Buffer,
): Generator<{ line: number; start: number; end: number }> {
  for (let start = 0, line = 1; start < bytes.length; line++) {
    const newline = bytes.indexOf(LINE_FEED, start);
    const next = newline === -1 ? bytes.length : newline + 1;
    const end = newline === -1 ? next : newline;
    yield { line, start, end: end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end };
    start = next;
  }
}
