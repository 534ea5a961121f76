// Turns what models give for GLUE's test files into the files of a submission: tab-separated text with the columns `index` and
// `prediction`, in the words that the server knows.
import { type GlueName, type Layout, layouts } from "../data/glue-layouts.ts";
import type { GlueTest } from "../data/glue-test.ts";
import { SCORES } from "../data/glue.ts";
import { invariant } from "../errors.ts";

/** A file of a submission by its name on the server, e.g. "MNLI-m.tsv". */
export interface SubmissionFile {
  name: string;
  text: string;
}

/** The columns of every file of a submission. */
export const submissionColumns: readonly string[] = ["index", "prediction"];

const DECIMALS = 3; // as jiant writes them

/**
 * What the server calls each output: a class by its label in the task's files, by the class index; a score with three decimals,
 * which is cut to the range of STS-B's scores as GLUE's baselines do.
 */
export function renderPredictions(task: GlueName, outputs: ArrayLike<number>): string[] {
  const { labels }: Layout = layouts[task];
  const names = labels && Object.values(labels);
  return Array.from(outputs, (output) => {
    if (!names) return clamp(output).toFixed(DECIMALS);
    invariant(output in names, `${task}: class ${output} of ${names.length}`);
    return names[output];
  });
}

function clamp(score: number): number {
  return Math.min(Math.max(score, SCORES.lowest), SCORES.highest);
}

/** The file of the submission that answers a test file. `outputs` are class indices, or scores, in the order of its texts. */
export function toSubmissionFile(test: GlueTest, outputs: ArrayLike<number>): SubmissionFile {
  const { file, task, ids } = test;
  invariant(outputs.length === ids.length, `${file}: ${outputs.length} of ${ids.length} outputs`);
  const predictions = renderPredictions(task, outputs);
  const lines = [submissionColumns, ...ids.map((id, i) => [id, predictions[i]])];
  return { name: file, text: lines.map((cells) => `${cells.join("\t")}\n`).join("") };
}
