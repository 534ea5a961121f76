import { describe, expect, test } from "vitest";
import {
  collate,
  lengthsOf,
  paddingWaste,
  planEpoch,
  splitByTokens,
} from "../../src/data/batches.ts";
import type { EncodedSplit } from "../../src/data/encode.ts";
import { randomStream } from "../../src/random.ts";

/** Examples of the given lengths; the tokens of example i are 10 i + 1, 10 i + 2, ... */
function splitOf(...lengths: number[]): EncodedSplit {
  const rows = lengths.map((length, i) => Array.from({ length }, (_, t) => 10 * i + t + 1));
  const offsets = new Int32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) offsets[i + 1] = offsets[i] + length;
  const ids = Int32Array.from(rows.flat());
  return {
    ids,
    typeIds: Uint8Array.from(ids, (id) => (id % 10 > 2 ? 1 : 0)),
    offsets,
    labels: Float32Array.from(lengths, (_, i) => i / 2),
    count: lengths.length,
    truncated: 0,
  };
}

const stream = randomStream(3, "lengths");
const lengths = Int32Array.from({ length: 1003 }, (_, i) => 3 + (stream.uint32(i) % 60));
const plan = (epoch: number, seed = 1, windowBatches = 50) =>
  planEpoch(lengths, { batchSize: 32, seed, epoch, windowBatches });
const sorted = (batches: Int32Array[]) =>
  Int32Array.from(batches.flatMap((b) => [...b])).toSorted();

/** The batch that example 0 is in. */
const partners = (epoch: number) => plan(epoch).find((batch) => batch.includes(0)) ?? [];

describe("planEpoch", () => {
  test("has every example once, in full batches and a smaller last one", () => {
    const batches = plan(0);
    expect(sorted(batches)).toEqual(Int32Array.from(lengths.keys()));
    expect(batches.map((batch) => batch.length)).toEqual([...new Array(31).fill(32), 11]);
  });

  test("depends on seed and epoch and on nothing else", () => {
    expect(plan(3)).toEqual(plan(3));
    expect(plan(3)).not.toEqual(plan(4));
    expect(plan(3)).not.toEqual(plan(3, 2));
  });

  test("puts similar lengths together", () => {
    const positions = (batches: Int32Array[]) =>
      batches.reduce((sum, b) => sum + b.length * Math.max(...b.map((i) => lengths[i])), 0);
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    expect(1 - tokens / positions(plan(0))).toBeLessThan(0.06);
    expect(1 - tokens / positions(plan(0, 1, 1))).toBeGreaterThan(0.4); // windows of one batch do nothing
  });

  test("does not go from short to long", () => {
    const means = plan(0).map((b) => b.reduce((sum, i) => sum + lengths[i], 0) / b.length);
    const rising = means.slice(1).filter((mean, i) => mean > means[i]).length;
    expect(rising).toBeGreaterThan(8);
    expect(rising).toBeLessThan(23);
  });

  test("mixes which examples meet from epoch to epoch", () => {
    const before = new Set(partners(0));
    expect(partners(1).filter((i) => before.has(i)).length).toBeLessThan(10);
  });

  test("copes with less than a batch, one example, and none", () => {
    const few = planEpoch(Int32Array.of(5, 3, 4), { batchSize: 8, seed: 0, epoch: 0 });
    expect(few.map((batch) => batch.length)).toEqual([3]);
    expect(planEpoch(Int32Array.of(5), { batchSize: 1, seed: 0, epoch: 0 })).toEqual([
      Int32Array.of(0),
    ]);
    expect(planEpoch(new Int32Array(0), { batchSize: 8, seed: 0, epoch: 0 })).toEqual([]);
  });
});

describe("splitByTokens", () => {
  const own = Int32Array.of(4, 9, 2, 9, 1, 5);

  test("fills pieces up to the limit, longest first", () => {
    const pieces = splitByTokens(Int32Array.of(0, 1, 2, 3, 4, 5), own, 18);
    expect(pieces.map((piece) => Array.from(piece, (i) => own[i]))).toEqual([
      [9, 9],
      [5, 4, 2],
      [1],
    ]);
    expect(sorted(pieces)).toEqual(Int32Array.of(0, 1, 2, 3, 4, 5));
  });

  test("gives an example that is longer than the limit a piece of its own", () => {
    const pieces = splitByTokens(Int32Array.of(2, 1, 4), own, 3);
    expect(pieces.map((piece) => [...piece])).toEqual([[1], [2], [4]]);
  });

  test("leaves a batch that fits in one piece", () => {
    expect(splitByTokens(Int32Array.of(5, 0), own, 1000)).toEqual([Int32Array.of(5, 0)]);
    expect(splitByTokens(new Int32Array(0), own, 10)).toEqual([]);
  });

  test("does not change the batch it is given", () => {
    const batch = Int32Array.of(0, 1, 2);
    splitByTokens(batch, own, 4);
    expect(batch).toEqual(Int32Array.of(0, 1, 2));
  });
});

describe("collate", () => {
  test("pads every row to the longest", () => {
    const batch = collate(splitOf(2, 4, 3), Int32Array.of(2, 0, 2));
    expect(batch).toEqual({
      ids: Int32Array.of(21, 22, 23, 1, 2, 0, 21, 22, 23),
      typeIds: Int32Array.of(0, 0, 1, 0, 0, 0, 0, 0, 1),
      maskBias: Float32Array.of(0, 0, 0, 0, 0, -10000, 0, 0, 0),
      labels: Float32Array.of(1, 0, 1),
      numExamples: 3,
      length: 3,
      numTokens: 8,
    });
  });
});

test("a split of nothing makes an empty batch", () => {
  const batch = collate(splitOf(), new Int32Array(0));
  expect(batch).toMatchObject({ labels: new Float32Array(0), numExamples: 0, length: 0 });
});

test("lengthsOf and paddingWaste", () => {
  const split = splitOf(2, 4, 3, 4);
  expect(lengthsOf(split)).toEqual(Int32Array.of(2, 4, 3, 4));
  expect(paddingWaste(split, [Int32Array.of(0, 1), Int32Array.of(2)])).toBeCloseTo(2 / 11);
  expect(paddingWaste(split, [Int32Array.of(1, 3)])).toBe(0);
  expect(paddingWaste(split, [])).toBe(0);
});
