// What people read of a verification: a mark per check and run, what is behind the marks, and what sharing the encoder saves.
import { basename } from "node:path";
import {
  type Check,
  type CheckName,
  CHECKS,
  type Verification,
  type VerifiedRun,
} from "../inference/verification.ts";
import { renderBytes } from "../report/units.ts";
import { line, type Output, paint } from "./io.ts";
import { count, renderTable } from "./render.ts";

const marks = { passed: "✓", failed: "✗", skipped: "–" } as const;
const names = Object.keys(CHECKS) as CheckName[];

/** The checks that did not pass, in the order of the runs. */
export function failures({ runs }: Verification): Check[] {
  return runs.flatMap(({ checks }) =>
    Object.values(checks).filter(({ outcome }) => outcome === "failed"),
  );
}

/** Everything that was found. */
export function renderVerification(found: Verification, output: Output): string {
  const { encoder, engine, runs } = found;
  const facts = renderTable([
    ["encoder", encoder.file],
    ["SHA-256", encoder.sha256],
    ["engine", engine],
  ]);
  const checks = renderTable([
    ["run", ...names],
    ...runs.map((run) => [basename(run.runDir), ...names.map((name) => marks[run.checks[name].outcome])]), // prettier-ignore
  ]);
  const legend = renderTable(names.map((name) => [name, CHECKS[name]]));
  const parts = [facts, checks, legend, remarks(runs), memory(found), verdict(found, output)];
  return parts.filter((part) => part !== "").join("\n");
}

/** What is to be known besides the marks; the same remark on several runs once. */
function remarks(runs: readonly VerifiedRun[]): string {
  const lines = runs.flatMap(({ checks, remark, runDir }) => [
    ...(remark === undefined ? [] : [{ text: remark, run: basename(runDir) }]),
    ...names.flatMap((name) => {
      const check = checks[name];
      if (check.remark === undefined) return [];
      const mark = check.outcome === "failed" ? `${marks.failed} ` : "";
      return [{ text: `${mark}${name}: ${check.remark}`, run: basename(runDir) }];
    }),
  ]);
  const byText = new Map<string, string[]>();
  for (const { run, text } of lines) byText.set(text, [...(byText.get(text) ?? []), run]);
  return [...byText]
    .map(
      ([text, where]) =>
        line`${where.length < 3 ? where.join(", ") : `${where.length} runs`}: ${text}`,
    ) // prettier-ignore
    .join("");
}

/** What each run trains and adds, the total, and what models of their own would take. */
function memory({ encoder, runs }: Verification): string {
  const total = (pick: (run: VerifiedRun) => number) =>
    runs.reduce((sum, run) => sum + pick(run), 0);
  const rows = runs.map((run) => [
    basename(run.runDir),
    ...Object.values(run.trains).map(count),
    renderBytes(run.bytes),
    renderBytes(run.separateBytes),
  ]);
  const blank = ["", "", "", ""];
  const sum = encoder.bytes + total(({ bytes }) => bytes);
  return renderTable(
    [
      [
        "trained values",
        "adapters",
        "LayerNorm",
        "head",
        "encoder",
        "memory",
        "fine-tuned instead",
      ],
      ["the encoder, once", ...blank, renderBytes(encoder.bytes), ""],
      ...rows,
      ["together", ...blank, renderBytes(sum), renderBytes(total(({ separateBytes }) => separateBytes))], // prettier-ignore
    ],
    { rightAligned: [1, 2, 3, 4, 5, 6] },
  );
}

function verdict(found: Verification, output: Output): string {
  const all = found.runs.flatMap(({ checks }) => Object.values(checks));
  const made = all.filter(({ outcome }) => outcome !== "skipped").length;
  const numFailed = failures(found).length;
  const skipped = all.length - made > 0 ? `, ${all.length - made} left out` : "";
  return numFailed === 0
    ? `${paint(output, "green", marks.passed)} ${made} checks passed${skipped}\n`
    : `${paint(output, "red", marks.failed)} ${numFailed} of ${made} checks failed${skipped}\n`;
}
