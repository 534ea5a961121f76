// The specifications of the pictures as data: what stands where, and what is refused.
import { describe, expect, test } from "vitest";
import { medianOf, moveApart } from "../../src/report/plots/learning-panel.ts";
import { percentile } from "../../src/report/plots/percentile.ts";
import { type PlotKind, specOf } from "../../src/report/plots/plot.ts";
import { tabulate } from "../../src/report/rows.ts";
import { divergedResult, failedResult, runsOf, trainedResult } from "../support/records.ts";
import { learningRateGrid, sweep, sweptRun, sweptTable } from "../support/rows.ts";

type Datum = Record<string, unknown>;
interface Layer {
  data: { values: Datum[] };
  mark: { type: string };
  encoding: Record<string, { scale?: { type?: string; domain: unknown[] }; title?: string }>;
}

/** Every unit of a specification, however deep. */
function layersOf(spec: unknown): Layer[] {
  if (Array.isArray(spec)) return spec.flatMap(layersOf);
  if (typeof spec !== "object" || spec === null) return [];
  if ("mark" in spec) return [spec as Layer];
  return Object.values(spec).flatMap(layersOf);
}

function layerOf(spec: unknown, mark: string): Layer {
  const found = layersOf(spec).find((layer) => layer.mark.type === mark);
  if (!found) throw new Error(`no ${mark} in the specification`);
  return found;
}

function textsOf(spec: unknown): unknown[] {
  return layersOf(spec)
    .filter((layer) => layer.mark.type === "text")
    .flatMap((layer) =>
      layer.data.values.map(({ text, setting, note }) => note || text || setting),
    );
}

function tableOf(...results: Parameters<typeof runsOf>[0]) {
  return tabulate(runsOf(results));
}

describe("trade-off curve", () => {
  const table = sweptTable(["mrpc"]);
  const spec = specOf(table, "tradeoff");

  test("trained parameters are on a logarithmic axis", () => {
    expect(layerOf(spec, "point").encoding.x?.scale?.type).toBe("log");
  });

  test("a point is the score minus full fine-tuning's in percent points, and its error bar the s.e.m.", () => {
    const full = table.rows.find(({ method }) => method === "full")?.score.mean ?? Number.NaN;
    const points = layerOf(spec, "point").data.values;
    expect(points).toHaveLength(table.rows.length);
    for (const row of table.rows) {
      const point = points.find(({ trained }) => trained === row.parameters?.trained);
      const y = 100 * ((row.score.mean ?? 0) - full);
      expect(point?.y).toBeCloseTo(y, 10);
      expect(point?.high).toBeCloseTo(y + 100 * (row.score.sem ?? 0), 10);
    }
  });

  test("a line per method of several sizes, and none for a single point", () => {
    const series = layerOf(spec, "line").data.values.map((value) => value.series);
    expect([...new Set(series)]).toEqual(["houlsby", "top-layers"]);
  });

  test("points are labelled with their sizes", () => {
    expect(textsOf(spec)).toEqual(
      expect.arrayContaining(["m=1", "m=64", "m=256", "k=2", "head", "layernorm", "full"]),
    );
  });

  test("across tasks the median and the 20th and 80th percentile at equal settings", () => {
    const names = ["mrpc", "sst2", "cola"] as const;
    const several = sweptTable(names);
    const [point] = layerOf(specOf(several, "tradeoff"), "point").data.values.filter(
      ({ setting }) => setting === "m=64",
    );
    const below = names.map((name) => {
      const mean = (method: string, size: number | null) =>
        several.rows.find((r) => r.task === name && r.method === method && r.size === size)?.score
          .mean ?? Number.NaN;
      return 100 * (mean("houlsby", 64) - mean("full", null));
    });
    expect(point.y).toBeCloseTo(percentile(below, 50), 10);
    expect(point.low).toBeCloseTo(percentile(below, 20), 10);
    expect(point.high).toBeCloseTo(percentile(below, 80), 10);
  });

  test("a setting that only some tasks have says so", () => {
    const runs = sweep(["mrpc", "rte"]).filter(
      ({ experiment: { task, method } }) => task.name === "mrpc" || method.name !== "layernorm",
    );
    expect(textsOf(specOf(tableOf(...runs), "tradeoff"))).toContain("layernorm (1 of 2)");
  });

  test("a task without full fine-tuning is left out beside others, and absolute alone", () => {
    const withoutFull = sweep(["rte"]).filter(
      ({ experiment }) => experiment.method.name !== "full",
    );
    const beside = JSON.stringify(specOf(tableOf(...sweep(["mrpc"]), ...withoutFull), "tradeoff"));
    expect(beside).toContain("left out for want of full fine-tuning: 14 settings");
    const alone = specOf(tableOf(...withoutFull), "tradeoff");
    expect(layerOf(alone, "point").encoding.y?.title).toBe(
      "accuracy, percent (no full fine-tuning to compare with)",
    );
    expect(layerOf(alone, "point").data.values[0].y).toBeGreaterThan(50);
  });

  test("single seeds are hollow, and the subtitle says so", () => {
    expect(JSON.stringify(spec)).not.toContain("hollow");
    const runs = sweep(["mrpc"]).filter(
      ({ experiment: { method, seed } }) => method.name !== "head" || seed === 0,
    );
    const mixed = specOf(tableOf(...runs), "tradeoff");
    const [filled, hollow] = layersOf(mixed).filter(({ mark }) => mark.type === "point");
    expect(hollow.mark).toMatchObject({ filled: false, fill: "white" });
    expect(hollow.data.values.map(({ setting }) => setting)).toEqual(["head"]);
    expect(filled.data.values).toHaveLength(table.rows.length - 1);
    expect(JSON.stringify(mixed)).toContain("mean ± s.e.m.; hollow: a single seed");
  });

  test("the majority class is drawn only where the axis reaches it", () => {
    expect(textsOf(spec)).not.toContain("majority class"); // 50 percent
    const near = sweep(["mrpc"]).map((run) => ({ ...run, majority: { dev: { f1: 0.812 } } }));
    expect(textsOf(specOf(tableOf(...near), "tradeoff"))).toContain("majority class");
  });

  test("one picture per encoder", () => {
    const other = trainedResult({ encoder: { source: "another" } });
    const { vconcat } = specOf(tableOf(...sweep(["mrpc"]), other), "tradeoff") as {
      vconcat: unknown[];
    };
    expect(vconcat).toHaveLength(2);
  });
});

describe("learning curves", () => {
  const table = sweptTable(["mrpc"]);

  test("a line per run, for the score and for the training loss", () => {
    const lines = layersOf(specOf(table, "learning")).filter(({ mark }) => mark.type === "line");
    const names = lines.map(({ data }) => new Set(data.values.map(({ name }) => name)).size);
    expect(names.reduce((a, b) => a + b)).toBe(2 * 3 * table.rows.length);
    expect(lines[0].data.values[0]).toMatchObject({ epoch: 1, name: "houlsby m=1, seed 0" });
    const values = lines.flatMap(({ data }) => data.values.map(({ value }) => value as number));
    expect(values.every(Number.isFinite)).toBe(true);
  });

  test("values that are no numbers are left out", () => {
    const run = trainedResult();
    const broken = { ...run.evaluations[0], trainLoss: null, metrics: { f1: null as never } };
    const damaged = { ...run, evaluations: [broken, ...run.evaluations.slice(1)] };
    const [scores, losses] = layersOf(specOf(tableOf(damaged), "learning")).filter(
      ({ mark }) => mark.type === "line",
    );
    expect(scores.data.values.map(({ epoch }) => epoch)).toEqual([2, 3]);
    expect(losses.data.values.map(({ epoch }) => epoch)).toEqual([2, 3]);
  });

  test("a thousand evaluations are thinned, the last one kept", () => {
    const run = trainedResult({ training: { epochs: 1000 } });
    const { values } = layerOf(specOf(tableOf(run), "learning"), "line").data;
    expect(values).toHaveLength(100);
    expect(values.at(-1)?.epoch).toBe(1000);
  });

  test("too many runs to tell apart are refused", () => {
    const runs = Array.from({ length: 501 }, (_, seed) => trainedResult({ seed }));
    expect(() => specOf(tableOf(...runs), "learning")).toThrow(
      "learning curves: 501 runs on mrpc: expected at most 500",
    );
  });

  test("a label's line begins where the run with the median final value ends", () => {
    const { rows } = tableOf(
      ...[0.7, 0.9, 0.71, 0.8].map((score, seed) => trainedResult({ seed, score })),
      trainedResult({ method: { name: "houlsby", size: 8 } }),
    );
    const layers = layersOf(specOf({ rows, candidates: rows }, "learning"));
    const [rule] = layers.filter(({ mark }) => mark.type === "rule");
    const label = rule.data.values.find(({ setting }) => setting === "m=64");
    const ends = layerOf(layers, "line").data.values.filter(
      ({ name, epoch }) => epoch === 3 && String(name).startsWith("houlsby m=64"),
    );
    const values = ends.map(({ value }) => value as number).toSorted((a, b) => a - b);
    expect(values).toHaveLength(4);
    expect(label).toMatchObject({ epoch: 3, value: values[1] });
    expect(medianOf([])).toBeUndefined();
  });

  test("labels at the ends of lines are moved apart and stay in the panel", () => {
    const places = moveApart([50, 50, 51, 149, 150], 150);
    const sorted = places.toSorted((a, b) => a - b);
    expect(places).toEqual(sorted);
    expect(Math.min(...sorted.slice(1).map((place, i) => place - sorted[i]))).toBeGreaterThan(11);
    expect(sorted.at(-1)).toBeLessThanOrEqual(150);
  });
});

describe("heat map", () => {
  const at = (size: number, learningRate: number) => ({
    method: { name: "houlsby", size } as const,
    training: { learningRate, epochs: 3 },
  });
  const table = tableOf(
    ...learningRateGrid(),
    divergedResult(at(512, 3e-3)),
    failedResult(at(512, 3e-4)),
  );
  const spec = specOf(table, "heat");

  test("a cell per size and learning rate, in the order of their values", () => {
    const { sort } = layerOf(spec, "rect").encoding.x as { sort?: string[] };
    expect(sort).toEqual(["m=8", "m=64", "m=256", "m=512"]);
    const { sort: rates } = layerOf(spec, "rect").encoding.y as { sort?: string[] };
    expect(rates).toEqual(["3e-3", "3e-4", "3e-5"]);
  });

  test("holes say why", () => {
    expect(textsOf(spec)).toEqual(expect.arrayContaining(["1 diverged", "1 failed", "not run"]));
  });

  test("scores are means in percent, and text is white on dark cells only", () => {
    const [row] = table.candidates.filter(
      ({ size, learningRate }) => size === 64 && learningRate === 3e-4,
    );
    const cells = layersOf(spec).flatMap(({ data }) => data.values);
    const [cell] = cells.filter(
      ({ setting, rate, colour }) => setting === "m=64" && rate === "3e-4" && colour,
    );
    expect(cell.text).toBe((100 * (row.score.mean ?? 0)).toFixed(1));
    const least = cells
      .filter(({ score }) => typeof score === "number")
      .toSorted((a, b) => (a.score as number) - (b.score as number));
    expect(least.find(({ colour }) => colour)?.colour).toBe("white");
    expect(least.findLast(({ colour }) => colour)?.colour).not.toBe("white");
  });

  test("the chosen setting of every size is framed", () => {
    const chosen = layersOf(spec).filter(
      ({ mark }) => (mark as { filled?: boolean }).filled === false,
    );
    expect(chosen.flatMap(({ data }) => data.values.map(({ setting }) => setting))).toEqual([
      "m=8",
      "m=64",
      "m=256",
    ]);
  });
});

describe("nothing to draw", () => {
  const failed = tableOf(failedResult());
  const cases: [PlotKind, ReturnType<typeof tableOf>, string][] = [
    ["tradeoff", failed, "trade-off curve: no row has a score: expected at least one"],
    ["learning", failed, "learning curves: no run ended well: expected at least one"],
    ["heat", sweptTable(["mrpc"]), "heat map: 15 settings: expected several learning rates"],
    ["heat", failed, "heat map: 1 setting: expected several learning rates"],
    ["tradeoff", tableOf(), "trade-off curve: no row has a score"],
  ];
  test.each(cases)("%s is a user error", (kind, table, message) => {
    expect(() => specOf(table, kind)).toThrow(
      expect.objectContaining({ name: "UserError", message: expect.stringContaining(message) }),
    );
  });
});

test("a sweep of one point has a picture", () => {
  const spec = specOf(tableOf(sweptRun("mrpc", { name: "houlsby", size: 64 }, 0.01)), "tradeoff");
  const points = layersOf(spec).filter(({ mark }) => mark.type === "point");
  expect(points.map(({ data }) => data.values.length)).toEqual([0, 1]); // hollow
});
