// What a task is: named splits of labelled texts, and how its results are scored. tasks.ts has the list.
import type { MetricName } from "../metrics/metrics.ts";
import type { TextInput } from "../text/tokenizer.ts";

/** One labelled text, or pair of texts. */
export interface Example extends TextInput {
  /** Class index, or the score for regression. */
  label: number;
}

export interface Task {
  /** The name in configs and results. */
  name: string;
  /** For headings, e.g. "SST-2 (sentiment of film reviews)". */
  title: string;
  kind: "classification" | "regression";
  /** Class names by index; empty for regression. */
  labels: readonly string[];
  metrics: readonly MetricName[];
  /** The one of `metrics` that decides which checkpoint is best. */
  mainMetric: MetricName;
  /** Splits to evaluate on; the main metric on the first decides what is best. */
  evaluationSplits: readonly string[];
  /** Whether `load` needs a folder given by the user. */
  needsDataDir: boolean;
  /** Whether the experiment's seed decides which examples are for training, for want of an official split. */
  isSplitBySeed: boolean;
  /** Reads "train" or one of `evaluationSplits`. Throws UserError naming file and line. */
  load(split: string, source: DataSource): LoadedSplit;
}

export interface DataSource {
  /** The user's --data folder. */
  dataDir: string | undefined;
  /** Decides the split of tasks that have no official one. */
  seed: number;
}

export interface LoadedSplit {
  examples: Example[];
  /** What was read, for the run's provenance. */
  files: { path: string; sha256: string }[];
  /** What a person should know about this data, one line each. */
  notes: string[];
}
