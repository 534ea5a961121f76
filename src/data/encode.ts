// A split as tokens: every example encoded once, in flat arrays, remembered on disk by content. Order and padding are the
// business of batches.ts.
import type { TextTokenizer, TokenizedText } from "../text/tokenizer.ts";
import { cacheKey, readCache, writeCache } from "./cache.ts";
import type { Example, Question } from "./task.ts";

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
  /** How many examples were cut at the maximum length; of windows, how many questions were. */
  truncated: number;
}

/** A split ready for batching. */
export interface EncodedSplit extends EncodedTokens {
  /** Class index or score of each example; for windows the answer's first and last token, two numbers each. */
  labels: Float32Array;
  /** What turns spans of tokens into answers; of windows only, and not where they are for training. */
  spans?: SpanTable;
}

/** Where the tokens of windows come from. */
export interface SpanTable {
  questions: readonly Question[];
  /** (count): index of each window's question. */
  questionOf: Int32Array;
  /** As `ids`: where a token of the context begins and ends in it, in UTF-16 code units; -1 for all other tokens. */
  starts: Int32Array;
  ends: Int32Array;
}

export interface EncodeOptions {
  /** In tokens, special ones included. */
  maxLength: number;
  /** Where encoded splits are remembered; undefined for nowhere. */
  cacheDir: string | undefined;
  /** Told after every chunk of examples, and once at the end. */
  onProgress?: (done: number, total: number) => void;
}

/** The tokenizer's part in splits. What has no embedding tables needs no check against them. */
export type SplitTokenizer = Pick<TextTokenizer, "fingerprint" | "encode"> &
  Partial<Pick<TextTokenizer, "check">>;

const CHUNK = 2000; // examples; about 0.1 to 0.3 s of work between two progress reports

/** Encodes the examples, or finds them in the cache. A cache that cannot be read or written changes nothing but the time. */
export async function encodeSplit(
  tokenizer: SplitTokenizer,
  examples: readonly Example[],
  options: EncodeOptions,
): Promise<EncodedSplit> {
  const { maxLength, cacheDir, onProgress } = options;
  const labels = Float32Array.from(examples, ({ label }) => label);
  const texts = examples.map(({ text, textPair }) => [text, textPair]);
  const file = `${cacheKey([tokenizer.fingerprint, maxLength], texts)}.tokens`;
  const cached = cacheDir === undefined ? undefined : unpack(readCache(cacheDir, file));
  if (cached) onProgress?.(examples.length, examples.length);
  const tokens = cached ?? (await encodeChunks(tokenizer, examples, options));
  if (!cached && cacheDir !== undefined) writeCache(cacheDir, file, pack(tokens));
  tokenizer.check?.(tokens, (i) => textOf(examples[i]));
  return { ...tokens, labels };
}

function textOf({ text, textPair }: Example): string {
  return textPair === undefined ? text : `${text} | ${textPair}`;
}

const HEADER_WORDS = 3; // examples, tokens, truncated

function pack({ ids, typeIds, offsets, count, truncated }: EncodedTokens) {
  return [Int32Array.of(count, ids.length, truncated), offsets, ids, typeIds];
}

/** Undefined also where the arrays are not of the lengths that the header says. */
function unpack(file: ArrayBuffer | undefined): EncodedTokens | undefined {
  if (!file || file.byteLength < 4 * HEADER_WORDS) return undefined;
  const [count, numTokens, truncated] = new Int32Array(file, 0, HEADER_WORDS);
  const idsStart = 4 * (HEADER_WORDS + count + 1);
  const typeIdsStart = idsStart + 4 * numTokens;
  if (typeIdsStart + numTokens !== file.byteLength) return undefined;
  return {
    offsets: new Int32Array(file, 4 * HEADER_WORDS, count + 1),
    ids: new Int32Array(file, idsStart, numTokens),
    typeIds: new Uint8Array(file, typeIdsStart, numTokens),
    count,
    truncated,
  };
}

async function encodeChunks(
  tokenizer: Pick<TextTokenizer, "encode">,
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
