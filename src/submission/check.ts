// What is wrong with a submission to GLUE, said before its server says it. How the server checks is not public: expected is what
// the published scripts write, such as jiant's glue_submission_formatter.py.
import { posix } from "node:path";
import { type Layout, layouts } from "../data/glue-layouts.ts";
import { type GlueTestFile, glueTestFiles, testLayouts } from "../data/glue-test-layouts.ts";
import { allowedLabels, SCORES } from "../data/glue.ts";
import { parseTsv, type Row } from "../data/tsv.ts";
import { type SubmissionFile, submissionColumns } from "./render.ts";

/** How many rows each file has. */
export type RowCounts = Readonly<Record<GlueTestFile, number>>;

/** Those of the official test files. */
export const officialRows = Object.fromEntries(
  glueTestFiles.map((file) => [file, testLayouts[file].numRows]),
) as RowCounts;

/** Everything that is wrong with a submission, a line each; no lines where the server can be expected to take it. */
export function checkSubmission(
  files: readonly SubmissionFile[],
  numRows: RowCounts = officialRows,
): string[] {
  const names = files.map(({ name }) => name);
  return [...checkMissing(names), ...checkNames(names), ...checkContents(files, numRows)];
}

/** The files that a complete submission has as well. */
export function missingFiles(names: readonly string[]): GlueTestFile[] {
  return glueTestFiles.filter((file) => !names.includes(file));
}

/** What is missing, a line for each file with whose predictions it has. */
export function checkMissing(names: readonly string[]): string[] {
  return missingFiles(names).map((file) => {
    const { task, paths } = testLayouts[file];
    const texts = posix.join(layouts[task].folder, paths[0]);
    return `${file}: missing: expected what a run of ${task} predicts for ${texts} of GLUE`;
  });
}

/** Files that the server does not know, or that are there twice. */
export function checkNames(names: readonly string[]): string[] {
  const unknown = names
    .filter((name) => !isTestFile(name))
    .map((name) => `${name}: unexpected file: expected only ${glueTestFiles.join(", ")}`);
  const twice = [...new Set(repeated(names.filter(isTestFile)))].map(
    (file) => `${file}: more than once: expected one run of ${testLayouts[file].task}`,
  );
  return [...unknown, ...twice];
}

function isTestFile(name: string): name is GlueTestFile {
  return Object.hasOwn(testLayouts, name);
}

/** What is wrong inside the files that the server knows. */
export function checkContents(files: readonly SubmissionFile[], numRows: RowCounts): string[] {
  return files.flatMap(({ name, text }) =>
    isTestFile(name) ? checkFile(name, text, numRows[name]) : [],
  );
}

function checkFile(file: GlueTestFile, text: string, numRows: number): string[] {
  const expected = `expected ${submissionColumns.join(", ")}`;
  const [header, ...rows] = parseTsv(file, Buffer.from(text));
  if (header === undefined) return [`${file}: empty: ${expected}`];
  const columns = header.cells.join(", ");
  const isWhole = ({ cells }: Row) => cells.length === submissionColumns.length;
  const whole = rows.filter(isWhole);
  const torn = rows.filter((row) => !isWhole(row));
  return [
    ...(expected === `expected ${columns}` ? [] : [`${file}:1: columns ${columns}: ${expected}`]),
    ...listFirst(
      torn,
      ({ line, cells: { length } }) =>
        `${file}:${line}: ${length === 1 ? "no tab" : `${length} columns`}: ${expected}`,
    ),
    ...checkIds(
      file,
      whole.map(({ cells: [id] }) => id),
      numRows,
    ),
    ...checkPredictions(file, whole),
  ];
}

/** What is wrong with the indices of a file's rows: 0, 1, ... each once, in any order. */
export function checkIds(file: GlueTestFile, ids: readonly string[], numRows: number): string[] {
  const expected = `expected 0 to ${numRows - 1}, each once`;
  const seen = new Set(ids);
  const isKnown = (id: string) => /^(0|[1-9]\d*)$/.test(id) && Number(id) < numRows;
  const missing = Array.from({ length: numRows }, (_, i) => `${i}`).filter((id) => !seen.has(id));
  return [
    ...(ids.length === numRows ? [] : [`${file}: ${ids.length} rows: expected ${numRows}`]),
    ...listFirst(
      [...seen].filter((id) => !isKnown(id)),
      (id) => `${file}: index "${id}": ${expected}`,
    ),
    ...listFirst(repeated(ids), (id) => `${file}: index ${id} more than once: ${expected}`),
    ...listFirst(missing, (id) => `${file}: no row with index ${id}: ${expected}`),
  ];
}

function checkPredictions(file: GlueTestFile, rows: readonly Row[]): string[] {
  const layout: Layout = layouts[testLayouts[file].task];
  const labels = layout.labels && new Set(Object.values(layout.labels));
  const isAllowed = (cell: string) => (labels ? labels.has(cell) : isScore(cell));
  return listFirst(
    rows.filter(({ cells: [, prediction] }) => !isAllowed(prediction)),
    ({ line, cells: [, prediction] }) =>
      `${file}:${line}: prediction "${prediction}": expected ${allowedLabels(layout)}`,
  );
}

/** Every item that stood earlier in the list as well. */
function repeated<T>(items: readonly T[]): T[] {
  const seen = new Set<T>();
  return items.filter((item) => {
    const isAgain = seen.has(item);
    seen.add(item);
    return isAgain;
  });
}

/** Digits with a point, and no sign, exponent or blanks. */
function isScore(cell: string): boolean {
  const score = /^\d+(\.\d+)?$/.test(cell) ? Number(cell) : NaN;
  return score >= SCORES.lowest && score <= SCORES.highest;
}

/** One line for all that is wrong in the same way: a file has up to 391,000 rows. */
function listFirst<T>(found: readonly T[], say: (item: T) => string): string[] {
  if (found.length === 0) return [];
  const more = found.length - 1;
  return [more === 0 ? say(found[0]) : `${say(found[0])}; ${more} more like this`];
}
