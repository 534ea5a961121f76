// What a task is: named splits of labelled texts, or of questions on texts, and how its results are scored. tasks.ts has the
// list.
import type { MetricName } from "../metrics/metrics.ts";
import type { SpanMetricName } from "../metrics/squad.ts";
import type { TextInput } from "../text/tokenizer.ts";

/** What the model's head gives: one of several classes, a score, or the first and the last token of an answer. */
export type TaskKind = "classification" | "regression" | "span";

/** One labelled text, or pair of texts. */
export interface Example extends TextInput {
  /** Class index, or the score for regression. */
  label: number;
}

/** An answer in the words of its context. */
export interface Answer {
  text: string;
  /** Where it begins in the context, in UTF-16 code units as JavaScript counts; SQuAD's files count Unicode characters. */
  start: number;
}

/** A question that is answered by a part of its context. */
export interface Question {
  id: string;
  question: string;
  /** One string shared by all its questions. */
  context: string;
  /** What people answered, at least one of them right; none where the context has no answer (SQuAD 2.0). */
  answers: readonly Answer[];
}

interface CommonTask {
  /** The name in configs and results. */
  name: string;
  /** For headings, e.g. "SST-2 (sentiment of film reviews)". */
  title: string;
  /** Class names by index; empty for regression and spans. */
  labels: readonly string[];
  /** Splits to evaluate on; the main metric on the first decides what is best. */
  evaluationSplits: readonly string[];
  /** Whether `load` needs a folder given by the user. */
  needsDataDir: boolean;
  /** Whether the experiment's seed decides which examples are for training, for want of an official split. */
  isSplitBySeed: boolean;
}

/** A task on one text or two. */
export interface TextTask extends CommonTask {
  kind: "classification" | "regression";
  metrics: readonly MetricName[];
  /** The one of `metrics` that decides which checkpoint is best. */
  mainMetric: MetricName;
  /** Reads "train" or one of `evaluationSplits`. Throws UserError naming file and line. */
  load(split: string, source: DataSource): LoadedSplit;
}

/** A task of finding the part of a text that answers a question. */
export interface SpanTask extends CommonTask {
  kind: "span";
  metrics: readonly SpanMetricName[];
  mainMetric: SpanMetricName;
  /** Reads "train" or one of `evaluationSplits`. Throws UserError naming file and place. */
  load(split: string, source: DataSource): LoadedQuestions;
}

export type Task = TextTask | SpanTask;

export interface DataSource {
  /** The user's --data folder. */
  dataDir: string | undefined;
  /** Decides the split of tasks that have no official one. */
  seed: number;
}

/** What came with a split. */
export interface Loaded {
  /** What was read, for the run's provenance. */
  files: { path: string; sha256: string }[];
  /** What a person should know about this data, one line each. */
  notes: string[];
  /** Why scores of this data must not be compared with published ones, a sentence each; they follow the results everywhere. */
  caveats?: string[];
}

export interface LoadedSplit extends Loaded {
  examples: Example[];
}

export interface LoadedQuestions extends Loaded {
  questions: Question[];
}

/** How many values the model's head gives: for every text, or for spans for every token. */
export function numOutputsOf({ kind, labels }: Pick<Task, "kind" | "labels">): number {
  return { classification: labels.length, regression: 1, span: 2 }[kind];
}
