// Inputs of any length as bytes in pieces: from a file, compressed or not, or from a pipe such as standard input. Nothing here waits in
// a way that a signal could not end.
import { closeSync, constants, createReadStream, fstatSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { addAbortSignal, pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { damagedGzip, refuseRest } from "../data/gzip.ts";
import { Interrupted, UserError } from "../errors.ts";
import { attempt, kindOfEntry } from "../files.ts";

/** Where inputs come from. */
export interface InputStream {
  /** For messages: the path, or what the stream is called. */
  name: string;
  stream: Readable;
  /** Throws UserError where the end that was read is not that of the file. */
  checkEnd?: () => void;
}

const PIECE_BYTES = 2 ** 20;

/** A file or a pipe, unpacked where its name ends in `.gz` or `.GZ`. Throws UserError where it cannot be opened. */
export function openInput(path: string): InputStream {
  const hint = "name an existing file, or - for standard input";
  // With O_NONBLOCK a pipe that nobody writes to yet is opened at once; a socket then waits for bytes beside everything else.
  const fd = attempt(path, () => openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)), hint); // prettier-ignore
  const kind = kindOfEntry(fstatSync(fd));
  if (kind !== "a file" && kind !== "a pipe") {
    closeSync(fd);
    throw new UserError(`${path}: is ${kind}, expected a file or a pipe`, { hint });
  }
  const bytes =
    kind === "a pipe"
      ? new Socket({ fd, readable: true, writable: false })
      : createReadStream(path, { fd, highWaterMark: PIECE_BYTES });
  // Errors of either reach whoever reads the last stream.
  if (!/\.gz$/i.test(path)) return { name: path, stream: bytes };
  const stream = pipeline(bytes, createGunzip(), () => {});
  const checkEnd = () => refuseRest(path, bytes.bytesRead - stream.bytesWritten);
  return { name: path, stream, checkEnd };
}

/**
 * Throws UserError where the stream ends in an error, and Interrupted when stopped.
 * @yields every piece.
 */
export async function* readPieces(
  { checkEnd, name, stream }: InputStream,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  addAbortSignal(signal, stream);
  try {
    for await (const piece of stream) yield piece as Buffer;
    checkEnd?.();
  } catch (error) {
    throw explained(error, name, signal);
  } finally {
    stream.destroy();
  }
}

/** What reading stumbled over, as an error that a person can act on. */
function explained(error: unknown, name: string, signal: AbortSignal): unknown {
  if (signal.aborted) return new Interrupted("stopped; nothing was written");
  const damaged = damagedGzip(name, error);
  if (damaged) return damaged;
  try {
    return attempt(name, () => {
      throw error;
    });
  } catch (known) {
    return known;
  }
}
