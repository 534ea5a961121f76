// Every metric against scikit-learn and SciPy (golden.json names the script and the versions), and the cases they leave
// undefined.
import { describe, expect, test } from "vitest";
import { classCounts, confusionMatrix } from "../../src/metrics/classification.ts";
import { computeMetrics, majorityScore, type MetricName } from "../../src/metrics/metrics.ts";
import golden from "./golden.json" with { type: "json" };

// Sums in another order than NumPy's; the scores themselves are below 1.
const decimals = 10;

function expectScores(actual: Record<string, number>, expected: Record<string, number | null>) {
  for (const [name, value] of Object.entries(expected)) {
    expect(actual[name], name).toBeCloseTo(value ?? 0, decimals);
  }
}

describe("against scikit-learn", () => {
  test.each(golden.classification)("$name", ({ labels, predictions, numLabels, ...expected }) => {
    const names = Object.keys(expected.metrics) as MetricName[];
    expectScores(computeMetrics(names, predictions, labels), expected.metrics);
    expect(confusionMatrix(predictions, labels, numLabels)).toEqual(expected.confusion);
  });
});

describe("against SciPy", () => {
  test.each(golden.regression)("$name", ({ labels, predictions, metrics }) => {
    const names = Object.keys(metrics) as MetricName[];
    expectScores(computeMetrics(names, predictions, labels), metrics);
  });
});

test("undefined scores are 0, not NaN", () => {
  const constant = new Float32Array(7).fill(0.1); // its mean is not exactly 0.1
  const scores = computeMetrics(["pearson", "spearman"], constant, [1, 2, 3, 4, 5, 6, 7]);
  expect(scores).toEqual({ pearson: 0, spearman: 0 });
  expect(computeMetrics(["accuracy", "f1", "macroF1", "matthews"], [], [])).toEqual({
    accuracy: 0,
    f1: 0,
    macroF1: 0,
    matthews: 0,
  });
});

test("a NaN prediction is not hidden", () => {
  const scores = computeMetrics(["pearson", "spearman"], [1, NaN, 3], [1, 2, 3]);
  expect(scores).toEqual({ pearson: NaN, spearman: NaN });
  const names = ["accuracy", "f1", "macroF1", "matthews"] as const;
  expect(Object.values(computeMetrics(names, [1, NaN, 0], [1, 0, 0]))).toEqual([
    NaN,
    NaN,
    NaN,
    NaN,
  ]);
  expect(computeMetrics(["pearson"], [Infinity, Infinity], [1, 2])).toEqual({ pearson: NaN });
});

test("accepts a large development set", () => {
  const labels = Int32Array.from({ length: 400_000 }, (_, i) => i % 3);
  expect(computeMetrics(["matthews"], labels, labels).matthews).toBeCloseTo(1, decimals);
});

test("refuses unequal lengths and classes outside the task", () => {
  expect(() => computeMetrics(["accuracy"], [1], [1, 0])).toThrow("1 predictions for 2 labels");
  expect(() => classCounts([0, 2], 2)).toThrow("class 2 at 1, expected 0 to 1");
  expect(() => confusionMatrix([0, 3], [0, 1], 2)).toThrow("label 1, prediction 3 at 1");
});

describe("majorityScore", () => {
  test("predicts the training set's most frequent class", () => {
    const scores = majorityScore(["accuracy", "f1", "matthews"], [1, 1, 0, 0, 0], [1, 0, 1], 2);
    expect(scores.accuracy).toBeCloseTo(0.4, decimals);
    expect(scores.f1).toBeCloseTo(4 / 7, decimals);
    expect(scores.matthews).toBe(0);
  });

  test("takes the lowest of equally frequent classes", () => {
    expect(majorityScore(["accuracy"], [0, 0, 1], [2, 1], 3)).toEqual({ accuracy: 1 / 3 });
  });

  test("predicts the mean for regression", () => {
    expect(majorityScore(["spearman", "pearson"], [1, 2], [0.3, 4.1], 0)).toEqual({
      spearman: 0,
      pearson: 0,
    });
  });
});
