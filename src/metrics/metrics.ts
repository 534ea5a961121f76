// The registry of metrics: a metric is one function and one line here. All are fractions, never percent; higher is better.
import { largest } from "../extremes.ts";
import { invariant } from "../errors.ts";
import { accuracy, classCounts, f1, macroF1, matthews } from "./classification.ts";
import { pearson, spearman } from "./correlation.ts";

interface Metric {
  /** What it compares: class indices or scores. */
  of: "classes" | "scores";
  /** A number in [-1, 1]. Both arguments have the same length. */
  compute(predictions: ArrayLike<number>, labels: ArrayLike<number>): number;
}

/** Every metric by the name that configs, result.json and tables use. */
export const metrics = {
  accuracy: { of: "classes", compute: accuracy },
  f1: { of: "classes", compute: f1 },
  macroF1: { of: "classes", compute: macroF1 },
  matthews: { of: "classes", compute: matthews },
  pearson: { of: "scores", compute: pearson },
  spearman: { of: "scores", compute: spearman },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

/**
 * The named metrics of predictions against labels, in [-1, 1]. Both are class indices for classification and scores for
 * regression. An undefined metric (a constant prediction's correlation) is 0.
 */
export function computeMetrics(
  names: readonly MetricName[],
  predictions: ArrayLike<number>,
  labels: ArrayLike<number>,
): Record<string, number> {
  invariant(
    predictions.length === labels.length,
    `${predictions.length} predictions for ${labels.length} labels`,
  );
  return Object.fromEntries(
    names.map((name) => [name, metrics[name].compute(predictions, labels)]),
  );
}

/**
 * What a model without eyes would score: always the training set's most frequent class (the lowest index of equals), or for
 * score metrics always the training mean.
 */
export function majorityScore(
  names: readonly MetricName[],
  evalLabels: ArrayLike<number>,
  trainLabels: ArrayLike<number>,
  numLabels: number,
): Record<string, number> {
  const regression = names.some((name) => metrics[name].of === "scores");
  const constant = regression ? mean(trainLabels) : mostFrequent(trainLabels, numLabels);
  return computeMetrics(names, new Float64Array(evalLabels.length).fill(constant), evalLabels);
}

function mostFrequent(labels: ArrayLike<number>, numLabels: number): number {
  const counts = classCounts(labels, numLabels);
  return counts.indexOf(largest(counts));
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}
