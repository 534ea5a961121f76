// Files compressed by gzip. A few kilobytes can unpack to gigabytes, so there is always a limit.
import { gunzipSync } from "node:zlib";
import { UserError } from "../errors.ts";

/** Whether the bytes begin as gzip does (RFC 1952). */
export function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The unpacked bytes. Throws UserError for more than `maxBytes`, and for what is no gzip or is damaged. */
export function unpack(path: string, packed: Buffer, maxBytes: number, hint: string): Buffer {
  try {
    const options = { maxOutputLength: maxBytes, info: true } as const;
    const { buffer, engine } = gunzipSync(packed, options) as unknown as Unpacked;
    refuseRest(path, packed.length - engine.bytesWritten);
    return buffer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw new UserError(`${path}: unpacked, more than ${maxBytes} bytes: expected at most that`, {
        hint,
        cause: error,
      });
    throw damagedGzip(path, error) ?? error;
  }
}

/** What Node gives with `info`, which its types leave out. */
interface Unpacked {
  buffer: Buffer;
  /** `bytesWritten`: packed bytes that were read. */
  engine: { bytesWritten: number };
}

/** Throws UserError where packed bytes are left: behind zeros, zlib leaves out all that follows without a word. */
export function refuseRest(path: string, numLeft: number): void {
  if (numLeft <= 0) return;
  throw new UserError(`${path}: ${numLeft} bytes after the end of the gzip data: expected none`, {
    hint: "files joined with zeros between them: unpack each of them, and join what they hold",
  });
}

/** What unpacking stumbled over, as an error that a person can act on; undefined for any other error. */
export function damagedGzip(path: string, error: unknown): UserError | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!code?.startsWith("Z_")) return undefined;
  return new UserError(`${path}: ${message}: expected a whole gzip file`, {
    hint:
      code === "Z_BUF_ERROR"
        ? "the file is cut short; copy it again"
        : "take .gz off its name if it is not compressed; otherwise it is damaged, copy it again",
    cause: error,
  });
}
