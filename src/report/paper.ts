// What Houlsby et al. 2019 (arXiv 1902.00751) published for tasks that this program has, and the comparison with a row. The
// figures of §3.4 and §3.5 are as the text states them. The GLUE server's "Total" is left out: it is no mean of the columns.
import type { MetricName } from "../metrics/metrics.ts";
import type { Row, Statistic } from "./row.ts";

/** One published score. */
export interface Published {
  /** Table or figure, and the name of the row or curve in it. */
  source: string;
  encoder: string;
  task: string;
  /** What was predicted: a validation set, or the GLUE server's hidden test set. */
  split: string;
  metric: MetricName;
  method: string;
  /** Null where the method has no size; "tuned" where it is the best of 8, 64 and 256 for every task. */
  size: number | "tuned" | null;
  /** A fraction. */
  score: number;
  /** Standard error over 3 seeds, where it was published. */
  sem?: number;
  /** The split of ours that it stands beside, where it is not the deciding one. */
  ourSplit?: string;
  remark?: string;
}

/** A published score beside ours. */
export interface Comparison {
  published: Published;
  /** Our statistic in the published metric; null where we do not have that metric. */
  ours: Statistic | null;
  /** Ours minus theirs, as a fraction; null where there is nothing to subtract. */
  difference: number | null;
}

const server = { encoder: "BERT-large", split: "GLUE test server" };
const pearsonLike =
  "the caption says Spearman, 87.6 for fine-tuning looks like BERT's Pearson: compare both";
const oldQnli = "on the QNLI of 2018, which GLUE has replaced since";

/** The columns of Table 1: our task and metric, and what to know about it. */
const columns: Pick<Published, "task" | "metric" | "split" | "ourSplit" | "remark">[] = [
  { task: "cola", metric: "matthews", split: server.split },
  { task: "sst2", metric: "accuracy", split: server.split },
  { task: "mrpc", metric: "f1", split: server.split },
  { task: "stsb", metric: "spearman", split: server.split, remark: pearsonLike },
  { task: "qqp", metric: "f1", split: server.split },
  { task: "mnli", metric: "accuracy", split: `${server.split}, matched` },
  {
    task: "mnli",
    metric: "accuracy",
    split: `${server.split}, mismatched`,
    ourSplit: "dev_mismatched",
  },
  { task: "qnli", metric: "accuracy", split: server.split, remark: oldQnli },
  { task: "rte", metric: "accuracy", split: server.split },
];

/** The rows of Table 1, percent, in the order of `columns`. */
const table1: (Pick<Published, "method" | "size"> & { label: string; percents: number[] })[] = [
  {
    label: "BERT fine-tune",
    method: "full",
    size: null,
    percents: [60.5, 94.9, 89.3, 87.6, 72.1, 86.7, 85.9, 91.1, 70.1],
  },
  {
    label: "Adapters (64)",
    method: "houlsby",
    size: 64,
    percents: [56.9, 94.2, 89.6, 87.3, 71.8, 85.3, 84.6, 91.4, 68.8],
  },
  {
    label: "Adapters (8-256), best size per task",
    method: "houlsby",
    size: "tuned",
    percents: [59.5, 94.0, 89.5, 86.9, 71.8, 84.9, 85.1, 90.7, 71.5],
  },
];

const figure4 = {
  source: "Fig. 4",
  encoder: "BERT-base",
  task: "mnli",
  split: "validation, matched",
  metric: "accuracy",
} as const;

const figure5 = {
  source: "Fig. 5",
  encoder: "BERT-base",
  task: "squad",
  split: "dev of v1.1",
  metric: "f1",
} as const;

/** The sizes that the paper tried for every task. */
const grid: readonly (number | null)[] = [8, 64, 256];

/** Everything published, the nearest in kind first: validation sets before the test server. */
export const published: readonly Published[] = [
  { ...figure4, method: "full", size: null, score: 0.844, sem: 0.0002 },
  { ...figure4, method: "houlsby", size: 64, score: 0.837, sem: 0.001 },
  { ...figure4, method: "top-layers", size: 1, score: 0.778, sem: 0.001 },
  { ...figure5, method: "full", size: null, score: 0.907 },
  { ...figure5, method: "houlsby", size: 64, score: 0.904 },
  { ...figure5, method: "houlsby", size: 2, score: 0.899 },
  ...table1.flatMap(({ label, method, percents, size }) =>
    columns.map((column, i) => ({
      ...server,
      ...column,
      source: `Table 1, ${label}`,
      method,
      size,
      score: Number((percents[i] / 100).toFixed(3)),
    })),
  ),
];

/**
 * The published scores of a row's task and kind of method, the nearest first; empty where there are none. Adapters of a size
 * without scores of its own stand beside those whose size was tuned if theirs was one to choose from, and else beside nothing.
 * Nor does a row of other data than the published one's.
 */
export function besidePaper(row: Row): Comparison[] {
  if (row.caveats.length > 0) return [];
  const sameKind = published.filter(
    ({ method, task }) => method === row.method && task === row.task,
  );
  const sameSize = sameKind.filter(({ size }) => size === row.size);
  const tuned = grid.includes(row.size) ? sameKind.filter(({ size }) => size === "tuned") : [];
  const chosen = sameSize.length > 0 ? sameSize : tuned;
  return chosen.map((theirs) => {
    const ours = row.metrics[`${theirs.ourSplit ?? row.split}.${theirs.metric}`] ?? null;
    const mean = ours?.mean ?? null;
    return { published: theirs, ours, difference: mean === null ? null : mean - theirs.score };
  });
}
