// What people read: experiments, parameter counts, evaluations and results as lines of plain text.
import { join } from "node:path";
import { printable } from "../cite.ts";
import type { Experiment } from "../config/schema.ts";
import { largest } from "../extremes.ts";
import type { Evaluation, ParameterLedger } from "../train/events.ts";

/** What the summary says of a finished run. */
export interface Summary {
  runDir: string;
  status: "ok" | "diverged";
  evaluations: readonly Evaluation[];
  best: Evaluation | null;
  /** Split -> metric -> score of always answering the most frequent class. */
  majority: Record<string, Record<string, number>>;
  seconds: number;
  /** Why the scores must not be compared with published ones. */
  caveats?: readonly string[];
}

/** An experiment in one line: task, method, encoder, and what decides how long it takes. */
export function renderExperiment({ task, method, encoder, training }: Experiment): string {
  const { name, ...settings } = method;
  const details = Object.entries(settings).map(([key, value]) => `${key} ${value}`);
  return [
    `${task.name} with ${[name, ...details].join(" ")}`,
    `encoder ${encoder.source}`,
    `learningRate ${training.learningRate}`,
    `epochs ${training.epochs}`,
    `batchSize ${training.batchSize * training.gradientAccumulation}`,
  ].join(", ");
}

/** Trained and frozen parameters by group, and the trained share of the whole model and of its layers. */
export function renderLedger(ledger: ParameterLedger): string {
  const share = (percent: number, of: number, what: string) =>
    `${percent.toPrecision(3)} % of the ${what}, ${count(of)}`;
  return renderTable(
    [
      ["adapters", count(ledger.adapters)],
      ["LayerNorm", count(ledger.layerNorm)],
      ["head", count(ledger.head)],
      ["encoder", count(ledger.encoder)],
      [
        "trained",
        count(ledger.trained),
        share(ledger.percentOfWholeModel, ledger.wholeModel, "whole model"),
      ],
      ["", "", share(ledger.percentOfEncoderLayers, ledger.encoderLayers, "encoder layers")],
      ["frozen", count(ledger.frozen)],
    ],
    { rightAligned: [1] },
  );
}

/** One evaluation as one line. */
export function renderEvaluation(evaluation: Evaluation): string {
  const { step, epoch, split, trainLoss, loss, metrics, best } = evaluation;
  const trained = trainLoss === null ? "" : ` (training ${trainLoss.toFixed(4)})`;
  return [
    `step ${count(step)}, epoch ${epoch.toFixed(2)}, ${split}: loss ${loss.toFixed(4)}${trained}`,
    ...Object.entries(metrics).map(([name, score]) => `${name} ${score.toFixed(4)}`),
    ...(best ? ["best so far"] : []),
  ].join(", ");
}

/** The end of a run: the best scores beside those of the majority class, and where everything is. */
export function renderSummary({
  runDir,
  caveats = [],
  evaluations,
  best,
  majority,
  seconds,
}: Summary): string {
  const lines = [`time          ${duration(seconds)}`, `run folder    ${printable(runDir)}`];
  if (best === null) return `no evaluation was completed\n${lines.join("\n")}\n`;
  const ofBest = evaluations.filter(({ step }) => step === best.step);
  const rows = ofBest.flatMap(({ split, metrics }) =>
    Object.entries(metrics).map(([name, score]) => [
      split,
      name,
      score.toFixed(4),
      scoreOf(majority, split, name),
    ]),
  );
  const table = renderTable([["split", "metric", "best", "majority class"], ...rows], {
    rightAligned: [2, 3],
  });
  const when = `best at       step ${count(best.step)}, epoch ${best.epoch.toFixed(2)}`;
  const file = `adapter file  ${printable(join(runDir, "adapter.safetensors"))}`;
  const notes = caveats.map((caveat) => `note          ${printable(caveat)}`);
  return `${table}\n${[when, ...lines, file, ...notes].join("\n")}\n`;
}

function scoreOf(scores: Summary["majority"], split: string, metric: string): string {
  const of = Object.hasOwn(scores, split) ? scores[split] : {};
  return Object.hasOwn(of, metric) ? of[metric].toFixed(4) : "";
}

/**
 * Rows in aligned columns, one line each, whatever the cells say. `isPainted` cells are printable already but for their colours.
 */
export function renderTable(
  cells: readonly string[][],
  { isPainted = false, rightAligned = [] as number[] } = {},
): string {
  const rows = isPainted ? cells : cells.map((row) => row.map(printable));
  const numColumns = Math.max(0, largest(rows.map((row) => row.length)));
  const widths = Array.from({ length: numColumns }, (_, i) =>
    largest(rows.map((row) => row[i]?.length ?? 0)),
  );
  const pad = (cell: string, i: number) =>
    rightAligned.includes(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i]);
  return rows.map((row) => `${row.map(pad).join("  ").trimEnd()}\n`).join("");
}

/** A count with thousands separated, the same in every locale. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Seconds as `m:ss` or `h:mm:ss`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = twoDigits(whole % 60);
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${rest}` : `${minutes}:${rest}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
