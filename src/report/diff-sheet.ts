// The comparison of two sets of runs as a table for people, as CSV and as JSON.
import { stringify } from "csv-stringify/sync";
import { safeText } from "./columns.ts";
import type { RowChange } from "./diff.ts";
import { show } from "./identity.ts";
import type { Row } from "./row.ts";
import { holes, meanAndError, nameOf, type Sheet, signed } from "./sheets.ts";

/** One line per row of the comparison, scores in percent. */
export function diffSheet(changes: readonly RowChange[]): Sheet {
  return {
    title: "What changed",
    header: [
      "task",
      "setting",
      "metric",
      "before",
      "after",
      "difference",
      "95 % interval",
      "n",
      "what else changed",
    ],
    rows: changes.map((change) => {
      const { after, before, difference, interval, pairedSeeds } = change;
      const row = rowOf(change);
      return [
        row.task,
        nameOf({ ...row, variant: change.variant }),
        row.metric,
        before ? meanAndError(before.score) : "",
        after ? meanAndError(after.score) : "",
        signed(difference),
        interval ? `${signed(interval.low)} to ${signed(interval.high)}` : "",
        interval ? String(pairedSeeds.length) : "",
        remarkOn(change),
      ];
    }),
    rightAligned: [3, 4, 5, 6, 7],
  };
}

/** How to read the table. */
export const diffLegend =
  "Scores and differences are percent points, ± standard error over seeds. The interval is a paired bootstrap over the " +
  "examples, of the n seeds that both sides have; it says nothing about other seeds.";

/** The comparison as CSV, scores as fractions with 6 decimals. */
export function renderDiffCsv(changes: readonly RowChange[]): string {
  const records = changes.map((change) => {
    const { after, before, difference, interval, pairedSeeds, variant } = change;
    const { encoder, method, metric, size, split, task } = rowOf(change);
    return {
      task,
      encoder: safeText(encoder),
      method,
      size,
      variant,
      metric,
      split,
      status: statusOf(change),
      before: fraction(before?.score.mean),
      beforeSem: fraction(before?.score.sem),
      after: fraction(after?.score.mean),
      afterSem: fraction(after?.score.sem),
      difference: fraction(difference),
      intervalLow: fraction(interval?.low),
      intervalHigh: fraction(interval?.high),
      pairedSeeds: pairedSeeds.join(" "),
      settings: settingsOf(change),
    };
  });
  return stringify(records, { header: true });
}

/** The comparison as JSON, everything unrounded; runs are named by their folders. */
export function renderDiffJson(changes: readonly RowChange[]): string {
  const plain = (row: Row | null) => row && { ...row, runs: row.runs.map(({ runDir }) => runDir) };
  const rows = changes.map((change) => ({
    ...change,
    status: statusOf(change),
    before: plain(change.before),
    after: plain(change.after),
  }));
  return `${JSON.stringify({ rows }, null, 2)}\n`;
}

function rowOf({ after, before }: RowChange): Row {
  return (after ?? before)!; // one of them is there
}

function statusOf({ after, before }: RowChange): "added" | "removed" | "matched" {
  if (before === null) return "added";
  return after === null ? "removed" : "matched";
}

function remarkOn(change: RowChange): string {
  const status = statusOf(change);
  const gaps = [change.before ? holes(change.before) : "", change.after ? holes(change.after) : ""];
  const parts = [
    ...(status === "matched" ? [] : [status]),
    settingsOf(change),
    ...(gaps[0] === gaps[1] ? [] : [`${gaps[0] || "no holes"} -> ${gaps[1] || "no holes"}`]),
    change.reason === null ? "" : `no interval: ${change.reason}`,
  ];
  return parts.filter((part) => part !== "").join("; ");
}

function settingsOf({ settings }: RowChange): string {
  return settings
    .map(({ after, before, key }) => `${key}: ${show(before)} -> ${show(after)}`)
    .join("; ");
}

function fraction(value: number | null | undefined): string | null {
  return value?.toFixed(6) ?? null;
}
