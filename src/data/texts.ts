// Texts as tokens that know their places, each text encoded once, in flat arrays, remembered on disk by content. What is built
// of them is the business of windows.ts.
import type { LocatedText, TextTokenizer } from "../text/tokenizer.ts";
import { cacheKey, readCache, writeCache } from "./cache.ts";

/** All tokens of some texts, without special ones. */
export interface EncodedTexts {
  /** Text i is `ids[offsets[i] .. offsets[i + 1]]`. */
  ids: Int32Array;
  /** As `ids`: where a token begins and ends in its text, in UTF-16 code units. */
  starts: Int32Array;
  ends: Int32Array;
  /** One more than there are texts. */
  offsets: Int32Array;
}

/** The tokens of text i, as views. */
export function textOf({ ids, starts, ends, offsets }: EncodedTexts, i: number): LocatedText {
  const part = [offsets[i], offsets[i + 1]] as const;
  return {
    ids: ids.subarray(...part),
    starts: starts.subarray(...part),
    ends: ends.subarray(...part),
  };
}

export interface TextsOptions {
  /** Where encoded texts are remembered; undefined for nowhere. */
  cacheDir: string | undefined;
  /** Told after every chunk of texts, and once at the end. */
  onProgress?: (done: number, total: number) => void;
}

const CHUNK = 500; // texts; about 0.1 s of work between two progress reports where they are paragraphs

/** Encodes the texts, or finds them in the cache. A cache that cannot be read or written changes nothing but the time. */
export async function encodeTexts(
  tokenizer: Pick<TextTokenizer, "fingerprint" | "locate">,
  texts: readonly string[],
  options: TextsOptions,
): Promise<EncodedTexts> {
  const { cacheDir, onProgress } = options;
  if (cacheDir === undefined) return encodeChunks(tokenizer, texts, options);
  const file = `${cacheKey(["places", tokenizer.fingerprint], texts)}.places`;
  const cached = unpack(readCache(cacheDir, file), texts.length);
  if (cached) {
    onProgress?.(texts.length, texts.length);
    return cached;
  }
  const encoded = await encodeChunks(tokenizer, texts, options);
  writeCache(cacheDir, file, [encoded.offsets, encoded.ids, encoded.starts, encoded.ends]);
  return encoded;
}

/** Undefined also where the arrays are not of the lengths that the offsets say. */
function unpack(file: ArrayBuffer | undefined, numTexts: number): EncodedTexts | undefined {
  const offsetsBytes = 4 * (numTexts + 1);
  if (!file || file.byteLength < offsetsBytes) return undefined;
  const offsets = new Int32Array(file, 0, numTexts + 1);
  const numTokens = offsets[numTexts];
  if (file.byteLength !== offsetsBytes + 3 * 4 * numTokens) return undefined;
  const [ids, starts, ends] = [0, 1, 2].map(
    (i) => new Int32Array(file, offsetsBytes + 4 * i * numTokens, numTokens),
  );
  return { ids, starts, ends, offsets };
}

async function encodeChunks(
  tokenizer: Pick<TextTokenizer, "locate">,
  texts: readonly string[],
  { onProgress }: TextsOptions,
): Promise<EncodedTexts> {
  const located: LocatedText[] = [];
  for (let start = 0; start < texts.length; start += CHUNK) {
    located.push(...(await tokenizer.locate(texts.slice(start, start + CHUNK))));
    onProgress?.(located.length, texts.length);
  }
  return flatten(located);
}

function flatten(located: readonly LocatedText[]): EncodedTexts {
  const offsets = new Int32Array(located.length + 1);
  for (const [i, { ids }] of located.entries()) offsets[i + 1] = offsets[i] + ids.length;
  const column = (name: keyof LocatedText) => {
    const whole = new Int32Array(offsets[located.length]);
    for (const [i, text] of located.entries()) whole.set(text[name], offsets[i]);
    return whole;
  };
  return { ids: column("ids"), starts: column("starts"), ends: column("ends"), offsets };
}
