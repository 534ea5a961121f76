// The heat map over learning rate and size: the mean score of every tuned setting, one panel per method, epochs and batch size.
// A setting without a score is a hole that says why; the chosen ones are framed.
import { UserError } from "../../errors.ts";
import { groupBy } from "../group.ts";
import type { Row } from "../row.ts";
import { type Cell, cellsOf, heatPanel } from "./heat-panel.ts";
import { extent, type Range } from "./scales.ts";
import {
  countSeeds,
  listSeries,
  type Picture,
  type Pictures,
  placeOf,
  seriesOf,
  shorten,
  stack,
} from "./style.ts";

const PANELS_PER_LINE = 3;

/** The picture of all candidates, those that became one of the selected `rows` framed; one block per task and encoder. */
export function heatMap(candidates: readonly Row[], rows: readonly Row[]): Pictures {
  const blocks = groupBy(candidates, placeOf);
  const pictures = [...blocks.values()].flatMap((members) => block(members, rows));
  if (pictures.length === 0)
    throw new UserError(
      `heat map: ${candidates.length} ${candidates.length === 1 ? "setting" : "settings"}: expected several learning rates for several sizes of one method, with a score`,
      { hint: "run some with: peft sweep --sizes 8,64,256 --lrs 3e-5,3e-4,3e-3" },
    );
  return stack(pictures);
}

function block(candidates: readonly Row[], rows: readonly Row[]): Picture[] {
  const groups = [...groupBy(candidates, panelKey).values()].filter(
    (group) => count(group, rate) > 1,
  );
  if (!groups.some((group) => count(group, ({ size }) => size) > 1)) return [];
  const ordered = listSeries(groups.flat()).flatMap(({ name }) =>
    groups.filter(([row]) => seriesOf(row) === name),
  );
  const panels = ordered.map((group) => ({ group, cells: cellsOf(group, rows) }));
  const scores = panels.flatMap(({ cells }) => cells.flatMap(({ score }) => score ?? []));
  if (scores.length === 0) return [];
  const [{ task, encoder, metric, split }] = candidates;
  const withScore = groups.flat().filter(({ score }) => score.mean !== null);
  const settings = `${countSeeds(withScore)} each, the chosen setting framed`;
  return [
    {
      title: {
        text: `${task}: mean ${metric} on ${split} by learning rate and size, percent`,
        subtitle: `encoder ${shorten(encoder, 60)}, ${settings}`,
      },
      columns: PANELS_PER_LINE,
      spacing: { row: 28, column: 28 },
      concat: panels.map(({ group, cells }) => panelOf(group, cells, domainOf(scores))),
    },
  ];
}

function panelOf(group: readonly Row[], cells: Cell[], domain: Range): Picture {
  const [{ epochs, batchSize }] = group;
  const title = [
    shorten(seriesOf(group[0]), 40),
    `${epochs} ${epochs === 1 ? "epoch" : "epochs"}, batch size ${batchSize}`,
  ];
  return heatPanel(title, cells, domain);
}

function panelKey(row: Row): string {
  return `${seriesOf(row)}\n${row.epochs}\n${row.batchSize}`;
}

function rate({ learningRate }: Row): number {
  return learningRate;
}

function count(rows: readonly Row[], value: (row: Row) => unknown): number {
  return new Set(rows.map(value)).size;
}

/** From the least to the greatest score; a point apart at least, so that equal scores do not divide by zero. */
function domainOf(scores: readonly number[]): Range {
  const [low, high] = extent(scores);
  return high - low >= 1 ? [low, high] : [low - 0.5, high + 0.5];
}
