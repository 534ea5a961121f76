// What people read of runs: a line for each in `peft list`, everything of one in `peft show`.
import { lstatSync } from "node:fs";
import { basename, join } from "node:path";
import { largest } from "../extremes.ts";
import { namesIn } from "../files.ts";
import { stringifyExperiment } from "../config/load.ts";
import type { Recorded, TrainedResult } from "../record/result.ts";
import { seemsLocked } from "../record/lock.ts";
import { renderBytes } from "../report/units.ts";
import type { Runs, UnfinishedRun } from "../record/runs.ts";
import { count, duration, renderLedger, renderSummary, renderTable } from "./render.ts";

/** The runs as a table in the order of their folders; `now` in ms since 1970. */
export function listRuns({ results, unfinished }: Runs, now: number): string {
  const lines = [
    ...results.map((result) => [result.runDir, ...resultCells(result, now)]),
    ...unfinished.map((run) => [run.runDir, ...unfinishedCells(run, now)]),
  ].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const header = ["run", "status", "metric", "score", "steps", "age", "remark"];
  const rows = lines.map(([runDir, ...cells]) => [basename(runDir), ...cells]);
  return renderTable([header, ...rows], { rightAligned: [3, 4, 5] });
}

/** A time span in its largest unit, such as `3 h ago`. */
export function age(milliseconds: number): string {
  const units = [
    { name: "d", seconds: 86_400 },
    { name: "h", seconds: 3600 },
    { name: "min", seconds: 60 },
  ];
  const seconds = Math.max(0, milliseconds / 1000); // clocks of two machines may disagree
  const unit = units.find((candidate) => seconds >= candidate.seconds);
  return unit
    ? `${Math.floor(seconds / unit.seconds)} ${unit.name} ago`
    : `${Math.floor(seconds)} s ago`;
}

/** Everything about a run that has ended. */
export function showResult(result: Recorded): string {
  const { experiment, finishedAt, runDir, software, status } = result;
  const facts = [
    ["run folder", runDir],
    ["status", result.reason === undefined ? status : `${status}: ${result.reason}`],
    ["finished", finishedAt],
    [
      "written by",
      Object.entries(software)
        .map((entry) => entry.join(" "))
        .join(", "),
    ],
  ];
  const settings = section("settings", stringifyExperiment(experiment));
  if (result.status === "failed") {
    const hint = result.hint === undefined ? [] : [["hint", result.hint]];
    return renderTable([...facts, ...hint]) + settings;
  }
  return [
    renderTable([...facts, ...costs(result)]),
    settings,
    section("parameters", renderLedger(result.parameters)),
    section("evaluations", evaluations(result)),
    section("best", renderSummary(result)),
  ].join("");
}

/** Everything about a run that has not ended. */
export function showUnfinished(run: UnfinishedRun): string {
  const facts = [
    ["run folder", run.runDir],
    ["status", seemsLocked(run.runDir) ? "running" : "unfinished"],
    ["go on with", `peft train --resume ${run.runDir}`],
  ];
  return renderTable(facts) + section("settings", stringifyExperiment(run.experiment));
}

function resultCells(result: Recorded, now: number): string[] {
  const ago = age(now - Date.parse(result.finishedAt));
  if (result.status === "failed") return ["failed", "", "", "", ago, result.reason];
  const { best, caveats = [], mainMetric, reason = [], status, steps } = result;
  const remark = [reason, caveats].flat().join("; ");
  // What a diverged run scored on its way is no result.
  const score = status === "ok" ? (best?.metrics[mainMetric]?.toFixed(4) ?? "") : "";
  return [status, mainMetric, score, count(steps), ago, remark];
}

function unfinishedCells({ runDir }: UnfinishedRun, now: number): string[] {
  const status = seemsLocked(runDir) ? "running" : "unfinished";
  return [status, "", "", "", age(now - lastWrite(runDir)), ""];
}

/** When anything in the folder was last written, in ms since 1970. */
function lastWrite(runDir: string): number {
  const times = namesIn(runDir).map(
    (name) => lstatSync(join(runDir, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return Math.max(0, largest(times));
}

function costs(result: TrainedResult): string[][] {
  const { adapterBytes, engine, paddingWaste, peakBytes, seconds, steps } = result;
  const { computeSeconds, encoderSha256, tokensPerSecond, totalSteps } = result;
  return [
    ["encoder", `SHA-256 ${encoderSha256}`],
    ["engine", engine],
    ["steps", `${count(steps)} of ${count(totalSteps)}`],
    ["time", `${duration(seconds)}, ${duration(computeSeconds)} of it in training steps`],
    [
      "speed",
      `${count(tokensPerSecond)} tokens/s, ${(100 * paddingWaste).toFixed(1)} % of positions are padding`,
    ],
    ["peak memory", renderBytes(peakBytes)],
    ["adapter file", adapterBytes === null ? "none" : renderBytes(adapterBytes)],
  ];
}

function evaluations(result: TrainedResult): string {
  const metrics = [...new Set(result.evaluations.flatMap((one) => Object.keys(one.metrics)))];
  const header = ["step", "epoch", "split", "training loss", "loss", ...metrics, ""];
  const rows = result.evaluations.map(
    ({ best, epoch, loss, metrics: scores, split, step, trainLoss }) => [
      count(step),
      epoch.toFixed(2),
      split,
      trainLoss?.toFixed(4) ?? "",
      decimals(loss),
      ...metrics.map((name) => decimals(Object.hasOwn(scores, name) ? scores[name] : null)),
      best ? "best so far" : "",
    ],
  );
  const numbers = [0, 1, 3, 4, ...metrics.map((_, i) => 5 + i)];
  return renderTable([header, ...rows], { rightAligned: numbers });
}

/** JSON has null for what is not a number. */
function decimals(value: number | null | undefined): string {
  return value?.toFixed(4) ?? "";
}

function section(title: string, text: string): string {
  return `\n${title}\n${text}`;
}
