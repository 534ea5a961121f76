// The paired bootstrap against SciPy 1.17.1, 100,000 resamples (benchmarks/peers/golden_bootstrap.py made the numbers).
import { describe, expect, test } from "vitest";
import type { MetricName } from "../../src/metrics/metrics.ts";
import { type Pair, pairedInterval } from "../../src/report/bootstrap.ts";

const NUM_EXAMPLES = 408;
const examples = Array.from({ length: NUM_EXAMPLES }, (_, i) => i);
const labels = examples.map((i) => ((i * 7919) % 101 < 68 ? 1 : 0));

/** Wrong in about so many of a thousand examples, others for every seed; as in the script. */
function answers(seed: number, wrongPerMille: number): number[] {
  const isWrong = (i: number) =>
    (i * 104_729 + seed * 15_485_863 + i * i * 31) % 1000 < wrongPerMille;
  return labels.map((label, i) => (isWrong(i) ? 1 - label : label));
}

const pairs = [0, 1, 2].map((seed): Pair => ({
  labels,
  before: answers(seed, 180),
  after: answers(seed + 10, 130),
}));

describe("pairedInterval", () => {
  test.each<[MetricName, number, number, number]>([
    ["accuracy", 0.01879084967320262, 0.08251633986928104, 0.0162],
    ["f1", 0.01261660790744398, 0.06426319098472888, 0.0131],
    ["matthews", 0.048382643948278084, 0.18277376504953213, 0.0343],
  ])("of %s as SciPy has it", (metric, low, high, standardError) => {
    const interval = pairedInterval(metric, pairs);
    // With 5,000 resamples an end has a standard deviation of 0.04 standard errors of the difference.
    const tolerance = 0.15 * standardError;
    expect(Math.abs(interval.low - low)).toBeLessThan(tolerance);
    expect(Math.abs(interval.high - high)).toBeLessThan(tolerance);
  });

  test("of accuracy as the normal approximation has it", () => {
    const interval = pairedInterval("accuracy", pairs);
    const gained = examples.map((i) => {
      const gain = pairs.map((pair) => correct(pair.after, i) - correct(pair.before, i));
      return gain.reduce((sum, value) => sum + value, 0) / pairs.length;
    });
    const mean = gained.reduce((sum, value) => sum + value, 0) / NUM_EXAMPLES;
    const variance = gained.reduce((sum, value) => sum + (value - mean) ** 2, 0) / NUM_EXAMPLES;
    const error = Math.sqrt(variance / NUM_EXAMPLES);
    expect(interval.low).toBeCloseTo(mean - 1.96 * error, 2);
    expect(interval.high).toBeCloseTo(mean + 1.96 * error, 2);
  });

  test("the same answers differ by nothing", () => {
    const same = pairs.map(({ before }) => ({ labels, before, after: before }));
    expect(pairedInterval("f1", same)).toEqual({ low: 0, high: 0 });
  });

  test("the same every time", () => {
    expect(pairedInterval("f1", pairs, 100)).toEqual(pairedInterval("f1", pairs, 100));
  });

  test("seeds with examples of their own are resampled for themselves", () => {
    // Two independent halves: the variance of their mean is half of either's, and the interval narrower by sqrt(2).
    const half = (seed: number): Pair => {
      const rotated = (values: readonly number[]) => [
        ...values.slice(seed),
        ...values.slice(0, seed),
      ];
      return {
        labels: rotated(labels),
        before: rotated(pairs[0].before),
        after: rotated(pairs[0].after),
      };
    };
    const width = ({ high, low }: { high: number; low: number }) => high - low;
    const one = width(pairedInterval("accuracy", [half(0)]));
    const two = width(pairedInterval("accuracy", [half(0), half(1)]));
    expect(one / two).toBeGreaterThan(1.3);
    expect(one / two).toBeLessThan(1.5);
  });

  test("correlations, which have fewer resamples", () => {
    const scores = examples.map((i) => i % 17);
    const noisy = (scale: number) => scores.map((score, i) => score + scale * Math.sin(i * i));
    const interval = pairedInterval("spearman", [
      { labels: scores, before: noisy(8), after: noisy(2) },
    ]);
    expect(interval.low).toBeGreaterThan(0);
    expect(interval.high).toBeLessThan(0.5);
  });

  test("unequal lengths are a bug", () => {
    const pair = { labels: [0, 1], before: [0], after: [0, 1] };
    expect(() => pairedInterval("accuracy", [pair])).toThrow(/1 and 2 predictions for 2 labels/);
  });
});

function correct(predictions: readonly number[], i: number): number {
  return predictions[i] === labels[i] ? 1 : 0;
}
