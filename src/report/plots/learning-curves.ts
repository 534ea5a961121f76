// Learning curves: the deciding score and the training loss of every run against epochs. One panel per method, one colour per
// setting, alike for its seeds; settings are named at the end of their lines, where ten similar colours need no legend.
import { UserError } from "../../errors.ts";
import { groupBy } from "../group.ts";
import type { Row } from "../row.ts";
import { type Curve, curvePanel, type Lines, panelHeight } from "./learning-panel.ts";
import { paddedRange, type Range } from "./scales.ts";
import {
  listSeries,
  nameOf,
  type Picture,
  type Pictures,
  ramp,
  placeOf,
  seriesOf,
  settingOf,
  shorten,
  stack,
} from "./style.ts";

const PANELS_PER_LINE = 3;
const PANEL_WIDTHS = [560, 280, 190]; // pixels, for one, two and three panels in a line
const COLUMN_GAP = 110; // pixels, for the labels of one panel and the axis of the next
const MAX_RUNS = 500; // of one task
const MAX_POINTS = 100; // of a curve; more cannot be told apart

/** The picture of the selected rows' runs, one block per task and encoder. */
export function learningCurves(rows: readonly Row[]): Pictures {
  const trained = rows.filter(({ runs }) => runs.some(({ evaluations }) => evaluations.length > 0));
  if (trained.length === 0)
    throw new UserError("learning curves: no run ended well: expected at least one", {
      hint: "peft list shows how the runs ended",
    });
  const blocks = [...groupBy(trained, placeOf).values()];
  for (const [{ task }, numRuns] of blocks.map(
    (members) => [members[0], countRuns(members)] as const,
  ))
    if (numRuns > MAX_RUNS)
      throw new UserError(
        `learning curves: ${numRuns} runs on ${task}: expected at most ${MAX_RUNS}, more cannot be told apart`,
        { hint: "name the folders of the runs to draw" },
      );
  return stack(blocks.map(block));
}

function countRuns(rows: readonly Row[]): number {
  return rows.reduce((sum, { runs }) => sum + runs.length, 0);
}

/** The runs of one task and encoder: lines of up to three panels for the scores, each with the losses below it. */
function block(rows: readonly Row[]): Picture {
  const [{ task, metric, split, encoder }] = rows;
  const numRuns = countRuns(rows);
  const curves = rows.map(curveOf);
  const ranges = rangesOf(curves);
  const groups = listSeries(rows).map((series) => {
    const members = curves.filter((_, i) => seriesOf(rows[i]) === series.name);
    const colours = members.length === 1 ? [series.colour] : ramp(members.length);
    return { ...series, curves: members.map((curve, i) => ({ ...curve, colour: colours[i] })) };
  });
  const line = (chunk: typeof groups, lines: Lines): Picture => ({
    bounds: "flush", // panels of all lines stand below each other whatever their labels
    spacing: COLUMN_GAP,
    hconcat: chunk.map((group, i) =>
      curvePanel({
        name: group.name,
        isTop: lines === "scores",
        curves: group.curves,
        lines,
        epochs: ranges.epochs,
        range: ranges[lines],
        yTitle:
          i > 0 ? null : lines === "scores" ? `${metric} on ${split}, percent` : "training loss",
        width: PANEL_WIDTHS[Math.min(groups.length, PANELS_PER_LINE) - 1],
        height: Math.max(...chunk.map((other) => panelHeight(other.curves.length))),
      }),
    ),
  });
  return {
    title: {
      text: `${task}: learning curves`,
      subtitle: `encoder ${shorten(encoder, 60)}; ${numRuns === 1 ? "1 run" : `${numRuns} runs, one line each`}`,
    },
    spacing: 20,
    vconcat: chunks(groups, PANELS_PER_LINE).flatMap((chunk) => [
      line(chunk, "scores"),
      line(chunk, "losses"),
    ]),
  };
}

function curveOf(row: Row): Curve {
  const setting = settingOf(row);
  const lines = row.runs.map((run) => {
    const evaluations = run.evaluations.filter(({ split }) => split === row.split);
    const every = Math.ceil(evaluations.length / MAX_POINTS);
    const shown = evaluations.filter((_, i) => (evaluations.length - 1 - i) % every === 0);
    const name = `${nameOf(row)}, seed ${run.experiment.seed}`;
    return {
      name,
      scores: shown.flatMap(({ epoch, metrics }) => pointOf(epoch, metrics[row.metric], 100)),
      losses: shown.flatMap(({ epoch, trainLoss }) => pointOf(epoch, trainLoss)),
    };
  });
  return { setting, lines, colour: "" };
}

/** A point unless its value is missing, as losses and scores that were no numbers are. */
function pointOf(epoch: number, value: number | null | undefined, factor = 1) {
  const isNumber = typeof value === "number" && Number.isFinite(value);
  return isNumber ? [{ epoch, value: factor * value }] : [];
}

function rangesOf(curves: readonly Curve[]): Record<Lines | "epochs", Range> {
  const lines = curves.flatMap((curve) => curve.lines);
  const scores = lines.flatMap((line) => line.scores);
  const losses = lines.flatMap((line) => line.losses);
  const highestLoss = losses.reduce((max, { value }) => Math.max(max, value), 0.1);
  const lastEpoch = [...scores, ...losses].reduce((max, { epoch }) => Math.max(max, epoch), 0);
  const values = scores.map(({ value }) => value);
  return {
    epochs: [0, lastEpoch || 1],
    scores: values.length > 0 ? paddedRange(values, 0.06, 1) : [0, 100],
    losses: [0, 1.06 * highestLoss],
  };
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
