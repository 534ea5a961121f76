// The report as JSON: every number of every row, unrounded, with the run folders that it is of.
import { baselines, deltaTo } from "./baseline.ts";
import { columns } from "./columns.ts";
import { besidePaper } from "./paper.ts";
import type { Row } from "./row.ts";
import type { Content } from "./sheets.ts";

/** The content, with the meaning of the CSV's columns; keys are those of result.json where it has them. */
export function renderJson({ chosen, notes, problems, rows, selection }: Content): string {
  const baselineOf = baselines(chosen);
  const plain = (row: Row) => ({
    ...row,
    deltaToFull: deltaTo(baselineOf(row), row),
    paper: besidePaper(row),
    runs: row.runs.map(({ runDir }) => runDir),
  });
  const meanings = columns.map(({ meaning, name }) => ({ name, meaning }));
  return `${JSON.stringify({ columns: meanings, rows: rows.map(plain), selection, notes, problems }, null, 2)}\n`;
}
