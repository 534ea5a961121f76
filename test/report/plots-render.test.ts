// From specification to file: SVG, PNG and page, each as its readers expect it.
import { describe, expect, test } from "vitest";
import { type PlotKind, PLOT_KINDS, renderPlot } from "../../src/report/plots/plot.ts";
import { tabulate } from "../../src/report/rows.ts";
import { runsOf } from "../support/records.ts";
import { learningRateGrid, sweep } from "../support/rows.ts";

const table = tabulate(runsOf([...sweep(["mrpc"]), ...learningRateGrid()]));

async function svgOf(kind: PlotKind): Promise<string> {
  return (await renderPlot(table, "svg", kind)) as string;
}

/** Names of elements left open, or closed without having been opened; none in well-formed XML. */
function unbalanced(xml: string): string[] {
  const open: string[] = [];
  for (const [, closing, name, , empty] of xml.matchAll(
    /<(\/?)([\w:]+)((?:"[^"]*"|[^"<>])*?)(\/?)>/g,
  )) {
    if (closing === "") {
      if (empty === "") open.push(name);
    } else if (open.pop() !== name) return [name];
  }
  return open;
}

describe.each(PLOT_KINDS)("%s", (kind) => {
  test("is the same SVG every time", async () => {
    const first = await svgOf(kind);
    await svgOf("heat"); // numbers the gradients of the process
    expect(await svgOf(kind)).toBe(first);
  });

  test("is well-formed SVG with text in a common font", async () => {
    const svg = await svgOf(kind);
    expect(svg.startsWith("<svg xmlns=")).toBe(true);
    expect(unbalanced(svg)).toEqual([]);
    expect(svg).toContain('font-family="Roboto, Helvetica, Arial, sans-serif"');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  test("is a PNG at twice the size", async () => {
    const [, width, height] = / width="(\d+)" height="(\d+)"/.exec(await svgOf(kind)) ?? [];
    const png = Buffer.from((await renderPlot(table, "png", kind)) as Uint8Array);
    expect(png.subarray(0, 8)).toEqual(
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    );
    expect(png.readUInt32BE(16)).toBe(2 * Number(width)); // IHDR
    expect(png.readUInt32BE(20)).toBe(2 * Number(height));
  });
});

test("the ticks of the trade-off curve are readable", async () => {
  const texts = [...(await svgOf("tradeoff")).matchAll(/>([^<>]+)<\/text>/g)].map(
    ([, text]) => text,
  );
  expect(texts).toEqual(expect.arrayContaining(["1k", "10k", "100k", "1M", "10M", "100M", "m=64"]));
});

test("pointing at a mark says what it is", async () => {
  expect(await svgOf("tradeoff")).toMatch(
    /<title>houlsby m=4: -\d\.\d\d ± \d\.\d\d, 205,922 trained parameters<\/title>/,
  );
});

test("names from configs are text, not markup", async () => {
  const encoder = { source: '<script>alert("x")</script>&' };
  const runs = sweep(["mrpc"]).map((run) => ({
    ...run,
    experiment: { ...run.experiment, encoder },
  }));
  const svg = await renderPlot(tabulate(runsOf(runs)), "svg");
  expect(svg).not.toContain("<script>");
  expect(svg).toContain("&lt;script&gt;");
});

test("a picture's page holds the picture and its font", async () => {
  const page = (await renderPlot(table, "html", "heat")) as string;
  expect(page.startsWith("<!doctype html>")).toBe(true);
  expect(page).toContain("<svg ");
  expect(page).toContain("url(data:font/woff2;base64,");
});
