// Reads the GLUE tasks from the files that the user has downloaded. One reader for all; glue-layouts.ts is the table of what
// differs.
import { basename, join } from "node:path";
import { cite } from "../cite.ts";
import { UserError } from "../errors.ts";
import { pathExists, readBytes, sha256 } from "../files.ts";
import { type GlueName, type Layout, layouts } from "./glue-layouts.ts";
import { Problems } from "./problems.ts";
import type { Example, LoadedSplit, TextTask } from "./task.ts";
import { parseTsv, type Row } from "./tsv.ts";

/** The range of STS-B's scores. */
export const SCORES = { lowest: 0, highest: 5 };

/** The task of that name in the GLUE table. */
export function glueTask(name: GlueName): TextTask {
  const layout: Layout = layouts[name];
  return {
    name,
    title: layout.title,
    kind: layout.labels ? "classification" : "regression",
    labels: Object.keys(layout.labels ?? {}),
    metrics: layout.metrics,
    mainMetric: layout.metrics[0],
    evaluationSplits: evaluationSplits(layout),
    needsDataDir: true,
    isSplitBySeed: false,
    load: (split, { dataDir }) => readSplit(findFile(name, layout, split, dataDir), layout),
  };
}

function evaluationSplits(layout: Layout): readonly string[] {
  return layout.evaluationSplits ?? ["dev"];
}

function findFile(
  name: string,
  layout: Layout,
  split: string,
  dataDir: string | undefined,
): string {
  const files = ["train", ...evaluationSplits(layout)].map(
    (part) => `${layout.folder}/${part}.tsv`,
  );
  const hint =
    `${name} reads ${files.join(", ")} in the folder given by --data DIR; ` +
    "GLUE is not part of this package, download it from https://gluebenchmark.com/tasks";
  if (dataDir === undefined) {
    throw new UserError(`data: no folder given: expected the one with ${files[0]}`, { hint });
  }
  const file = join(taskFolder(dataDir, layout), `${split}.tsv`);
  if (!pathExists(file)) {
    const missing = pathExists(dataDir) ? `${file}: no such file` : `${dataDir}: no such folder`;
    throw new UserError(`${missing}: expected ${layout.folder}/${split}.tsv of GLUE`, { hint });
  }
  return file;
}

/** The folder of the task's files: its own in the GLUE folder or, as is often given, `dataDir` itself. */
export function taskFolder(dataDir: string, layout: Layout): string {
  const inGlue = join(dataDir, layout.folder);
  return pathExists(inGlue) || !isTaskFolder(dataDir, layout) ? inGlue : dataDir;
}

/** Another task's folder has a train.tsv as well, with other columns. */
function isTaskFolder(dataDir: string, layout: Layout): boolean {
  const others = Object.values(layouts).filter(({ folder }) => folder !== layout.folder);
  if (others.some(({ folder }) => folder === basename(dataDir))) return false;
  return basename(dataDir) === layout.folder || pathExists(join(dataDir, "train.tsv"));
}

function readSplit(path: string, layout: Layout): LoadedSplit {
  const bytes = readBytes(path);
  const { rows, numColumns } = takeHeader(path, parseTsv(path, bytes), layout);
  const numShort = rows.filter(({ cells }) => cells.length < numColumns).length;
  const leavesOut = numShort <= (layout.knownShortRows ?? 0);
  const examples: Example[] = [];
  const problems = new Problems();
  for (const row of rows) {
    if (row.cells.length < numColumns && leavesOut) continue;
    const example = problems.collect(() => toExample(path, row, numColumns, layout));
    if (example) examples.push(example);
  }
  problems.refuse(` in ${path}`);
  if (examples.length === 0) {
    throw new UserError(`${path}: no examples: expected one per line`, {
      hint: "the download may have been cut short; get the file again",
    });
  }
  return {
    examples,
    files: [{ path, sha256: sha256(bytes) }],
    notes: numShort > 0 ? [`${path}: rows left out for too few columns: ${numShort}`] : [],
  };
}

/** Splits off the header, whose width every row must have; without one the last column is one that is read. */
function takeHeader(
  path: string,
  rows: Row[],
  layout: Layout,
): { rows: Row[]; numColumns: number } {
  const { text, textPair = 0, label } = layout.columns;
  const lastText = Math.max(text, textPair);
  const numColumns = 1 + (label === -1 ? lastText + 1 : Math.max(lastText, label));
  if (layout.hasHeader === false || rows.length === 0) return { rows, numColumns };
  const [header, ...data] = rows;
  if (header.cells.length < numColumns) throw otherWidth(path, header, numColumns);
  const title = labelCell(header, layout);
  if (parseLabel(title, layout) !== undefined) {
    throw new UserError(
      `${path}:1: ${cite(title)} in the label column: expected a line of column names`,
      {
        hint: `the first line of GLUE's ${layout.folder} files is not an example; add one`,
      },
    );
  }
  return { rows: data, numColumns: header.cells.length };
}

/** The error for a line with fewer or more columns than its file has. */
export function otherWidth(path: string, { line, cells }: Row, expected: number): UserError {
  const found = cells.length === 1 ? "no tab" : `${cells.length} columns`;
  return new UserError(
    `${path}:${line}: ${found}: expected ${expected} columns separated by tabs`,
    {
      hint:
        cells.length > expected
          ? "a text of GLUE holds no tab; download the file again"
          : "the file may have been cut short, or an editor has turned tabs into spaces; download it again",
    },
  );
}

function toExample(path: string, row: Row, numColumns: number, layout: Layout): Example {
  if (row.cells.length !== numColumns) throw otherWidth(path, row, numColumns);
  const { text, textPair } = layout.columns;
  const cell = labelCell(row, layout);
  const label = parseLabel(cell, layout);
  if (label === undefined) {
    throw new UserError(
      `${path}:${row.line}: label ${cite(cell)}: expected ${allowedLabels(layout)}`,
      {
        hint: `is this the official ${layout.folder} file? test.tsv has no labels and cannot be used`,
      },
    );
  }
  if (textPair === undefined) return { text: row.cells[text], label };
  return { text: row.cells[text], textPair: row.cells[textPair], label };
}

function labelCell({ cells }: Row, { columns }: Layout): string {
  return cells.at(columns.label) ?? "";
}

/** The class index or score; undefined where the cell holds neither. */
function parseLabel(cell: string, { labels }: Layout): number | undefined {
  if (labels) {
    const index = Object.values(labels).indexOf(cell);
    return index === -1 ? undefined : index;
  }
  const score = cell.trim() === "" ? NaN : Number(cell);
  return score >= SCORES.lowest && score <= SCORES.highest ? score : undefined;
}

/** What the label column may hold, in words. */
export function allowedLabels({ labels }: Layout): string {
  if (!labels) return `a number from ${SCORES.lowest} to ${SCORES.highest}`;
  const values = Object.values(labels);
  return `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
}
