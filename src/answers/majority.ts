// What a model without eyes would score: the floor that every result is read against.
import type { EncodedSplit } from "../data/encode.ts";
import { type MetricName, majorityScore } from "../metrics/metrics.ts";
import { spanMetrics, type SpanMetricName } from "../metrics/squad.ts";
import type { Scoring } from "./collect.ts";

/**
 * The scores of always giving the training set's most frequent class, its mean score in regression, or no answer at all where
 * answers are spans.
 */
export function majorityScores(
  { kind, metrics, spans }: Scoring,
  split: EncodedSplit,
  trainLabels: Float32Array,
  numLabels: number,
): Record<string, number> {
  if (kind !== "span")
    return majorityScore(metrics as readonly MetricName[], split.labels, trainLabels, numLabels);
  const questions = split.spans!.questions;
  const nothing = questions.map(() => "");
  return spanMetrics(metrics as readonly SpanMetricName[], nothing, questions, spans!.version).metrics; // prettier-ignore
}
