// A split as tokens: every example encoded once, in flat arrays, remembered on disk by content. Order and padding are the
// business of batches.ts.
import type { TextTokenizer, TokenizedText } from "../text/tokenizer.ts";
import { cacheKey, type EncodedTokens, readCache, writeCache } from "./cache.ts";
import type { Example } from "./task.ts";

/** A split ready for batching. */
export interface EncodedSplit extends EncodedTokens {
  /** Class index or score of each example. */
  labels: Float32Array;
}

export interface EncodeOptions {
  /** In tokens, special ones included. */
  maxLength: number;
  /** Where encoded splits are remembered; undefined for nowhere. */
  cacheDir: string | undefined;
  /** Told after every chunk of examples, and once at the end. */
  onProgress?: (done: number, total: number) => void;
}

const CHUNK = 2000; // examples; about 0.1 to 0.3 s of work between two progress reports

/** Encodes the examples, or finds them in the cache. A cache that cannot be read or written changes nothing but the time. */
export async function encodeSplit(
  tokenizer: TextTokenizer,
  examples: readonly Example[],
  options: EncodeOptions,
): Promise<EncodedSplit> {
  const { maxLength, cacheDir, onProgress } = options;
  const labels = Float32Array.from(examples, ({ label }) => label);
  const key = cacheKey(tokenizer.fingerprint, maxLength, examples);
  const cached = cacheDir === undefined ? undefined : readCache(cacheDir, key);
  if (cached) {
    onProgress?.(examples.length, examples.length);
    return { ...cached, labels };
  }
  const tokens = await encodeChunks(tokenizer, examples, options);
  if (cacheDir !== undefined) writeCache(cacheDir, key, tokens);
  return { ...tokens, labels };
}

async function encodeChunks(
  tokenizer: TextTokenizer,
  examples: readonly Example[],
  { maxLength, onProgress }: EncodeOptions,
): Promise<EncodedTokens> {
  const chunks: EncodedTokens[] = [];
  for (let start = 0; start < examples.length; start += CHUNK) {
    const chunk = examples.slice(start, start + CHUNK);
    chunks.push(flatten(await tokenizer.encode(chunk, maxLength)));
    onProgress?.(start + chunk.length, examples.length);
  }
  return concatenate(chunks);
}

function flatten(texts: readonly TokenizedText[]): EncodedTokens {
  const offsets = new Int32Array(texts.length + 1);
  for (const [i, { ids }] of texts.entries()) offsets[i + 1] = offsets[i] + ids.length;
  const ids = new Int32Array(offsets[texts.length]);
  const typeIds = new Uint8Array(offsets[texts.length]);
  for (const [i, text] of texts.entries()) {
    ids.set(text.ids, offsets[i]);
    typeIds.set(text.typeIds, offsets[i]);
  }
  const truncated = texts.filter((text) => text.truncated).length;
  return { ids, typeIds, offsets, count: texts.length, truncated };
}

function concatenate(chunks: readonly EncodedTokens[]): EncodedTokens {
  const count = sum(chunks.map((chunk) => chunk.count));
  const numTokens = sum(chunks.map((chunk) => chunk.ids.length));
  const whole: EncodedTokens = {
    ids: new Int32Array(numTokens),
    typeIds: new Uint8Array(numTokens),
    offsets: new Int32Array(count + 1),
    count,
    truncated: sum(chunks.map((chunk) => chunk.truncated)),
  };
  let example = 0;
  let token = 0;
  for (const chunk of chunks) {
    whole.ids.set(chunk.ids, token);
    whole.typeIds.set(chunk.typeIds, token);
    whole.offsets.set(
      chunk.offsets.map((offset) => offset + token),
      example,
    );
    example += chunk.count;
    token += chunk.ids.length;
  }
  return whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
