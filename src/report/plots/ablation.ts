// The heat maps of an ablation: the relative change of the score for every span of layers whose adapters are removed. Rows are the
// first layer of the span and columns the last, so that single layers are the diagonal, which is framed, and all layers the corner
// at the top right.
// Reference: Houlsby et al. 2019 Fig. 6.
import type { TopLevelSpec } from "vega-lite";
import { type Ablation, relativeChange, shownMetrics } from "../ablation.ts";
import { extent, type Range, toPixels } from "./scales.ts";
import { INK, type Layer, type Picture, shorten, stack } from "./style.ts";

/** How large the cells are, in pixels. */
interface Look {
  width: number;
  height: number;
  fontSize: number;
  /** From how many percent on a figure has no room for a digit after the point. */
  wholeFrom: number;
}

/** A span in the picture. */
interface Cell {
  first: number;
  last: number;
  /** In percent. */
  change: number;
  text: string;
  description: string;
}

/** Share of viridis, from its dark end, on which white text stands out better than dark text; as in heat-panel.ts. */
const DARK = 0.51;
const MINUS = "−";

/** The specification of the picture, one panel per metric. */
export function ablationSpec(ablation: Ablation): TopLevelSpec {
  const { encoder, method, numLayers, split, task } = ablation;
  const title = {
    text: `${task}: change of the score on ${split} without the adapters of some layers, percent`,
    subtitle: `${method}, encoder ${shorten(encoder, 60)}, not trained again; single layers framed`,
  };
  const panels = shownMetrics(ablation).map((metric) => panelOf(ablation, metric));
  return stack([
    {
      title,
      columns: numLayers > 16 ? 1 : 2,
      spacing: { row: 36, column: 48 },
      concat: panels,
      resolve: { scale: { color: "independent" } },
    },
  ]);
}

function lookOf(numLayers: number): Look {
  if (numLayers <= 8) return { width: 54, height: 38, fontSize: 13, wholeFrom: 1000 };
  if (numLayers <= 16) return { width: 42, height: 30, fontSize: 11, wholeFrom: 1000 };
  return { width: 30, height: 24, fontSize: 10, wholeFrom: 9.95 };
}

function panelOf(ablation: Ablation, metric: string): Picture {
  const { intact, majority, numLayers } = ablation;
  const look = lookOf(numLayers);
  const cells = cellsOf(ablation, metric, look);
  const domain = domainOf(cells.map(({ change }) => change));
  const floor = metric in majority ? `, majority class ${percent(majority[metric])}` : "";
  return {
    title: {
      text: metric,
      subtitle: `intact ${percent(intact[metric])}${floor}`,
      fontSize: 13,
      offset: 8,
    },
    width: look.width * numLayers,
    height: look.height * numLayers,
    layer: layers(cells, domain, { numLayers, look }),
  };
}

function layers(
  cells: readonly Cell[],
  domain: Range,
  { look, numLayers }: { look: Look; numLayers: number },
): Layer[] {
  const scale = { domain: Array.from({ length: numLayers }, (_, i) => i) };
  const axis = { labelAngle: 0, domain: false, ticks: false, labelPadding: 6 } as const;
  const axisOf = (field: keyof Cell, title: string) =>
    ({ field, type: "ordinal", scale, title, axis }) as const;
  const x = axisOf("last", "last layer");
  const y = axisOf("first", "first layer");
  const color = {
    field: "change",
    type: "quantitative",
    scale: { scheme: "viridis", domain, nice: false, zero: false },
    legend: { title: "percent", gradientLength: 120, orient: "right" },
  } as const;
  return [
    {
      data: { values: [...cells] },
      mark: { type: "rect", stroke: "white", strokeWidth: 1 },
      encoding: { x, y, color, description: { field: "description" } },
    },
    {
      data: { values: cells.filter(({ first, last }) => first === last) },
      mark: { type: "rect", filled: false, stroke: INK, strokeWidth: 1.5, aria: false },
      encoding: { x, y },
    },
    {
      data: { values: cells.map((cell) => ({ ...cell, colour: textColour(cell, domain) })) },
      mark: { type: "text", fontSize: look.fontSize, color: { expr: "datum.colour" }, aria: false },
      encoding: { x, y, text: { field: "text" } },
    },
  ];
}

function cellsOf(ablation: Ablation, metric: string, { wholeFrom }: Look): Cell[] {
  return ablation.spans.flatMap(({ first, last, metrics }) => {
    const share = relativeChange(ablation, { metrics }, metric);
    if (share === null) return [];
    const change = 100 * share;
    const where = first === last ? `layer ${first}` : `layers ${first} to ${last}`;
    const description = `without ${where}: ${percent(metrics[metric])}, ${signed(change, 2)} %`;
    const text = signed(change, Math.abs(change) < wholeFrom ? 1 : 0);
    return [{ first, last, change, text, description }];
  });
}

/** From the largest drop to no change at all, or beyond it; a point apart at least, so that equal values do not divide by zero. */
function domainOf(changes: readonly number[]): Range {
  const [low, high] = extent([0, ...changes]);
  return [Math.min(low, high - 1), high];
}

function textColour({ change }: Cell, domain: Range): string {
  return toPixels(change, domain, 1) < DARK ? "white" : INK;
}

function percent(score: number): string {
  return (100 * score).toFixed(2);
}

/** With a minus sign of a digit's width, and none before what is rounded to zero. */
function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `${MINUS}${text}` : text;
}
