// Encoded splits on disk, one file each, named by the hash of everything that decides the tokens. A file is the SHA-256 of
// what follows, a header of 32-bit words, then offsets, ids and typeIds in the machine's byte order.
import { homedir } from "node:os";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { pathExists, readBytes, sha256, writeAtomic } from "../files.ts";
import type { TextInput } from "../text/tokenizer.ts";

const FORMAT_VERSION = 1; // to be raised whenever the layout, or what becomes of a text, changes
const MAGIC = 0x54464550; // "PEFT" in little-endian; on another machine it differs and the file is not ours
const HASH_BYTES = 32;
const HEADER_WORDS = 4; // magic, examples, tokens, truncated

/** The tokens of a split without any padding. */
export interface EncodedTokens {
  /** Example i is `ids[offsets[i] .. offsets[i + 1]]`. */
  ids: Int32Array;
  /** As `ids`: 0 or 1, the text that a token belongs to. */
  typeIds: Uint8Array;
  /** Length `count + 1`. */
  offsets: Int32Array;
  /** Number of examples. */
  count: number;
  /** How many examples were cut at the maximum length. */
  truncated: number;
}

/** Where encoded splits are kept: $PEFT_CACHE, else peft in $XDG_CACHE_HOME or ~/.cache. */
export function defaultCacheDir(): string {
  const { PEFT_CACHE, XDG_CACHE_HOME } = process.env;
  return PEFT_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "peft");
}

/** A name for the tokens of `texts`: equal keys, equal tokens. Labels do not matter. */
export function cacheKey(
  tokenizerFingerprint: string,
  maxLength: number,
  texts: readonly TextInput[],
): string {
  const definition = JSON.stringify([FORMAT_VERSION, tokenizerFingerprint, maxLength]);
  const lines = texts.map(({ text, textPair }) => `\n${JSON.stringify([text, textPair])}`);
  return sha256(definition, ...chunksOf(lines));
}

/** Joined by thousands: neither one call per text nor one string of all. */
function chunksOf(lines: readonly string[]): string[] {
  const numChunks = Math.ceil(lines.length / 1000);
  return Array.from({ length: numChunks }, (_, i) =>
    lines.slice(i * 1000, (i + 1) * 1000).join(""),
  );
}

/** The tokens under this key; undefined where there are none that can be trusted. */
export function readCache(folder: string, key: string): EncodedTokens | undefined {
  const path = fileOf(folder, key);
  if (!pathExists(path)) return undefined;
  try {
    return decode(readBytes(path));
  } catch (error) {
    // Encoding again is always right, so a file that cannot be read never fails a run.
    if (isFileError(error)) return undefined;
    throw error;
  }
}

/** Remembers the tokens, where that is possible. */
export function writeCache(folder: string, key: string, tokens: EncodedTokens): void {
  const payload = encode(tokens);
  try {
    writeAtomic(fileOf(folder, key), Buffer.from(sha256(payload), "hex"), payload);
  } catch (error) {
    // A read-only home or a full disk costs the next run some seconds, which is no reason to fail this one.
    if (!isFileError(error)) throw error;
  }
}

function isFileError(error: unknown): boolean {
  return error instanceof UserError || (error instanceof Error && "syscall" in error);
}

function fileOf(folder: string, key: string): string {
  return join(folder, `${key}.tokens`);
}

function encode({ ids, typeIds, offsets, count, truncated }: EncodedTokens): Buffer {
  const header = Int32Array.of(MAGIC, count, ids.length, truncated);
  return Buffer.concat([header, offsets, ids, typeIds].map(bytesOf));
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array | Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Undefined for a file that is cut short, damaged or not ours: encoding again is always right. */
function decode(file: Buffer): EncodedTokens | undefined {
  const payload = file.subarray(HASH_BYTES);
  const expected = file.subarray(0, HASH_BYTES).toString("hex");
  if (payload.length < HEADER_WORDS * 4 || sha256(payload) !== expected) return undefined;
  const { buffer } = Uint8Array.from(payload); // a copy, aligned for 32-bit views
  const [magic, count, numTokens, truncated] = new Int32Array(buffer, 0, HEADER_WORDS);
  const idsStart = 4 * (HEADER_WORDS + count + 1);
  const typeIdsStart = idsStart + 4 * numTokens;
  if (magic !== MAGIC || typeIdsStart + numTokens !== payload.length) return undefined;
  return {
    offsets: new Int32Array(buffer, 4 * HEADER_WORDS, count + 1),
    ids: new Int32Array(buffer, idsStart, numTokens),
    typeIds: new Uint8Array(buffer, typeIdsStart, numTokens),
    count,
    truncated,
  };
}
