// Means over seeds and how sure they are.
import type { Statistic } from "./row.ts";

/** The mean; null of no values. */
export function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean and standard error of the mean, `s / sqrt(n)` with the sample deviation s. Reference: scipy.stats.sem */
export function statistic(values: readonly number[]): Statistic {
  const centre = mean(values);
  if (centre === null || values.length < 2) return { mean: centre, sem: null };
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return { mean: centre, sem: Math.sqrt(squares / (values.length - 1) / values.length) };
}
