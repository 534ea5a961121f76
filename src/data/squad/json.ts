// JSON files of some tens of megabytes, compressed or not, read with no more copies in memory than needed, and errors that say
// where in the file they are.
import { gunzipSync } from "node:zlib";
import { UserError } from "../../errors.ts";
import { readBytes, sha256 } from "../../files.ts";
import { decodeText } from "../decode.ts";
import { findSyntaxError } from "../../json-syntax.ts";

/** What the file says, and the hash of its bytes. Compressed files are known by their first bytes. */
export function readJson(path: string): { value: unknown; sha256: string } {
  // In a function of its own, so that the bytes are free before the text becomes objects.
  const { hash, text } = readHashed(path);
  try {
    return { value: JSON.parse(text), sha256: hash };
  } catch (cause) {
    throw malformed(path, text, cause);
  }
}

function readHashed(path: string): { hash: string; text: string } {
  const bytes = readBytes(path);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b; // RFC 1952
  const text = decodeText(path, isGzip ? gunzip(path, bytes) : bytes);
  return { hash: sha256(bytes), text };
}

function gunzip(path: string, bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`${path}: ${reason}: expected a whole gzip file`, {
      hint: "the download may have been cut short; get the file again",
      cause,
    });
  }
}

function malformed(path: string, text: string, cause: unknown): UserError {
  const { expected, position } = findSyntaxError(text);
  const before = text.slice(0, position).split("\n");
  const place = `${path}:${before.length}:${before.at(-1)!.length + 1}`;
  const isEnd = position >= text.trimEnd().length;
  const found = isEnd ? "the file ends" : JSON.stringify(text.slice(position, position + 20));
  const hint = isEnd
    ? "the download may have been cut short; get the file again"
    : "SQuAD's files are JSON; is this one of them?";
  return new UserError(`${place}: ${found}: expected ${expected}`, { hint, cause });
}
