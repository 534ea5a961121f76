// The files of a GLUE submission and the test files they answer, as a table; the labels are hidden. The columns are not those of
// train.tsv.
import type { GlueName } from "./glue-layouts.ts";

/** Where the texts are that a file of the submission answers. */
export interface TestLayout {
  /** The task whose model answers. */
  task: GlueName;
  /** As seen from the task's folder; the first that exists. */
  paths: readonly string[];
  columns: { index: string; text: string; textPair?: string };
  numRows: number;
}

const index = "index";
const single = { index, text: "sentence" };
const pair = { index, text: "sentence1", textPair: "sentence2" };
const paths = ["test.tsv"];

/**
 * What answers what: every file of a submission by its name on the server. Numbers of rows as in the data card of Hugging Face's
 * `nyu-mll/glue`, which TensorFlow Datasets repeats; MRPC's columns are those that GLUE's download_glue_data.py writes.
 */
export const testLayouts = {
  "CoLA.tsv": { task: "cola", paths, columns: single, numRows: 1063 },
  "SST-2.tsv": { task: "sst2", paths, columns: single, numRows: 1821 },
  "MRPC.tsv": {
    task: "mrpc",
    paths,
    columns: { index, text: "#1 String", textPair: "#2 String" },
    numRows: 1725,
  },
  "STS-B.tsv": { task: "stsb", paths, columns: pair, numRows: 1379 },
  "QQP.tsv": {
    task: "qqp",
    paths,
    columns: { index: "id", text: "question1", textPair: "question2" },
    numRows: 390_965,
  },
  "MNLI-m.tsv": { task: "mnli", paths: ["test_matched.tsv"], columns: pair, numRows: 9796 },
  "MNLI-mm.tsv": { task: "mnli", paths: ["test_mismatched.tsv"], columns: pair, numRows: 9847 },
  "QNLI.tsv": {
    task: "qnli",
    paths,
    columns: { index, text: "question", textPair: "sentence" },
    numRows: 5463,
  },
  "RTE.tsv": { task: "rte", paths, columns: pair, numRows: 3000 },
  "WNLI.tsv": { task: "wnli", paths, columns: pair, numRows: 146 },
  // GLUE's diagnostic set has no training data: the model for MNLI answers it. The website calls the file AX.tsv.
  "AX.tsv": {
    task: "mnli",
    paths: ["../diagnostic/diagnostic.tsv", "../AX/diagnostic.tsv", "../AX/AX.tsv", "../AX.tsv"],
    columns: pair,
    numRows: 1104,
  },
} as const satisfies Record<string, TestLayout>;

/** A file of a submission, e.g. "MNLI-m.tsv". */
export type GlueTestFile = keyof typeof testLayouts;

/** Every file of a submission. */
export const glueTestFiles = Object.keys(testLayouts) as GlueTestFile[];
