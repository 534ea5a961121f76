// Draws rows as a picture: the trade-off curve, the learning curves or the heat map, as SVG, PNG or a page of its own.
import type { TopLevelSpec } from "vega-lite";
import { figure, renderPage } from "../page.ts";
import type { Row } from "../row.ts";
import { heatMap } from "./heat-map.ts";
import { learningCurves } from "./learning-curves.ts";
import { renderPng, renderSvg } from "./render.ts";
import { tradeoff } from "./tradeoff.ts";

/** What pictures are drawn from. */
export interface PlotInput {
  /** One row per selected setting. */
  rows: Row[];
  /** One row per tuned setting, averaged over seeds, without selection: learning rates that were not chosen are here only. */
  candidates: Row[];
}

/** What can be drawn. */
export const PLOT_KINDS = ["tradeoff", "learning", "heat"] as const;
export type PlotKind = (typeof PLOT_KINDS)[number];

const TITLES: Record<PlotKind, string> = {
  tradeoff: "Trade-off curve",
  learning: "Learning curves",
  heat: "Score over learning rate and size",
};

/** File endings a picture can have. */
export const PLOT_ENDINGS = ["svg", "png", "html"] as const;
export type PlotEnding = (typeof PLOT_ENDINGS)[number];

/** The picture as text, or as bytes where it is a PNG. Throws UserError where there is nothing to draw. */
export async function renderPlot(
  input: PlotInput,
  ending: PlotEnding,
  kind: PlotKind = "tradeoff",
): Promise<string | Uint8Array> {
  const spec = specOf(input, kind);
  if (ending === "png") return renderPng(spec);
  const svg = await renderSvg(spec);
  return ending === "svg"
    ? svg
    : renderPage({ title: TITLES[kind], body: `<main>${figure(svg, kind)}</main>` });
}

/** The Vega-Lite specification of a picture. Throws UserError where there is nothing to draw. */
export function specOf({ rows, candidates }: PlotInput, kind: PlotKind): TopLevelSpec {
  if (kind === "tradeoff") return tradeoff(rows);
  if (kind === "learning") return learningCurves(rows);
  return heatMap(candidates, rows);
}
