// The nine GLUE tasks (Wang et al. 2019, arXiv 1804.07461) as a table of their official file layouts. Metrics are the task's
// official ones; CoLA also has accuracy, which the paper's Fig. 6 shows.
import type { MetricName } from "../metrics/metrics.ts";

/** Where a task's texts and labels are in its official files. */
export interface Layout {
  title: string;
  /** The task's folder inside the GLUE folder. */
  folder: string;
  /** Zero-based columns; label -1 is the last one. */
  columns: { text: number; textPair?: number; label: number };
  /** Default true. */
  hasHeader?: boolean;
  /** Class name -> what the label column holds, in the order of class indices (that of Hugging Face `datasets`). */
  labels?: Record<string, string>;
  /** The first is the main one. */
  metrics: readonly [MetricName, ...MetricName[]];
  /** Default ["dev"]; files are named SPLIT.tsv. */
  evaluationSplits?: readonly string[];
  /** How many rows may lack columns and are left out, as every reader of this task does. Default 0. */
  knownShortRows?: number;
}

const entailment = { entailment: "entailment", not_entailment: "not_entailment" };

/** Every GLUE task by its name in configs. */
export const layouts = {
  cola: {
    title: "CoLA (linguistic acceptability)",
    folder: "CoLA",
    hasHeader: false,
    columns: { text: 3, label: 1 },
    labels: { unacceptable: "0", acceptable: "1" },
    metrics: ["matthews", "accuracy"],
  },
  sst2: {
    title: "SST-2 (sentiment of film reviews)",
    folder: "SST-2",
    columns: { text: 0, label: 1 },
    labels: { negative: "0", positive: "1" },
    metrics: ["accuracy"],
  },
  mrpc: {
    title: "MRPC (paraphrases in news)",
    folder: "MRPC",
    columns: { text: 3, textPair: 4, label: 0 },
    labels: { not_equivalent: "0", equivalent: "1" },
    metrics: ["f1", "accuracy"],
  },
  stsb: {
    title: "STS-B (similarity of sentences, 0 to 5)",
    folder: "STS-B",
    columns: { text: 7, textPair: 8, label: 9 },
    metrics: ["spearman", "pearson"],
  },
  qqp: {
    title: "QQP (duplicate questions on Quora)",
    folder: "QQP",
    columns: { text: 3, textPair: 4, label: 5 },
    labels: { not_duplicate: "0", duplicate: "1" },
    metrics: ["f1", "accuracy"],
    knownShortRows: 100, // the official train.tsv has about two dozen among 364,000
  },
  mnli: {
    title: "MNLI (entailment between sentences)",
    folder: "MNLI",
    columns: { text: 8, textPair: 9, label: -1 },
    labels: { entailment: "entailment", neutral: "neutral", contradiction: "contradiction" },
    metrics: ["accuracy"],
    evaluationSplits: ["dev_matched", "dev_mismatched"],
  },
  qnli: {
    title: "QNLI (does the sentence answer the question)",
    folder: "QNLI",
    columns: { text: 1, textPair: 2, label: 3 },
    labels: entailment,
    metrics: ["accuracy"],
  },
  rte: {
    title: "RTE (entailment between texts)",
    folder: "RTE",
    columns: { text: 1, textPair: 2, label: 3 },
    labels: entailment,
    metrics: ["accuracy"],
  },
  wnli: {
    title: "WNLI (what a pronoun refers to)",
    folder: "WNLI",
    columns: { text: 1, textPair: 2, label: 3 },
    labels: { not_entailment: "0", entailment: "1" },
    metrics: ["accuracy"],
  },
} as const satisfies Record<string, Layout>;

export type GlueName = keyof typeof layouts;

/** Whether it is the name of a GLUE task. */
export function isGlueName(name: string): name is GlueName {
  return Object.hasOwn(layouts, name);
}
