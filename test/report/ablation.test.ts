// The matrix of an ablation as CSV and as a picture: what stands where.
import { describe, expect, test } from "vitest";
import { type Ablation, renderAblationCsv, shownMetrics } from "../../src/report/ablation.ts";
import { ablationSpec } from "../../src/report/plots/ablation.ts";
import { renderSvg } from "../../src/report/plots/render.ts";
import { parseCsv } from "../support/csv.ts";

/** An invented ablation: the score falls by 0.01 with every layer that is removed, more for later ones. */
function ablationOf(numLayers: number, changes: Partial<Ablation> = {}): Ablation {
  const layers = Array.from({ length: numLayers }, (_, i) => i);
  const spans = layers.flatMap((first) =>
    layers.slice(first).map((last) => {
      const accuracy = 0.8 - 0.01 * (last - first + 1) - 0.001 * last;
      return { first, last, metrics: { matthews: 0.5 * accuracy, accuracy } };
    }),
  );
  return {
    runDir: "runs/x",
    task: "cola",
    method: "houlsby m=64",
    encoder: "bert-base-uncased",
    split: "dev",
    mainMetric: "matthews",
    numLayers,
    intact: { matthews: 0.4, accuracy: 0.8 },
    spans,
    majority: { matthews: 0, accuracy: 0.69 },
    ...changes,
  };
}

interface Panel {
  title: { text: string; subtitle: string };
  width: number;
  layer: { data: { values: Record<string, unknown>[] } }[];
}

function panelsOf(ablation: Ablation): Panel[] {
  const spec = ablationSpec(ablation) as unknown as { vconcat: { concat: Panel[] }[] };
  return spec.vconcat[0].concat;
}

describe("as CSV", () => {
  test("a line per span after that of the intact model, with relative changes", () => {
    const text = renderAblationCsv(ablationOf(3));
    expect(text.split("\n").slice(0, 2)).toEqual([
      "first,last,layersRemoved,matthews,matthewsChange,accuracy,accuracyChange",
      ",,0,0.4,0,0.8,0",
    ]);
    const [, ...records] = parseCsv(text);
    const spans = records.map(
      ({ first, last, layersRemoved }) => `${first}-${last}:${layersRemoved}`,
    );
    expect(spans).toEqual(["0-0:1", "0-1:2", "0-2:3", "1-1:1", "1-2:2", "2-2:1"]);
    expect(Number(records[2].accuracy)).toBeCloseTo(0.768, 12);
    expect(Number(records[2].accuracyChange)).toBeCloseTo(0.768 / 0.8 - 1, 12);
  });

  test("no change of what was zero", () => {
    const intact = { matthews: 0, accuracy: 0.8 };
    const [, record] = parseCsv(renderAblationCsv(ablationOf(1, { intact })));
    expect(record.matthewsChange).toBe("");
  });
});

test("the deciding metric and accuracy are shown, once where they are the same", () => {
  const intact = { matthews: 0.4, accuracy: 0.8, f1: 0.7 };
  expect(shownMetrics({ intact, mainMetric: "matthews" })).toEqual(["matthews", "accuracy"]);
  expect(shownMetrics({ intact, mainMetric: "accuracy" })).toEqual(["accuracy"]);
  expect(shownMetrics({ intact: { f1: 0.8 }, mainMetric: "f1" })).toEqual(["f1"]);
});

describe("as a picture", () => {
  test("a cell per span says its change in percent; single layers are framed", () => {
    const panels = panelsOf(ablationOf(3));
    expect(panels.map(({ title }) => title)).toMatchObject([
      { text: "matthews", subtitle: "intact 40.00, majority class 0.00" },
      { text: "accuracy", subtitle: "intact 80.00, majority class 69.00" },
    ]);
    const [cells, frames, texts] = panels[1].layer.map(({ data }) => data.values);
    expect(cells).toHaveLength(6);
    expect(cells[2]).toMatchObject({
      first: 0,
      last: 2,
      description: "without layers 0 to 2: 76.80, −4.00 %",
    });
    expect(frames.map(({ first, last }) => [first, last])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect(texts[2]).toMatchObject({ text: "−4.0", colour: "white" });
    expect(texts[1]).toMatchObject({ text: "−2.6" });
  });

  test.each([1, 2, 6, 12, 24, 48])("%i layers: all text has room in its cell", (numLayers) => {
    const fallsToZero = ablationOf(numLayers).spans.map((span) => ({
      ...span,
      metrics: { matthews: 0, accuracy: 0.001 },
    }));
    for (const { layer, width } of panelsOf(ablationOf(numLayers, { spans: fallsToZero }))) {
      const texts = layer[2].data.values.map(({ text }) => String(text));
      // A digit is 0.56 wide in Roboto, of a font size of 10 to 13.
      const fontSize = (layer[2] as unknown as { mark: { fontSize: number } }).mark.fontSize;
      for (const text of texts)
        expect(text.length * 0.56 * fontSize).toBeLessThan(width / numLayers);
    }
  });

  test("a model that does not change is no reason to divide by zero", async () => {
    const { intact, spans } = ablationOf(2);
    const same = spans.map((span) => ({ ...span, metrics: intact }));
    const svg = await renderSvg(ablationSpec(ablationOf(2, { spans: same })));
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(svg).toContain(">0.0</text>");
  });

  test("the corner at the top right is all layers", async () => {
    const svg = await renderSvg(ablationSpec(ablationOf(4, { intact: { accuracy: 0.8 }, mainMetric: "accuracy" }))); // prettier-ignore
    const corner = /aria-label="without layers 0 to 3[^"]*"[^>]* d="M(\d+),(\d+)/.exec(svg);
    const single = /aria-label="without layer 3[^"]*"[^>]* d="M(\d+),(\d+)/.exec(svg);
    expect([corner, single].map((match) => match?.slice(1).map(Number))).toEqual([
      [162, 0],
      [162, 114],
    ]);
  });
});
