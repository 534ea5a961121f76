// Properties that every split of invented rows must have.
import { describe, expect, test } from "vitest";
import { splitBySeed } from "../../../src/data/own/split.ts";
import type { Example } from "../../../src/data/task.ts";
import { permutation, randomStream } from "../../../src/random.ts";

const kind = "classification" as const;

/** `counts[k]` rows of class k, mixed. */
function rowsOf(counts: readonly number[]): Example[] {
  const rows = counts.flatMap((count, label) =>
    Array.from({ length: count }, (_, i) => ({ text: `text ${i} of ${label}`, label })),
  );
  return Array.from(permutation(randomStream(0, "rows"), rows.length), (i) => rows[i]);
}

function countsOf(examples: readonly Example[], numLabels: number): number[] {
  return Array.from(
    { length: numLabels },
    (_, label) => examples.filter((example) => example.label === label).length,
  );
}

describe("splitBySeed", () => {
  test("loses, repeats and reorders nothing", () => {
    const rows = rowsOf([50, 30, 7]);
    const { train, dev } = splitBySeed(rows, { kind, devShare: 0.25, seed: 3 });
    const isDev = new Set(dev);
    expect(rows.filter((row) => isDev.has(row))).toEqual(dev);
    expect(rows.filter((row) => !isDev.has(row))).toEqual(train);
  });

  test("depends on the seed and on nothing else", () => {
    const rows = rowsOf([100, 100]);
    const devOf = (seed: number) => splitBySeed(rows, { kind, devShare: 0.2, seed }).dev;
    expect(devOf(1)).toEqual(devOf(1));
    expect(devOf(1)).not.toEqual(devOf(2));
    // Two independent choices of 20 % have 20 % in common: 8 of 40, standard deviation 2.3.
    const common = devOf(1).filter((row) => devOf(2).includes(row)).length;
    expect(common).toBeGreaterThan(0);
    expect(common).toBeLessThan(20);
  });

  test.each([0.05, 0.1, 0.5, 0.9, 0.99])(
    "takes %d of each class, at least one, not all",
    (share) => {
      const counts = [1000, 100, 10, 3, 2, 1];
      const { train, dev } = splitBySeed(rowsOf(counts), { kind, devShare: share, seed: 5 });
      const expected = counts.map((count) =>
        count === 1 ? 0 : Math.min(count - 1, Math.max(1, Math.round(count * share))),
      );
      expect(countsOf(dev, 6)).toEqual(expected);
      expect(countsOf(train, 6)).toEqual(counts.map((count, k) => count - expected[k]));
    },
  );

  test.each(["classification", "regression"] as const)(
    "keeps equal texts of %s together",
    (anyKind) => {
      const stream = randomStream(0, "repeated");
      const rows = Array.from({ length: 500 }, (_, i) => ({
        text: `text ${stream.uint32(i) % 100}`,
        textPair: `pair ${stream.uint32(i + 500) % 3}`,
        label: stream.uint32(i + 1000) % 2,
      }));
      for (const seed of [0, 1, 2]) {
        const { train, dev } = splitBySeed(rows, { kind: anyKind, devShare: 0.3, seed });
        const key = ({ text, textPair }: Example) => `${text}|${textPair}`;
        const trained = new Set(train.map(key));
        expect(dev.filter((row) => trained.has(key(row)))).toEqual([]);
        expect(Math.abs(dev.length / rows.length - 0.3)).toBeLessThan(0.05);
      }
    },
  );

  test("tells pairs apart whose texts join to the same letters", () => {
    const rows = [
      { text: "a b", textPair: "c", label: 0 },
      { text: "a", textPair: " bc", label: 0 },
    ];
    expect(splitBySeed(rows, { kind, devShare: 0.5, seed: 0 }).dev).toHaveLength(1);
  });

  test("takes scores from the whole range", () => {
    const stream = randomStream(0, "scores");
    const rows = Array.from({ length: 1000 }, (_, i) => ({
      text: `text ${i}`,
      label: stream.uniform(i) ** 3 * 5,
    }));
    for (const seed of [0, 1, 2, 3]) {
      const { train, dev } = splitBySeed(rows, { kind: "regression", devShare: 0.1, seed });
      expect(dev).toHaveLength(100);
      const decile = (share: number) =>
        train.map(({ label }) => label).toSorted((a, b) => a - b)[Math.floor(train.length * share)];
      for (let bin = 0; bin < 10; bin++) {
        const [from, to] = [
          bin === 0 ? -1 : decile(bin / 10),
          bin === 9 ? 6 : decile((bin + 1) / 10),
        ];
        const inside = dev.filter(({ label }) => label >= from && label < to).length;
        expect(Math.abs(inside - 10), `range ${bin}`).toBeLessThanOrEqual(2);
      }
    }
  });

  test.each([2, 3, 10, 19, 25])("keeps the share of %d scores within one", (count) => {
    const rows = Array.from({ length: count }, (_, i) => ({ text: `text ${i}`, label: i }));
    const { dev } = splitBySeed(rows, { kind: "regression", devShare: 0.1, seed: 0 });
    expect(dev.length).toBeGreaterThan(0);
    expect(Math.abs(dev.length - count * 0.1)).toBeLessThan(1);
  });
});
