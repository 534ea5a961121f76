// Correlations of predicted with true scores, defined as in SciPy. Where one side is constant the correlation is undefined
// (SciPy: NaN) and 0 is returned, so that a collapsed model never wins.

/**
 * Pearson's correlation, -1 to 1; 0 where either side is constant or has fewer than two values, NaN where a value is not finite.
 * Reference: scipy.stats.pearsonr
 */
export function pearson(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  const x = centred(predictions);
  const y = centred(labels);
  const scale = norm(x) * norm(y);
  if (scale === 0) return 0;
  let product = 0;
  for (let i = 0; i < x.length; i++) product += x[i] * y[i];
  return Math.min(1, Math.max(-1, product / scale));
}

/**
 * Spearman's rank correlation, -1 to 1: Pearson's of the ranks, equal values sharing their average rank; 0 where either side
 * is constant. A NaN prediction makes it NaN.
 * Reference: scipy.stats.spearmanr
 */
export function spearman(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  return pearson(averageRanks(predictions), averageRanks(labels));
}

/** Ranks from 1; ties get the mean of the ranks they span. */
function averageRanks(values: ArrayLike<number>): Float64Array {
  const order = Int32Array.from({ length: values.length }, (_, i) => i);
  order.sort((a, b) => values[a] - values[b]);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    const rank = (start + 1 + end) / 2;
    for (const i of order.subarray(start, end)) ranks[i] = Number.isNaN(values[i]) ? NaN : rank;
    start = end;
  }
  return ranks;
}

/** The values minus their mean; exact zeros where all are equal, which rounding of the mean would not give. */
function centred(values: ArrayLike<number>): Float64Array {
  const copy = Float64Array.from(values);
  const first = copy[0];
  if (Number.isFinite(first) && copy.every((value) => value === first)) return copy.fill(0);
  const mean = copy.reduce((sum, value) => sum + value, 0) / copy.length;
  return copy.map((value) => value - mean);
}

function norm(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
