// Scores of predicted class indices against true ones, defined as in scikit-learn. Where the definition divides by zero the
// score is 0 instead of NaN, so that a model that collapsed to one class compares as the worst, not as "unknown".
import { invariant } from "../errors.ts";

/** How often each class occurs; element k counts label k. */
export function classCounts(labels: ArrayLike<number>, numLabels: number): number[] {
  const counts = new Array<number>(numLabels).fill(0);
  for (let i = 0; i < labels.length; i++) {
    invariant(labels[i] in counts, `class ${labels[i]} at ${i}, expected 0 to ${numLabels - 1}`);
    counts[labels[i]]++;
  }
  return counts;
}

/** Counts by true and predicted class: `matrix[label][prediction]`. */
export function confusionMatrix(
  predictions: ArrayLike<number>,
  labels: ArrayLike<number>,
  numLabels: number,
): number[][] {
  const matrix = Array.from({ length: numLabels }, () => new Array<number>(numLabels).fill(0));
  for (let i = 0; i < labels.length; i++) {
    const count = matrix[labels[i]]?.[predictions[i]];
    // The condition outside, because building the message for every example takes longer than counting.
    if (count === undefined)
      invariant(
        false,
        `label ${labels[i]}, prediction ${predictions[i]} at ${i}, expected 0 to ${numLabels - 1}`,
      );
    matrix[labels[i]][predictions[i]] = count + 1;
  }
  return matrix;
}

/** The share of equal predictions, 0 to 1; 0 for no example at all, NaN where a prediction is. */
export function accuracy(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  let correct = 0;
  for (let i = 0; i < labels.length; i++) {
    if (Number.isNaN(predictions[i])) return NaN;
    if (predictions[i] === labels[i]) correct++;
  }
  return ratio(correct, labels.length);
}

/**
 * Binary F1 of class 1, `2 TP / (2 TP + FP + FN)`, as GLUE scores MRPC and QQP; 0 where class 1 is neither present nor
 * predicted, NaN where a prediction is. Other classes all count as "not 1".
 * Reference: sklearn.metrics.f1_score(average="binary")
 */
export function f1(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  let bothPositive = 0;
  let positives = 0; // 2 TP + FP + FN = predicted + true positives
  for (let i = 0; i < labels.length; i++) {
    if (Number.isNaN(predictions[i])) return NaN;
    if (predictions[i] === 1) positives++;
    if (labels[i] === 1) positives++;
    if (predictions[i] === 1 && labels[i] === 1) bothPositive++;
  }
  return ratio(2 * bothPositive, positives);
}

/**
 * The mean of every class's F1, 0 to 1, so that rare classes count as much as common ones. Classes that are neither present nor
 * predicted do not count.
 * Reference: sklearn.metrics.f1_score(average="macro")
 */
export function macroF1(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  const numLabels = 1 + Math.max(largest(predictions), largest(labels));
  if (Number.isNaN(numLabels)) return NaN; // a prediction is
  const matrix = confusionMatrix(predictions, labels, numLabels);
  const { actual, predicted } = totals(matrix);
  let sum = 0;
  let numClasses = 0;
  for (const [k, row] of matrix.entries()) {
    if (actual[k] + predicted[k] === 0) continue;
    sum += (2 * row[k]) / (actual[k] + predicted[k]);
    numClasses++;
  }
  return ratio(sum, numClasses);
}

/**
 * Matthews correlation of any number of classes, -1 to 1; 0 where predictions or labels are all one class.
 * Reference: Gorodkin 2004 (R_K); sklearn.metrics.matthews_corrcoef
 */
export function matthews(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  const numLabels = 1 + Math.max(largest(predictions), largest(labels));
  if (Number.isNaN(numLabels)) return NaN; // a prediction is
  const matrix = confusionMatrix(predictions, labels, numLabels);
  const { actual, predicted } = totals(matrix);
  const total = labels.length;
  const correct = matrix.reduce((sum, row, k) => sum + row[k], 0);
  const covariance = correct * total - dot(actual, predicted);
  const spread = (total ** 2 - dot(actual, actual)) * (total ** 2 - dot(predicted, predicted));
  return ratio(covariance, Math.sqrt(spread));
}

/** How often each class is true, and how often predicted. */
function totals(matrix: readonly number[][]): { actual: number[]; predicted: number[] } {
  return {
    actual: matrix.map((row) => row.reduce((sum, count) => sum + count, 0)),
    predicted: matrix.map((_, k) => matrix.reduce((sum, row) => sum + row[k], 0)),
  };
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, k) => sum + value * b[k], 0);
}

/** A loop, because spreading a large development set into Math.max overflows the call stack. */
function largest(values: ArrayLike<number>): number {
  let max = 0;
  for (let i = 0; i < values.length; i++) max = Math.max(max, values[i]);
  return max;
}
