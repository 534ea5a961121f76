// What is expensive to compute, on disk: one file each, named by the hash of everything that decides what is in it. A file is
// the SHA-256 of what follows, a word that marks it as ours, then arrays in the machine's byte order. What the arrays mean is
// known to those who write and read them.
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { makeFolder, pathExists, readBytes, sha256, writeAtomic } from "../files.ts";

const FORMAT_VERSION = 1; // to be raised whenever the layout, or what becomes of a text, changes
const MARK = Buffer.from(Int32Array.of(0x54464550).buffer); // "PEFT", or "TFEP" on a machine of the other byte order
const HASH_BYTES = 32;

/** A name for what `settings` make of `items`, both by their JSON: equal names, equal contents. */
export function cacheKey(settings: readonly unknown[], items: readonly unknown[]): string {
  const lines = items.map((item) => `\n${JSON.stringify(item)}`);
  return sha256(JSON.stringify([FORMAT_VERSION, ...settings]), ...chunksOf(lines));
}

/** Joined by thousands: neither one call per text nor one string of all. */
function chunksOf(lines: readonly string[]): string[] {
  const numChunks = Math.ceil(lines.length / 1000);
  return Array.from({ length: numChunks }, (_, i) =>
    lines.slice(i * 1000, (i + 1) * 1000).join(""),
  );
}

/**
 * The arrays in the file of that name, one after the other and aligned to 32 bits; undefined where there is no file, or one
 * that is cut short, damaged or not ours: computing again is always right.
 */
export function readCache(folder: string, name: string): ArrayBuffer | undefined {
  const path = join(folder, name);
  if (!pathExists(path)) return undefined;
  try {
    return verified(readBytes(path));
  } catch (error) {
    // Computing again is always right, so a file that cannot be read never fails a run.
    if (isFileError(error)) return undefined;
    throw error;
  }
}

function verified(file: Buffer): ArrayBuffer | undefined {
  const payload = file.subarray(HASH_BYTES);
  const expected = file.subarray(0, HASH_BYTES).toString("hex");
  if (payload.length < MARK.length || sha256(payload) !== expected) return undefined;
  if (!MARK.equals(payload.subarray(0, MARK.length))) return undefined;
  return Uint8Array.from(payload.subarray(MARK.length)).buffer; // a copy, aligned for 32-bit views
}

/** Remembers the arrays, where that is possible. */
export function writeCache(
  folder: string,
  name: string,
  arrays: readonly (Int32Array | Uint8Array)[],
): void {
  const chunks = [MARK, ...arrays.map(bytesOf)];
  try {
    makeFolder(folder);
    writeAtomic(join(folder, name), Buffer.from(sha256(...chunks), "hex"), ...chunks);
  } catch (error) {
    // A read-only home or a full disk costs the next run some seconds, which is no reason to fail this one.
    if (!isFileError(error)) throw error;
  }
}

function isFileError(error: unknown): boolean {
  return error instanceof UserError || (error instanceof Error && "syscall" in error);
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array | Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
