// Finds texts that are almost the same, so that a split does not put one in training and its twin in evaluation. MinHash
// with banding: Broder 1997, "On the resemblance and containment of documents"; Leskovec et al., "Mining of Massive
// Datasets", §3.3-3.4.
import { randomStream } from "../random.ts";

const WORDS_PER_SHINGLE = 5;
// Two texts that share the fraction J of their shingles meet in a band with probability 1 - (1 - J^4)^12:
// 0.998 at J = 0.8, 0.96 at 0.7, 0.54 at 0.5, 0.09 at 0.3.
const HASHES_PER_BAND = 4;
const NUM_BANDS = 12;

/**
 * For each text the index of the first text of its group; a text without a twin is its own. Case, digits and
 * punctuation do not count. Texts that resemble a common third one are in one group.
 */
export function groupNearDuplicates(texts: readonly string[]): Int32Array {
  const parents = Int32Array.from({ length: texts.length }, (_, i) => i);
  const firstWith = Array.from({ length: NUM_BANDS }, () => new Map<number, number>());
  for (const [i, text] of texts.entries()) {
    for (const [band, hash] of bandHashes(text).entries()) {
      const first = firstWith[band].get(hash);
      if (first === undefined) firstWith[band].set(hash, i);
      else join(parents, first, i);
    }
  }
  return parents.map((_, i) => rootOf(parents, i));
}

/** The smaller index becomes the root. */
function join(parents: Int32Array, a: number, b: number): void {
  const roots = [rootOf(parents, a), rootOf(parents, b)];
  parents[Math.max(...roots)] = Math.min(...roots);
}

function rootOf(parents: Int32Array, index: number): number {
  let root = index;
  while (parents[root] !== root) root = parents[root] = parents[parents[root]];
  return root;
}

/** One hash per band. That two bands differ and their hashes do not happens about once in 10^9 pairs of texts. */
function bandHashes(text: string): Int32Array {
  const signature = minHashes(shingles(text));
  return Int32Array.from({ length: NUM_BANDS }, (_, band) =>
    signature.subarray(band * HASHES_PER_BAND, (band + 1) * HASHES_PER_BAND).reduce(fold, 1),
  );
}

/** Hashes of every run of five words; of a shorter text the one of all its words. */
function shingles(text: string): Int32Array {
  const words = (text.toLowerCase().match(/\p{L}+/gu) ?? []).map(hashWord);
  const runLength = Math.min(WORDS_PER_SHINGLE, words.length);
  return Int32Array.from({ length: words.length - runLength + 1 }, (_, start) => {
    let hash = runLength;
    for (let i = start; i < start + runLength; i++) hash = fold(hash, words[i]);
    return hash;
  });
}

/** FNV-1a of the UTF-16 code units. */
function hashWord(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  return hash;
}

function fold(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word ^ (word >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
}

// Multiply-add hashes of an already mixed value: an odd factor makes each a permutation of the 32-bit integers.
const numHashes = HASHES_PER_BAND * NUM_BANDS;
const stream = randomStream(0, "near-duplicates");
const factors = Int32Array.from({ length: numHashes }, (_, k) => stream.uint32(2 * k) | 1);
const offsets = Int32Array.from({ length: numHashes }, (_, k) => stream.uint32(2 * k + 1));

/** Smallest as signed integers, which JavaScript compares fastest. */
function minHashes(values: Int32Array): Int32Array {
  const minima = new Int32Array(numHashes).fill(0x7fffffff);
  for (const value of values) {
    for (let k = 0; k < numHashes; k++) {
      const hash = (Math.imul(value, factors[k]) + offsets[k]) | 0;
      if (hash < minima[k]) minima[k] = hash;
    }
  }
  return minima;
}
