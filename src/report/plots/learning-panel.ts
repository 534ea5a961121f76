// One panel of learning curves: the runs of one method as lines, each setting named at the right where its lines end.
import { LABEL_SIZE } from "./labels.ts";
import { fromPixels, type Range, toPixels } from "./scales.ts";
import { INK, type Layer, type Picture } from "./style.ts";

/** What is drawn against epochs. */
export type Lines = "scores" | "losses";

interface Point {
  epoch: number;
  value: number;
}

/** The runs of one setting. */
export interface Curve {
  setting: string;
  colour: string;
  lines: { name: string; scores: Point[]; losses: Point[] }[];
}

export interface CurvePanel {
  /** Of the method. */
  name: string;
  /** Whether the panel bears the name. */
  isTop: boolean;
  curves: readonly Curve[];
  lines: Lines;
  epochs: Range;
  range: Range;
  /** Null where the panel at the left has it. */
  yTitle: string | null;
  width: number;
  height: number;
}

const LABEL_GAP = LABEL_SIZE + 2; // pixels from one label to the next
const EDGE = LABEL_GAP / 2; // from the top and bottom of the panel to the middle of a label
const LEADER = 14; // pixels from the end of the axis to the labels
const DOTTED = 30; // evaluations up to which each has a dot

/** Pixels that leave room for a label per setting. */
export function panelHeight(numCurves: number): number {
  return Math.max(150, (numCurves + 1) * LABEL_GAP);
}

/** The panel. */
export function curvePanel(panel: CurvePanel): Picture {
  const { name, isTop, curves, lines, epochs, range, yTitle, width, height } = panel;
  const values = curves.flatMap((curve) =>
    curve.lines.flatMap((line) =>
      line[lines].map((point) => ({ ...point, name: line.name, colour: curve.colour })),
    ),
  );
  const longest = Math.max(
    ...curves.flatMap((curve) => curve.lines.map((line) => line[lines].length)),
  );
  const isNamedByTitle = curves.length === 1 && curves[0].setting === name;
  const tickMinStep = epochs[1] >= 2 ? 1 : 0;
  const x = {
    field: "epoch",
    type: "quantitative",
    title: lines === "losses" ? "epoch" : null,
    scale: { domain: epochs, nice: false },
    axis: { tickCount: 5, tickMinStep, grid: false, labelFlush: false },
  } as const;
  const y = {
    field: "value",
    type: "quantitative",
    title: yTitle,
    scale: { domain: range, nice: false, zero: false },
    axis: { tickCount: 5, minExtent: 36, maxExtent: 36 },
  } as const;
  const color = { field: "colour", type: "nominal", scale: null, legend: null } as const;
  const description = { field: "name" };
  return {
    ...(isTop
      ? { title: { text: name, fontSize: 13, limit: width + 60, offset: 8, frame: "group" } }
      : {}),
    width,
    height,
    layer: [
      {
        data: { values },
        mark: { type: "line", strokeWidth: 1.5, opacity: 0.85 },
        encoding: { x, y, color, description, detail: { field: "name" } },
      },
      {
        data: { values: longest <= DOTTED ? values : [] },
        mark: { type: "point", filled: true, size: 18, opacity: 1, aria: false },
        encoding: { x, y, color },
      },
      ...(isNamedByTitle ? [] : endLabels(panel)),
    ],
  };
}

/** The names of the settings at the right, moved apart, each with a line from where one of its runs ends. */
function endLabels({ curves, lines, range, width, height }: CurvePanel): Layer[] {
  const ends = curves.flatMap(({ setting, colour, lines: runs }) => {
    const end = medianOf(runs.flatMap((run) => run[lines].at(-1) ?? []));
    return end ? { setting, colour, ...end } : [];
  });
  const places = moveApart(
    ends.map(({ value }) => toPixels(value, range, height)),
    height,
  );
  const values = ends.map((end, i) => ({ ...end, at: fromPixels(places[i], range, height) }));
  return [
    {
      data: { values },
      mark: { type: "rule", strokeWidth: 1, opacity: 0.5, aria: false },
      encoding: {
        x: { field: "epoch", type: "quantitative" },
        y: { field: "value", type: "quantitative" },
        x2: { value: width + LEADER - 2 },
        y2: { field: "at" },
        color: { field: "colour", type: "nominal", scale: null, legend: null },
      },
    },
    {
      data: { values },
      mark: {
        type: "text",
        align: "left",
        baseline: "middle",
        fontSize: LABEL_SIZE,
        color: INK,
        aria: false,
      },
      encoding: {
        x: { value: width + LEADER },
        y: { field: "at", type: "quantitative" },
        text: { field: "setting" },
      },
    },
  ];
}

/** The point with the median value, the lower one of two: unlike their mean, it is the end of a line. */
export function medianOf(points: readonly Point[]): Point | undefined {
  const sorted = points.toSorted((a, b) => a.value - b.value);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

/** Positions a label's height apart or more, in the same order, as near as simply possible to those asked for. */
export function moveApart(positions: readonly number[], height: number): number[] {
  const order = positions.map((_, i) => i).toSorted((a, b) => positions[a] - positions[b] || a - b);
  const moved = [...positions];
  let least = EDGE;
  for (const i of order) {
    moved[i] = Math.max(moved[i], least);
    least = moved[i] + LABEL_GAP;
  }
  let most = height - EDGE;
  for (const i of order.toReversed()) {
    moved[i] = Math.min(moved[i], most);
    most = moved[i] - LABEL_GAP;
  }
  return moved;
}
