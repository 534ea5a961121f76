// Whether the counter-based streams are random enough for shuffles, dropout and initial values. Every statistic is of fixed
// seeds, so it never changes; the limits are what a true source exceeds about once in 10,000 tries or less.
import { describe, expect, test } from "vitest";
import {
  permutation,
  randomIntegers,
  type RandomStream,
  randomStream,
  truncatedNormal,
} from "../src/random.ts";

const draws = 100_000;

/** (chi^2 - degrees) / sqrt(2 degrees): about standard normal. */
function chiSquareScore(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return (chiSquare - (counts.length - 1)) / Math.sqrt(2 * (counts.length - 1));
}

/** Correlation of two streams, times sqrt(n): about standard normal. `lag` shifts the second one. */
function correlationScore(a: RandomStream, b: RandomStream, lag = 0): number {
  let sum = 0;
  for (let i = 0; i < draws; i++) sum += (a.uniform(i) - 0.5) * (b.uniform(i + lag) - 0.5);
  return (sum * 12) / Math.sqrt(draws);
}

const neighbours: [string, RandomStream, RandomStream][] = [
  ["epochs", randomStream(1, "shuffle", 0), randomStream(1, "shuffle", 1)],
  ["seeds", randomStream(1, "shuffle", 0), randomStream(2, "shuffle", 0)],
  ["purposes", randomStream(1, "init", "a"), randomStream(1, "init", "b")],
  ["two-digit epochs", randomStream(0, "dropout", 10), randomStream(0, "dropout", 11)],
  ["swapped keys", randomStream(0, "x", 1, 2), randomStream(0, "x", 2, 1)],
];

describe("a stream", () => {
  test.each([0, 1, 2, 12345])("of seed %i fills 256 bins evenly", (seed) => {
    const stream = randomStream(seed, "bins");
    for (const shift of [24, 12, 0]) {
      const counts = new Array<number>(256).fill(0);
      for (let i = 0; i < draws; i++) counts[(stream.uint32(i) >>> shift) & 255]++;
      expect(Math.abs(chiSquareScore(counts)), `bits from ${shift}`).toBeLessThan(4.5);
    }
  });

  test("has balanced bits", () => {
    const stream = randomStream(5, "bits");
    const ones = new Array<number>(32).fill(0);
    for (let i = 0; i < draws; i++) {
      for (let bit = 0; bit < 32; bit++) ones[bit] += (stream.uint32(i) >>> bit) & 1;
    }
    for (const count of ones) {
      expect(Math.abs(2 * count - draws) / Math.sqrt(draws)).toBeLessThan(4.5);
    }
  });

  test.each([1, 2, 3, 4, 8, 64, 4096])("is uncorrelated with itself %i draws later", (lag) => {
    const stream = randomStream(9, "lag");
    expect(Math.abs(correlationScore(stream, stream, lag))).toBeLessThan(4.5);
  });

  test("fills pairs of successive draws evenly", () => {
    const stream = randomStream(11, "pairs");
    const counts = new Array<number>(1024).fill(0);
    for (let i = 0; i < draws; i++) {
      counts[(stream.uint32(2 * i) >>> 27) * 32 + (stream.uint32(2 * i + 1) >>> 27)]++;
    }
    expect(Math.abs(chiSquareScore(counts))).toBeLessThan(4.5);
  });

  test("stays in [0, 1) and is a pure function of key and index", () => {
    const stream = randomStream(1, "pure");
    for (const index of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
      expect(stream.uniform(index)).toBeGreaterThanOrEqual(0);
      expect(stream.uniform(index)).toBeLessThan(1);
      expect(randomStream(1, "pure").uint32(index)).toBe(stream.uint32(index));
    }
  });
});

describe("streams of neighbouring keys", () => {
  test.each(neighbours)("are uncorrelated: %s", (_, a, b) => {
    for (const lag of [0, 1, 2]) expect(Math.abs(correlationScore(a, b, lag))).toBeLessThan(4.5);
  });

  test.each(neighbours)("fill pairs evenly: %s", (_, a, b) => {
    const counts = new Array<number>(1024).fill(0);
    for (let i = 0; i < draws; i++) counts[(a.uint32(i) >>> 27) * 32 + (b.uint32(i) >>> 27)]++;
    expect(Math.abs(chiSquareScore(counts))).toBeLessThan(4.5);
  });

  test("start evenly spread: the first draws of 100,000 keys", () => {
    const counts = new Array<number>(256).fill(0);
    for (let key = 0; key < draws; key++) counts[randomStream(0, "key", key).uint32(0) >>> 24]++;
    expect(Math.abs(chiSquareScore(counts))).toBeLessThan(4.5);
  });

  test("are all different", () => {
    const starts = Array.from({ length: draws }, (_, key) => {
      const stream = randomStream(0, "dropout", key, "layer");
      return `${stream.uint32(0)} ${stream.uint32(1)}`;
    });
    expect(new Set(starts).size).toBe(draws);
  });
});

describe("permutation", () => {
  test.each([0, 1, 2, 1000])("of %i is one", (length) => {
    const order = permutation(randomStream(0, "shuffle"), length);
    expect(order.toSorted()).toEqual(Int32Array.from({ length }, (_, i) => i));
  });

  test("has every order of 5 equally often", () => {
    const counts = new Map<string, number>();
    for (let key = 0; key < 24_000; key++) {
      const order = permutation(randomStream(0, "shuffle", key), 5).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(120);
    expect(Math.abs(chiSquareScore([...counts.values()]))).toBeLessThan(4.5);
  });

  test("sends an index anywhere, epoch after epoch", () => {
    const counts = new Array<number>(50).fill(0);
    for (let epoch = 0; epoch < 5000; epoch++) {
      counts[permutation(randomStream(4, "shuffle", epoch), 50).indexOf(7)]++;
    }
    expect(Math.abs(chiSquareScore(counts))).toBeLessThan(4.5);
  });
});

test("truncatedNormal has the moments of a normal cut off at two deviations", () => {
  const values = truncatedNormal(randomStream(0, "init", "w"), draws, 0.02);
  const mean = values.reduce((sum, value) => sum + value, 0) / draws;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws;
  expect(Math.max(...values.map(Math.abs).subarray(0, 60_000))).toBeLessThanOrEqual(0.04);
  expect(Math.abs(mean)).toBeLessThan((4.5 * 0.02) / Math.sqrt(draws));
  // 1 - 2 a phi(a) / (2 Phi(a) - 1) = 0.7737 at a = 2
  expect(variance / 0.02 ** 2).toBeCloseTo(0.7737, 2);
});

describe("randomIntegers", () => {
  test("sfc32 as its reference implementation draws it", () => {
    // sfc32 from the words 1, 2, 3 and counter 1, in arbitrary precision.
    const stream = { uint32: (i: number) => i + 1, uniform: () => 0 };
    const words = [1, 2, 3, 1].map((word) => BigInt(word));
    const MASK = 0xffffffffn;
    const expected: number[] = [];
    for (let i = 0; i < 20; i++) {
      const draw = (words[0] + words[1] + words[3]) & MASK;
      words[3] = (words[3] + 1n) & MASK;
      words[0] = words[1] ^ (words[1] >> 9n);
      words[1] = (words[2] + (words[2] << 3n)) & MASK;
      words[2] = ((((words[2] << 21n) | (words[2] >> 11n)) & MASK) + draw) & MASK;
      if (i >= 12) expected.push(Number(BigInt.asIntN(32, draw)));
    }
    expect([...randomIntegers(stream, 8)]).toEqual(expected);
  });
});
