// One panel of the heat map: a cell for every learning rate and size, with its score in figures.
import type { Row } from "../row.ts";
import { type Range, toPixels } from "./scales.ts";
import { INK, type Layer, type Picture, settingOf } from "./style.ts";

/** A place in the panel, whether or not anything was run there. */
export interface Cell {
  setting: string;
  rate: string;
  /** Mean in percent; null in a hole. */
  score: number | null;
  /** What the cell says: the score, or how its runs ended. */
  text: string;
  /** A second line: runs that do not count in the score. */
  note: string;
  isChosen: boolean;
  description: string;
}

type Encoding = NonNullable<Extract<Layer, { mark: unknown }>["encoding"]>;

const CELL_WIDTH = 68;
const CELL_HEIGHT = 40;
const HOLE = "#efefef";
/**
 * Share of the colour range below which viridis needs white text: its luminance is 0.23 there, from which white and dark text
 * stand out nearly alike. White text has a contrast of 3.7 : 1 or more below it, dark text one of 4.2 : 1 or more above.
 */
const DARK = 0.51;

/** The cells of the candidates, and empty ones for what was not run; sizes and rates ascending. */
export function cellsOf(candidates: readonly Row[], rows: readonly Row[]): Cell[] {
  const sizes = unique(candidates.map((row) => row.size ?? 0));
  const rates = unique(candidates.map(({ learningRate }) => learningRate));
  return rates.flatMap((learningRate) =>
    sizes.map((size) => {
      const row = candidates.find(
        (other) => other.learningRate === learningRate && (other.size ?? 0) === size,
      );
      const setting = settingOf({ method: candidates[0].method, size: size || null });
      return cellOf({ setting, rate: formatRate(learningRate) }, row, rows);
    }),
  );
}

function cellOf(
  place: Pick<Cell, "setting" | "rate">,
  row: Row | undefined,
  rows: readonly Row[],
): Cell {
  const score = row === undefined || row.score.mean === null ? null : 100 * row.score.mean;
  const ended = row === undefined ? ["not run"] : endings(row);
  const text = score === null ? (ended[0] ?? "no score") : score.toFixed(1);
  const note = score === null ? ended.slice(1).join(", ") : ended.join(", ");
  const isChosen = row !== undefined && score !== null && rows.some((other) => isSame(other, row));
  const sem = row?.score.sem ?? null;
  const spread = sem === null ? "" : ` ± ${(100 * sem).toFixed(2)}`;
  const said = [score === null ? text : `${score.toFixed(2)}${spread}`, ...(note ? [note] : [])];
  const description = `${place.setting}, learning rate ${place.rate}: ${said.join(", ")}`;
  return { ...place, score, text, note, isChosen, description };
}

/** Runs that did not end well, such as `1 diverged`. */
function endings(row: Row): string[] {
  const kinds = ["diverged", "failed", "unfinished"] as const;
  return kinds.flatMap((kind) => (row[kind] > 0 ? `${row[kind]} ${kind}` : []));
}

/** Whether the candidate is what the selected row was made of: no two of them share a run. */
function isSame(selected: Row, candidate: Row): boolean {
  return selected.runs.length > 0 && selected.runs[0].runDir === candidate.runs[0]?.runDir;
}

/** The panel; colours run over `domain`, in percent. */
export function heatPanel(title: string[], cells: readonly Cell[], domain: Range): Picture {
  const settings = [...new Set(cells.map(({ setting }) => setting))];
  const rates = [...new Set(cells.map(({ rate }) => rate))].toReversed(); // the highest on top
  const x = {
    field: "setting",
    type: "ordinal",
    sort: settings,
    title: null,
    axis: { labelAngle: 0, orient: "bottom", domain: false, ticks: false, labelPadding: 8 },
  } as const;
  const y = {
    field: "rate",
    type: "ordinal",
    sort: rates,
    title: "learning rate",
    axis: { domain: false, ticks: false, labelPadding: 8 },
  } as const;
  const description = { field: "description" };
  const filled = cells.filter(({ score }) => score !== null);
  return {
    title: { text: title, fontSize: 13, offset: 8 },
    width: CELL_WIDTH * settings.length,
    height: CELL_HEIGHT * rates.length,
    layer: [
      {
        data: { values: cells.filter(({ score }) => score === null) },
        mark: { type: "rect", color: HOLE, stroke: "white", strokeWidth: 2 },
        encoding: { x, y, description },
      },
      {
        data: { values: filled },
        mark: { type: "rect", stroke: "white", strokeWidth: 2 },
        encoding: {
          x,
          y,
          description,
          color: {
            field: "score",
            type: "quantitative",
            scale: { scheme: "viridis", domain, nice: false, zero: false },
            legend: { title: "percent", gradientLength: 120, orient: "right" },
          },
        },
      },
      {
        data: { values: cells.filter(({ isChosen }) => isChosen) },
        mark: { type: "rect", filled: false, stroke: INK, strokeWidth: 3, aria: false },
        encoding: { x, y },
      },
      ...textLayers(cells, domain, { x, y }),
    ],
  };
}

function textLayers(cells: readonly Cell[], domain: Range, encoding: Encoding): Layer[] {
  const values = cells.map((cell) => {
    const isDark = cell.score !== null && toPixels(cell.score, domain, 1) < DARK;
    const isHole = cell.score === null;
    return {
      ...cell,
      colour: isDark ? "white" : INK,
      dy: cell.note ? -6 : 0,
      size: isHole ? 11 : 13,
    };
  });
  const color = { expr: "datum.colour" };
  return [
    {
      data: { values },
      mark: {
        type: "text",
        dy: { expr: "datum.dy" },
        fontSize: { expr: "datum.size" },
        color,
        aria: false,
      },
      encoding: { ...encoding, text: { field: "text" } },
    },
    {
      data: { values: values.filter(({ note }) => note !== "") },
      mark: { type: "text", dy: 9, fontSize: 10, color, aria: false },
      encoding: { ...encoding, text: { field: "note" } },
    },
  ];
}

/** `3e-4`; the same in every locale. */
function formatRate(rate: number): string {
  return rate.toExponential().replace("e+", "e");
}

function unique(values: readonly number[]): number[] {
  return [...new Set(values)].toSorted((a, b) => a - b);
}
