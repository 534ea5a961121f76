// Draws a Vega-Lite specification without a browser. Vega finds the package `canvas` by that name (here @napi-rs/canvas, see
// package.json) and uses it to measure text and to draw the PNG; where it has no binary for a machine, text is estimated and
// only the PNG is missing.
import { createRequire } from "node:module";
import type { View } from "vega";
import type { TopLevelSpec } from "vega-lite";
import { UserError } from "../../errors.ts";

const PNG_SCALE = 2; // pixels of the PNG per pixel of the picture, for dense screens and print

/** The picture as an SVG document. The same specification gives the same text. */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  const { resetSVGDefIds } = await import("vega");
  const view = await createView(spec);
  resetSVGDefIds(); // else clip paths are numbered on from the picture before
  const svg = await view.toSVG();
  view.finalize();
  return withTooltips(svg);
}

/** The picture as a PNG file. */
export async function renderPng(spec: TopLevelSpec): Promise<Uint8Array> {
  if ((await loadCanvas()) === null)
    throw new UserError(
      `PNG: @napi-rs/canvas has no binary for ${process.platform} ${process.arch}`,
      { hint: "write an .svg or .html instead" },
    );
  const view = await createView(spec);
  const canvas = (await view.toCanvas(PNG_SCALE)) as unknown as {
    encode(type: "png"): Promise<Buffer>;
  };
  view.finalize();
  return new Uint8Array(await canvas.encode("png"));
}

async function createView(spec: TopLevelSpec): Promise<View> {
  await loadCanvas(); // before text is measured
  const [vega, vegaLite] = await Promise.all([import("vega"), import("vega-lite")]);
  const silent = vega.logger(vega.Error);
  const compiled = vegaLite.compile(spec, { logger: silent }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: "none", logger: silent });
  return view.runAsync();
}

type Canvas = typeof import("canvas");
let canvas: Promise<Canvas | null> | undefined;

/** The canvas with the font that pictures are drawn in; null where the machine has none. */
function loadCanvas(): Promise<Canvas | null> {
  canvas ??= import("canvas").then(registerFont, () => null);
  return canvas;
}

function registerFont(module: Canvas): Canvas {
  module.GlobalFonts.registerFromPath(fontPath("woff"), "Roboto");
  return module;
}

/** Where the font file lies: `woff` can be drawn with, `woff2` is the smaller one for pages. */
export function fontPath(format: "woff" | "woff2"): string {
  const { resolve } = createRequire(import.meta.url);
  return resolve(`roboto-fontface/fonts/roboto/Roboto-Regular.${format}`);
}

/** Vega writes descriptions of marks for screen readers only; browsers show a `<title>` to whoever points at the mark. */
function withTooltips(svg: string): string {
  return svg.replace(
    /<(path|text|rect|line) ([^>]*aria-label="([^"]*)"[^>]*)\/>/g,
    "<$1 $2><title>$3</title></$1>",
  );
}
