// Draws a Vega-Lite specification without a browser. Vega finds the package `canvas` by that name (here @napi-rs/canvas, see
// package.json) and uses it to measure text and to draw the PNG; where it has no binary for a machine, text is estimated and
// only the PNG is missing.
import { createRequire } from "node:module";
import type { View } from "vega";
import type { TopLevelSpec } from "vega-lite";
import { UserError } from "../../errors.ts";
import { plain } from "../plain.ts";

const PNG_SCALE = 2; // pixels of the PNG per pixel of the picture, for dense screens and print
const MAX_PNG_SIDE = 16_384; // pixels; canvases of twice that cannot be drawn

/** The picture as an SVG document. The same specification gives the same text. */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  const { resetSVGDefIds } = await import("vega");
  const view = await createView(spec);
  resetSVGDefIds(); // else clip paths are numbered on from the picture before
  const svg = await view.toSVG();
  view.finalize();
  return withTooltips(plain(svg));
}

/** The picture as a PNG file. */
export async function renderPng(spec: TopLevelSpec): Promise<Uint8Array> {
  if ((await loadCanvas()) === null)
    throw new UserError(
      `PNG: @napi-rs/canvas has no binary for ${process.platform} ${process.arch}`,
      { hint: "write an .svg or .html instead" },
    );
  const view = await createView(spec);
  const [, width, height] = / width="(\d+)" height="(\d+)"/.exec(await view.toSVG()) ?? [];
  const scale = Math.min(PNG_SCALE, MAX_PNG_SIDE / Math.max(Number(width), Number(height)));
  const canvas = (await view.toCanvas(scale)) as unknown as {
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

const importCanvas = () => import("canvas");
type Canvas = Awaited<ReturnType<typeof importCanvas>>;
let canvas: Promise<Canvas | null> | undefined;

/** The canvas with the font that pictures are drawn in; null where there is no binary for the machine. */
function loadCanvas(): Promise<Canvas | null> {
  canvas ??= importCanvas().then(registerFont, () => null);
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
