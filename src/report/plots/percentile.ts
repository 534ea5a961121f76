// Percentiles across tasks, as the paper's Fig. 1 and 3 draw them.

/**
 * The value below which `percent` of the values lie, interpolated linearly between the two nearest: numpy.percentile's
 * default. There must be a value.
 * Reference: https://numpy.org/doc/stable/reference/generated/numpy.percentile.html, method "linear"
 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = ((sorted.length - 1) * percent) / 100;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
