// From a model's outputs to answers and their scores: the most probable class, the score itself, or the best span of the context.
import type { EncodedSplit } from "../data/encode.ts";
import type { TaskKind } from "../data/task.ts";
import { computeMetrics, type MetricName } from "../metrics/metrics.ts";
import { spanMetrics, type SpanMetricName, type SquadVersion } from "../metrics/squad.ts";
import { createSpanDecoder, type SpanAnswer, type SpanDecoding } from "./spans.ts";

/** How answers are made and scored. */
export interface Scoring {
  kind: TaskKind;
  metrics: readonly string[];
  /** The one of `metrics` that decides which checkpoint is best. */
  mainMetric: string;
  /** How spans are chosen; of span tasks alone. */
  spans?: SpanScoring;
}

/** How spans are chosen, and by whose rules they are scored. */
export interface SpanScoring extends SpanDecoding {
  version: SquadVersion;
}

/** Answers and truths of a split in the order of its file: class indices, or scores in regression. */
export interface ValueAnswers {
  labels: Float32Array;
  predictions: Float32Array;
}

/** The answers to every question of a split in the order of its file, and each one's scores. */
export interface SpanAnswers {
  ids: string[];
  answers: SpanAnswer[];
  scores: Record<"exactMatch" | "f1", number[]>;
}

export type Answers = ValueAnswers | SpanAnswers;

/** Takes outputs example by example, in any order. */
export interface Collector {
  /** `outputs` are the example's logits (K), or of a window (T, 2) without padding; they may be overwritten afterwards. */
  add(example: number, outputs: Float32Array): void;
  finish(): { metrics: Record<string, number>; answers: Answers };
}

/** A collector for the examples of the split. */
export function createCollector(split: EncodedSplit, scoring: Scoring): Collector {
  return scoring.kind === "span" ? collectSpans(split, scoring) : collectValues(split, scoring);
}

function collectValues({ count, labels }: EncodedSplit, { kind, metrics }: Scoring): Collector {
  const predictions = new Float32Array(count);
  return {
    add: (example, outputs) => {
      predictions[example] = kind === "classification" ? argmax(outputs) : outputs[0];
    },
    finish: () => ({
      metrics: computeMetrics(metrics as readonly MetricName[], predictions, labels),
      answers: { labels, predictions },
    }),
  };
}

function collectSpans(split: EncodedSplit, { metrics, spans }: Scoring): Collector {
  const decoder = createSpanDecoder(split, spans!);
  const questions = split.spans!.questions;
  return {
    add: (window, logits) => decoder.add(window, logits),
    finish: () => {
      const answers = decoder.answers();
      const texts = answers.map(({ text }) => text);
      const names = metrics as readonly SpanMetricName[];
      const scored = spanMetrics(names, texts, questions, spans!.version);
      const ids = questions.map(({ id }) => id);
      return { metrics: scored.metrics, answers: { ids, answers, scores: scored.scores } };
    },
  };
}

/** The index of the largest value, the first of equals. */
export function argmax(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}
