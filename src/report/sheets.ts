// The tables that people read, as plain text cells: one per task and encoder, and the paper beside ours. Markdown and LaTeX
// differ in how they draw them, not in what they say.
import { baselines, deltaTo } from "./baseline.ts";
import { isChosen } from "./columns.ts";
import { groupBy } from "./group.ts";
import { besidePaper, type Comparison } from "./paper.ts";
import type { Row, Statistic } from "./row.ts";
import { renderBytes } from "./units.ts";

/** What a report shows. */
export interface Content {
  /** The rows of its tables. */
  rows: readonly Row[];
  /** The rows with the tuned settings chosen, in which full fine-tuning is looked up; the same unless every run is shown. */
  chosen: readonly Row[];
  /** How settings were chosen, remarks, and what could not be read; a sentence each. */
  selection: readonly string[];
  notes: readonly string[];
  problems: readonly string[];
}

/** One table. */
export interface Sheet {
  title: string;
  header: string[];
  /** As many cells as the header has. */
  rows: string[][];
  /** Indices of columns of numbers. */
  rightAligned: number[];
}

/** How to read the tables; a sentence each. */
export const legend: readonly string[] = [
  "Scores are percent: mean ± standard error over n seeds; best is the highest seed.",
  "% of model and % of layers are trained parameters in percent of the whole pretrained model and of its Transformer layers alone.",
  "Δ full is the mean minus that of full fine-tuning, in points.",
];

interface Column {
  name: string;
  isText?: boolean;
  cell: (row: Row) => string;
}

/** One table per task, encoder and deciding metric. */
export function tradeoffSheets({ chosen, rows }: Pick<Content, "rows" | "chosen">): Sheet[] {
  const place = ({ encoder, metric, split, task }: Row) =>
    JSON.stringify([task, encoder, metric, split]);
  const baselineOf = baselines(chosen);
  return [...groupBy(rows, place).values()].map((members) => {
    const [{ encoder, metric, split, task }] = members;
    const majority = members.find((row) => row.majority !== null)?.majority ?? null;
    const floor = majority === null ? "" : ` (majority class ${percent(majority)})`;
    const columns = columnsOf(members, (row) => deltaTo(baselineOf(row), row));
    return {
      title: `${task}, ${encoder}: ${metric} on ${split}${floor}`,
      ...toSheet(columns, members),
    };
  });
}

/** Ours beside what was published, of the rows that the paper has; undefined where it has none. */
export function paperSheet({ rows }: Pick<Content, "rows">): Sheet | undefined {
  const scored = rows.filter(({ score }) => score.mean !== null);
  const pairs = scored.flatMap((row) =>
    besidePaper(row).map((comparison) => ({ comparison, row })),
  );
  if (pairs.length === 0) return undefined;
  const remarked = pairs.some(({ comparison }) => comparison.published.remark !== undefined);
  const encoders = [...new Set(pairs.map(({ row }) => row.encoder))];
  const ours = ["task", "ours", "split", "score"];
  const theirs = ["paper", "encoder, split", "score", "metric", "difference"];
  return {
    title: `Beside Houlsby et al. 2019 (arXiv 1902.00751): ours with ${encoders.join(", ")}`,
    header: [...ours, ...theirs, ...(remarked ? ["remark"] : [])],
    rows: pairs.map(({ comparison, row }) => {
      const { encoder, metric, ourSplit, remark, source, split } = comparison.published;
      return [
        row.task,
        encoders.length > 1 ? `${nameOf(row)}, ${row.encoder}` : nameOf(row),
        ourSplit ?? row.split,
        meanAndError(comparison.ours),
        source,
        `${encoder}, ${split}`,
        theirScore(comparison),
        metric,
        signed(comparison.difference),
        ...(remarked ? [remark ?? ""] : []),
      ];
    }),
    rightAligned: [3, 6, 8],
  };
}

/** Method, size and what else tells the row from its neighbours. */
export function nameOf({ method, size, variant }: Row): string {
  return [method, size ?? "", variant].filter((part) => part !== "").join(" ");
}

/** Such as `83.3 ± 0.4`, in percent; empty where there is no score. */
export function meanAndError(statistic: Statistic | null): string {
  if (statistic === null || statistic.mean === null) return "";
  const { mean, sem } = statistic;
  return sem === null ? percent(mean) : `${percent(mean)} ± ${percentError(sem)}`;
}

/** A standard error in percent, with two decimals where one would round it to nothing. */
function percentError(sem: number): string {
  const rounded = percent(sem);
  return rounded === "0.0" ? (100 * sem).toFixed(2) : rounded;
}

/** A fraction in percent with one decimal. */
export function percent(value: number): string {
  return (100 * value).toFixed(1).replace(/^-(0\.0)$/, "$1");
}

/** A difference of fractions in points, with its sign; empty where there is none. */
export function signed(value: number | null): string {
  if (value === null) return "";
  const points = percent(value);
  return points.startsWith("-")
    ? points.replace("-", "−")
    : points === "0.0"
      ? points
      : `+${points}`;
}

/** What became of the runs that do not count, such as `1 of 3 diverged`; empty where all ended well. */
export function holes({ diverged, failed, ok, unfinished }: Row): string {
  const total = ok + diverged + failed + unfinished;
  return Object.entries({ diverged, failed, unfinished })
    .filter(([, number]) => number > 0)
    .map(([ending, number]) => `${number} of ${total} ${ending}`)
    .join(", ");
}

function columnsOf(rows: readonly Row[], delta: (row: Row) => number | null): Column[] {
  const [{ metric }] = rows;
  const tuned = (key: "learningRate" | "epochs") => (row: Row) =>
    isChosen(row) ? String(row[key]) : "";
  const parameters = (text: (ledger: NonNullable<Row["parameters"]>) => string) => (row: Row) =>
    row.parameters ? text(row.parameters) : "";
  const all: Column[] = [
    { name: "method", isText: true, cell: ({ method }) => method },
    { name: "size", cell: ({ size }) => String(size ?? "") },
    { name: "setting", isText: true, cell: ({ variant }) => variant },
    { name: "learning rate", cell: tuned("learningRate") },
    { name: "epochs", cell: tuned("epochs") },
    { name: "n", cell: ({ seeds }) => String(seeds.length) },
    { name: metric, cell: ({ score }) => meanAndError(score) },
    { name: "best", cell: ({ best }) => (best === null ? "" : percent(best)) },
    { name: "Δ full", cell: (row) => signed(delta(row)) },
    { name: "trained", cell: parameters(({ trained }) => trained.toLocaleString("en-US")) },
    { name: "% of model", cell: parameters((ledger) => share(ledger.percentOfWholeModel)) },
    { name: "% of layers", cell: parameters((ledger) => share(ledger.percentOfEncoderLayers)) },
    {
      name: "file",
      cell: ({ adapterBytes }) => (adapterBytes === null ? "" : renderBytes(adapterBytes)),
    },
    { name: "runs", isText: true, cell: holes },
  ];
  // A column that says nothing in any row is only in the way.
  const always = ["method", "n", metric, "trained"];
  return all.filter(({ cell, name }) => always.includes(name) || rows.some((row) => cell(row)));
}

function toSheet(columns: readonly Column[], rows: readonly Row[]): Omit<Sheet, "title"> {
  return {
    header: columns.map(({ name }) => name),
    rows: rows.map((row) => columns.map(({ cell }) => cell(row))),
    rightAligned: columns.flatMap(({ isText }, i) => (isText ? [] : [i])),
  };
}

function theirScore({ published: { score, sem } }: Comparison): string {
  // The paper gives some errors to two decimals; one would round them to nothing.
  return sem === undefined
    ? percent(score)
    : `${percent(score)} ± ${Number((100 * sem).toFixed(2))}`;
}

function share(value: number): string {
  return value >= 1 ? value.toFixed(1) : value.toPrecision(2);
}
