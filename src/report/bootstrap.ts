// How sure a difference between two sets of runs is, given the examples it was measured on: the paired percentile bootstrap
// (Efron 1979; scipy.stats.bootstrap with paired=True, method="percentile"). The spread over seeds is not in it.
import { invariant } from "../errors.ts";
import { groupBy } from "./group.ts";
import { type MetricName, metrics } from "../metrics/metrics.ts";
import { randomIntegers, type RandomStream, randomStream } from "../random.ts";

/** What two runs of the same seed answered to the same examples. */
export interface Pair {
  /** True labels or, where the answers' scores are compared, whatever tells the examples apart. */
  labels: readonly (number | string)[];
  /** Answers, or their scores. */
  before: readonly number[];
  after: readonly number[];
}

/** The middle 95 % of the differences. */
export interface Interval {
  low: number;
  high: number;
}

/** Moves the ends by about 4 % of the standard error between two sets of draws. */
const RESAMPLES = 5000;
/** Rank correlations sort every resample, which takes 20 times as long. */
const RESAMPLES_OF_SCORES = 1000;
const SEED = 0; // fixed: the same files give the same interval

/** A metric of answers, or the mean where every answer has its own score. */
export type Compared = MetricName | "mean";

/**
 * The 95 % interval of the mean over pairs of `metric(after) - metric(before)`. Pairs with equal labels are of the same examples
 * and are resampled together, others (tasks whose split depends on the seed) each for itself.
 */
export function pairedInterval(
  metric: Compared,
  pairs: readonly Pair[],
  resamples = resamplesFor(metric),
): Interval {
  const sets = [...groupBy(pairs, ({ labels }) => JSON.stringify(labels)).values()];
  const differences = new Float64Array(resamples);
  for (const [s, members] of sets.entries()) {
    const sums = resampledSums(metric, members, { resamples, stream: s });
    for (let i = 0; i < resamples; i++) differences[i] += sums[i] / pairs.length;
  }
  const sorted = differences.toSorted();
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

function resamplesFor(metric: Compared): number {
  const sortsAll = metric !== "mean" && metrics[metric].of === "scores";
  return sortsAll ? RESAMPLES_OF_SCORES : RESAMPLES;
}

/** The sum of the differences of pairs of the same examples, once for every resample. */
function resampledSums(
  metric: Compared,
  pairs: readonly Pair[],
  { resamples, stream }: { resamples: number; stream: number },
): Float64Array {
  const [{ labels }] = pairs;
  for (const { after, before } of pairs)
    invariant(
      before.length === labels.length && after.length === labels.length,
      `${before.length} and ${after.length} predictions for ${labels.length} labels`,
    );
  const drawn = new Float64Array(labels.length);
  const drawnLabels = new Float64Array(labels.length);
  return Float64Array.from({ length: resamples }, (_, i) => {
    const indices = draw(randomStream(SEED, "bootstrap", stream, i), labels.length);
    if (metric !== "mean") take(labels as readonly number[], indices, drawnLabels);
    const score = (values: readonly number[]) =>
      metric === "mean"
        ? meanOf(take(values, indices, drawn))
        : metrics[metric].compute(take(values, indices, drawn), drawnLabels);
    return pairs.reduce((sum, { after, before }) => sum + score(after) - score(before), 0);
  });
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** As many indices as there are examples, each as likely every time. */
function draw(stream: RandomStream, length: number): Uint32Array {
  const integers = randomIntegers(stream, length);
  return Uint32Array.from(integers, (integer) => Math.floor(((integer >>> 0) / 2 ** 32) * length));
}

function take(values: readonly number[], indices: Uint32Array, into: Float64Array): Float64Array {
  for (let i = 0; i < indices.length; i++) into[i] = values[indices[i]];
  return into;
}

/** Linear between the two nearest, as numpy.quantile. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
