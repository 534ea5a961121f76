// SQuAD 2.0's choice between a span and no answer, made after the model has answered: one pass over the data gives the scores at
// the run's own threshold and the thresholds that would have been best.
import type { Scoring, SpanAnswers } from "../answers/collect.ts";
import type { EncodedSplit } from "../data/encode.ts";
import { invariant } from "../errors.ts";
import { bestThreshold, type SpanMetricName, spanMetrics } from "../metrics/squad.ts";
import type { Scores } from "../train/evaluate.ts";

/** For each metric the best threshold and the score it gives: chosen on the questions it is scored on, an upper bound. */
export type BestThresholds = Record<"f1" | "exactMatch", { threshold: number; score: number }>;

/** The scoring that answers every question it can; of other tasks their own. */
export function withoutThreshold(scoring: Scoring): Scoring {
  const { spans } = scoring;
  if (spans?.nullThreshold === undefined) return scoring;
  return { ...scoring, spans: { ...spans, nullThreshold: Infinity } };
}

/** The scores at the threshold of `scoring`, from those without one; of other tasks unchanged. */
export function applyThreshold(
  scores: Scores,
  split: EncodedSplit,
  { metrics, spans }: Scoring,
): Scores & { bestThresholds?: BestThresholds } {
  const threshold = spans?.nullThreshold;
  if (spans === undefined || threshold === undefined) return scores;
  invariant(split.spans, "a split without questions has no threshold");
  const { questions } = split.spans;
  const { answers: best, ids, scores: bestScores } = scores.answers as SpanAnswers;
  const answers = best.map((answer) => {
    if (!(answer.nullDifference > threshold) || answer.text === "") return answer;
    // The two share a denominator, so that their probabilities differ by the exponential of the difference.
    const score = answer.score * Math.exp(answer.nullDifference);
    return { ...answer, text: "", start: 0, end: 0, score };
  });
  const texts = answers.map(({ text }) => text);
  const names = metrics as readonly SpanMetricName[];
  const scored = spanMetrics(names, texts, questions, spans.version);
  const search = {
    nullDifferences: best.map(({ nullDifference }) => nullDifference),
    predictions: best.map(({ text }) => text),
    questions,
  };
  return {
    ...scores,
    metrics: scored.metrics,
    answers: { ids, answers, scores: scored.scores },
    bestThresholds: {
      f1: bestThreshold({ ...search, scores: bestScores.f1 }),
      exactMatch: bestThreshold({ ...search, scores: bestScores.exactMatch }),
    },
  };
}
