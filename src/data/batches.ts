// Which examples go into which batch, and the arrays that a batch is. Examples of similar length share a batch, because every
// row is padded to the batch's longest and padding costs as much as text. The order depends on nothing but its arguments.
import { invariant } from "../errors.ts";
import { permutation, randomStream } from "../random.ts";
import type { EncodedSplit } from "./encode.ts";

export interface EpochOptions {
  batchSize: number;
  seed: number;
  /** Counted from 0; each epoch has its own order. */
  epoch: number;
  /** How many batches are sorted by length together: more pad less, fewer mix more. Default 50. */
  windowBatches?: number;
}

/**
 * Example indices of each batch of one epoch: shuffled, grouped by length inside windows, the batches shuffled again. What
 * does not fill a batch comes last, as a smaller one of examples drawn regardless of length.
 */
export function planEpoch(lengths: Int32Array, options: EpochOptions): Int32Array[] {
  const { batchSize, seed, epoch, windowBatches = 50 } = options;
  invariant(
    batchSize >= 1 && windowBatches >= 1,
    `batches of ${batchSize}, ${windowBatches} a window`,
  );
  const order = permutation(randomStream(seed, "shuffle", epoch), lengths.length);
  const numFull = Math.floor(order.length / batchSize);
  const rest = order.subarray(numFull * batchSize);
  sortWindows(order.subarray(0, numFull * batchSize), lengths, windowBatches * batchSize);
  const batchOrder = permutation(randomStream(seed, "shuffle batches", epoch), numFull);
  const batches = Array.from(batchOrder, (i) => order.subarray(i * batchSize, (i + 1) * batchSize));
  return rest.length > 0 ? [...batches, rest] : batches;
}

/** Sorts each window by length, in place; equal lengths keep their shuffled order. */
function sortWindows(order: Int32Array, lengths: Int32Array, windowSize: number): void {
  for (let start = 0; start < order.length; start += windowSize) {
    order.subarray(start, start + windowSize).sort((a, b) => lengths[a] - lengths[b]);
  }
}

/**
 * Splits a batch into pieces of at most `maxTokens` padded tokens (count times longest), the longest examples together. An
 * example longer than that is a piece of its own.
 */
export function splitByTokens(
  indices: Int32Array,
  lengths: Int32Array,
  maxTokens: number,
): Int32Array[] {
  const sorted = indices.toSorted((a, b) => lengths[b] - lengths[a]);
  const pieces: Int32Array[] = [];
  for (let start = 0; start < sorted.length;) {
    const count = Math.max(1, Math.floor(maxTokens / lengths[sorted[start]]));
    pieces.push(sorted.subarray(start, start + count));
    start += count;
  }
  return pieces;
}

/** What a training step or an evaluation reads: B examples padded to T, the length of the longest. */
export interface Batch {
  /** (B, T) row-major, 0 where padding. */
  ids: Int32Array;
  /** (B, T): 0 or 1, the text that a token belongs to; 0 where padding. */
  typeIds: Int32Array;
  /** (B, T): 0 where a token, -10000 where padding; added to attention scores. */
  maskBias: Float32Array;
  /** (B): class index or score; of windows (B, 2, T): 1 where the answer begins, and where it ends. */
  labels: Float32Array;
  /** B. */
  numExamples: number;
  /** T. */
  length: number;
  /** Without padding. */
  numTokens: number;
}

const PADDING_BIAS = -10000; // modeling.py of google-research/bert; exp of it is 0 in every float format

/** Copies the examples `indices` into padded arrays. */
export function collate(split: EncodedSplit, indices: Int32Array): Batch {
  const { ids, typeIds, offsets } = split;
  const length = longest(split, indices);
  const size = indices.length * length;
  const batch: Batch = {
    ids: new Int32Array(size),
    typeIds: new Int32Array(size),
    maskBias: new Float32Array(size).fill(PADDING_BIAS),
    labels: targets(split, indices, length),
    numExamples: indices.length,
    length,
    numTokens: 0,
  };
  for (const [row, i] of indices.entries()) {
    const [from, to] = [offsets[i], offsets[i + 1]];
    const start = row * length;
    batch.ids.set(ids.subarray(from, to), start);
    batch.typeIds.set(typeIds.subarray(from, to), start);
    batch.maskBias.fill(0, start, start + to - from);
    batch.numTokens += to - from;
  }
  return batch;
}

/** One number of each example or, where an answer has two ends, a one for each among zeros. */
function targets({ count, labels }: EncodedSplit, indices: Int32Array, length: number) {
  if (labels.length === count) return Float32Array.from(indices, (i) => labels[i]);
  const perExample = labels.length / count;
  const ones = new Float32Array(indices.length * perExample * length);
  for (const [row, i] of indices.entries())
    for (let end = 0; end < perExample; end++)
      ones[(row * perExample + end) * length + labels[i * perExample + end]] = 1;
  return ones;
}

/** Tokens of each example. */
export function lengthsOf({ offsets, count }: EncodedSplit): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => offsets[i + 1] - offsets[i]);
}

/** The share of padding among all positions of these batches, 0 to 1. */
export function paddingWaste(split: EncodedSplit, batches: readonly Int32Array[]): number {
  const { offsets } = split;
  let positions = 0;
  let tokens = 0;
  for (const indices of batches) {
    positions += indices.length * longest(split, indices);
    for (const i of indices) tokens += offsets[i + 1] - offsets[i];
  }
  return positions === 0 ? 0 : 1 - tokens / positions;
}

function longest({ offsets }: EncodedSplit, indices: Int32Array): number {
  return indices.reduce((max, i) => Math.max(max, offsets[i + 1] - offsets[i]), 0);
}
