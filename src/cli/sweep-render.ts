// What people read of a sweep: the plan with its costs, and what became of every cell.
import { firstLine } from "../errors.ts";
import type { CellState } from "../sweep/plan.ts";
import { renderBytes } from "../report/units.ts";
import type { Estimate } from "../sweep/estimate.ts";
import { type EndedCell, isDue } from "../sweep/sweep.ts";
import { line } from "./io.ts";
import { count, duration, renderTable } from "./render.ts";

const states: Record<CellState, string> = {
  ok: "finished",
  diverged: "diverged",
  failed: "failed",
  unreadable: "unreadable",
  begun: "to go on",
  missing: "to run",
};

/** The plan as a table, cell by cell, and what is still to be done in all. */
export function renderPlan(
  estimates: readonly Estimate[],
  options: { numJobs: number; retryFailed: boolean },
): string {
  const rows = estimates.map(({ cell, peakBytes, seconds }) => [
    cell.name,
    cell.problem ? "will fail" : states[cell.state],
    cell.parameters ? count(cell.parameters.trained) : "",
    cell.parameters ? percent(cell.parameters.percentOfWholeModel) : "",
    cell.parameters ? percent(cell.parameters.percentOfEncoderLayers) : "",
    count(cell.totalSteps),
    seconds === null ? "" : duration(seconds),
    peakBytes === null ? "" : renderBytes(peakBytes),
  ]);
  const header = ["cell", "state", "trained", "of model", "of layers", "steps", "time", "memory"];
  const table = renderTable([header, ...rows], { rightAligned: [2, 3, 4, 5, 6, 7] });
  return `${table}\n${renderTotals(estimates, options)}`;
}

function renderTotals(
  estimates: readonly Estimate[],
  { numJobs, retryFailed }: { numJobs: number; retryFailed: boolean },
): string {
  const due = estimates.filter(({ cell }) => isDue(cell.state, { retryFailed }) && !cell.problem);
  const known = due.filter(({ seconds }) => seconds !== null);
  const seconds = known.reduce((sum, cell) => sum + cell.seconds!, 0) / numJobs;
  const peak = Math.max(0, ...due.map(({ peakBytes }) => peakBytes ?? 0));
  const disk = due.reduce((sum, { diskBytes }) => sum + diskBytes, 0);
  const unknown = due.length - known.length;
  const problems = estimates.flatMap(({ cell: { name, problem } }) =>
    problem ? [`will fail     ${name}: ${problem}`] : [],
  );
  return [
    `cells         ${count(due.length)} to run of ${count(estimates.length)}`,
    `time          about ${duration(seconds)}${unknown > 0 ? `, without ${unknown} that were not measured` : ""}${numJobs > 1 ? `, ${numJobs} at a time` : ""}`,
    `disk          about ${renderBytes(disk)}`,
    `peak memory   at least ${renderBytes(peak * numJobs)}${numJobs > 1 ? ` in ${numJobs} processes` : ""}`,
    ...problems,
  ]
    .map((text) => line`${text}`)
    .join("");
}

/** How many cells ended how, and a line for each that has no result. */
export function renderOutcome(cells: readonly EndedCell[]): string {
  const numbers = (Object.keys(states) as CellState[]).flatMap((state) => {
    const number = cells.filter((cell) => cell.state === state).length;
    return number > 0 ? [`${count(number)} ${states[state]}`] : [];
  });
  const holes = cells.flatMap(({ name, result, state, unrecorded }) =>
    unrecorded !== null
      ? [`not recorded  ${name}: ${firstLine(unrecorded)}`]
      : state === "diverged" || state === "failed" || state === "unreadable"
        ? [
            `${states[state]}  ${name}: ${firstLine(result?.reason ?? "result.json cannot be read")}`,
          ]
        : [],
  );
  return [
    `${count(cells.length)} ${cells.length === 1 ? "cell" : "cells"}: ${numbers.join(", ")}`,
    ...holes,
  ]
    .map((text) => line`${text}`)
    .join("");
}

function percent(value: number): string {
  return `${value.toPrecision(3)} %`;
}
