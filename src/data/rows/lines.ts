// Lines of UTF-8 text from bytes that come in one piece, as training data does, or in many, as what is to be predicted. Strict: what
// is no text ends in an error that says what it is. Lines are decoded one by one: a part of one string of the whole file would keep all
// of it in memory.
import { isUtf8 } from "node:buffer";
import { UserError } from "../../errors.ts";
import { notText, refuseBinary, SNIFFED } from "./binary.ts";

/** A line of text. */
export interface Line {
  /** Counted from 1. */
  number: number;
  /** Without the line feed; a carriage return before it stays. The first line is without a byte-order mark. */
  text: string;
}

const LINE_FEED = 0x0a;
const MAX_LINE_BYTES = 2 ** 26; // 64 MiB: a hundred times what any encoder reads of a text

/** Cuts bytes into lines. Throws UserError naming the line that is no text, or is too long. */
export class LineSplitter {
  readonly #path: string;
  #head: Buffer = Buffer.alloc(0);
  /** Of a line that has not ended yet. */
  #parts: Buffer[] = [];
  #numBytes = 0;
  #number = 1;

  constructor(path: string) {
    this.#path = path;
  }

  /** @yields the lines that end in `chunk`. */
  *push(chunk: Buffer): Generator<Line> {
    const missing = SNIFFED - this.#head.length;
    if (missing > 0) this.#head = Buffer.concat([this.#head, chunk.subarray(0, missing)]);
    let start = 0;
    for (let end; (end = chunk.indexOf(LINE_FEED, start)) !== -1; start = end + 1)
      yield this.#take(chunk, start, end);
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** @yields the last line, if no line feed ends it. */
  *end(): Generator<Line> {
    if (this.#numBytes > 0) yield this.#take(Buffer.alloc(0), 0, 0);
  }

  #keep(part: Buffer): void {
    this.#parts.push(part);
    this.#numBytes += part.length;
    if (this.#numBytes > MAX_LINE_BYTES) throw this.#tooLong();
  }

  #take(chunk: Buffer, start: number, end: number): Line {
    const parts = this.#parts;
    this.#keep(chunk.subarray(start, end));
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    const number = this.#number++;
    this.#parts = [];
    this.#numBytes = 0;
    if (number === 1) refuseBinary(this.#path, this.#head);
    if (!isUtf8(bytes) || bytes.includes(0)) {
      const sample = parts.length === 1 ? chunk : Buffer.concat([bytes, chunk.subarray(end)]);
      throw notText({ path: this.#path, line: number, bytes, sample });
    }
    const text = bytes.toString("utf8");
    return { number, text: number === 1 && text.startsWith("\ufeff") ? text.slice(1) : text };
  }

  #tooLong(): UserError {
    return new UserError(
      `${this.#path}:${this.#number}: a line of more than 64 MiB: expected one row per line`,
      { hint: "JSON in one piece is not read; write one object per line: jq -c '.[]'" },
    );
  }
}

/** @yields the lines of a whole file. */
export function* linesOf(path: string, bytes: Buffer): Generator<Line> {
  const lines = new LineSplitter(path);
  yield* lines.push(bytes);
  yield* lines.end();
}

/** The line's text without the carriage return at its end. */
export function withoutReturn(text: string): string {
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}

/**
 * The error for a carriage return inside a line. Old Macs end lines so, and so do Python's csv module and spreadsheets: what would be
 * read here as one row is several to them.
 */
export function loneReturn(path: string, line: number): UserError {
  return new UserError(
    `${path}:${line}: a carriage return (CR) inside the line: expected lines that end in LF or CRLF`,
    { hint: "let all lines end alike: perl -pe 's/\\r*\\n|\\r/\\n/g' FILE > NEW-FILE" },
  );
}

/** A line without anything on it where it could be a row. */
export function emptyLine(place: string): UserError {
  return new UserError(`${place}: an empty line: expected a text on every line`, {
    hint: "it may be a row without a text; take the line out",
  });
}
