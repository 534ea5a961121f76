// Inputs of any length as lines, one in memory at a time: from a file, compressed or not, or from a stream such as stdin.
import { isUtf8 } from "node:buffer";
import { createReadStream, openSync, statSync } from "node:fs";
import { addAbortSignal, pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Interrupted, UserError } from "../errors.ts";
import { attempt } from "../files.ts";

/** Where lines come from. */
export interface LineSource {
  /** For messages: the path, or what the stream is called. */
  name: string;
  stream: Readable;
}

export interface Line {
  /** Counted from 1. */
  number: number;
  /** Without the line feed; a carriage return before it stays. */
  text: string;
}

const MAX_LINE_BYTES = 2 ** 26; // 64 MiB: a hundred times what any encoder reads of a text
const LINE_FEED = 0x0a;

/** The lines of a file, unpacked where its name ends in `.gz` or `.GZ`. Throws UserError where it cannot be opened. */
export function openLines(path: string): LineSource {
  const hint = "name an existing file, or - for standard input";
  const fd = attempt(path, () => openSync(path, "r"), hint);
  if (attempt(path, () => statSync(path)).isDirectory())
    throw new UserError(`${path}: is a folder, expected a file`, { hint });
  const bytes = createReadStream(path, { fd, highWaterMark: 2 ** 18 });
  // Errors of either reach whoever reads the last stream.
  const stream = /\.gz$/i.test(path) ? pipeline(bytes, createGunzip(), () => {}) : bytes;
  return { name: path, stream };
}

/**
 * Throws UserError naming the line that is no UTF-8, and Interrupted when stopped.
 * @yields every line, the last one whether or not it is ended.
 */
export async function* readLines(
  { name, stream }: LineSource,
  signal: AbortSignal,
): AsyncGenerator<Line> {
  addAbortSignal(signal, stream);
  const place = (number: number) => `${name}:${number}`;
  let number = 1;
  let parts: Buffer[] = [];
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end; (end = chunk.indexOf(LINE_FEED, start)) !== -1; start = end + 1) {
        yield { number, text: decode([...parts, chunk.subarray(start, end)], place(number)) };
        parts = [];
        number++;
      }
      if (start < chunk.length) parts.push(chunk.subarray(start));
      if (parts.reduce((sum, { length }) => sum + length, 0) > MAX_LINE_BYTES)
        throw tooLong(place(number));
    }
    if (parts.length > 0) yield { number, text: decode(parts, place(number)) };
  } catch (error) {
    throw explained(error, name, signal);
  } finally {
    stream.destroy();
  }
}

function decode(parts: readonly Buffer[], place: string): string {
  const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts);
  if (!isUtf8(bytes))
    throw new UserError(`${place}: not UTF-8: expected text in UTF-8`, {
      hint: "if it comes from Windows: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW-FILE",
    });
  const text = bytes.toString("utf8");
  return place.endsWith(":1") && text.startsWith("\ufeff") ? text.slice(1) : text;
}

function tooLong(place: string): UserError {
  return new UserError(`${place}: a line of more than 64 MiB: expected one input per line`, {
    hint: "JSON in one piece is not read; write one object per line: jq -c '.[]'",
  });
}

/** What reading stumbled over, as an error that a person can act on. */
function explained(error: unknown, name: string, signal: AbortSignal): unknown {
  if (error instanceof UserError) return error;
  if (signal.aborted) return new Interrupted("stopped; nothing was written");
  if ((error as NodeJS.ErrnoException).code?.startsWith("Z_"))
    return new UserError(`${name}: ${(error as Error).message}: expected gzip, as .gz says`, {
      hint: "take .gz off its name if it is not compressed; otherwise it is damaged, copy it again",
      cause: error,
    });
  try {
    return attempt(name, () => {
      throw error;
    });
  } catch (known) {
    return known;
  }
}
