// Published scores: that they are the paper's, and that only equal things are compared.
import { describe, expect, test } from "vitest";
import { besidePaper, published } from "../../src/report/paper.ts";
import type { Row } from "../../src/report/row.ts";
import { tabulate } from "../../src/report/rows.ts";
import { type Changes, failedResult, runsOf, trainedResult } from "../support/records.ts";

function rowOf(changes: Changes): Row {
  return tabulate(runsOf([trainedResult(changes)])).rows[0];
}

describe("published scores", () => {
  // Houlsby et al. 2019, arXiv 1902.00751v2, Table 1, the columns' means worked out by hand.
  test.each([
    ["BERT fine-tune", 82.0],
    ["Adapters (8-256), best size per task", 81.5],
    ["Adapters (64)", 81.1],
  ])("of %s have the paper's mean over the nine columns", (label, expected) => {
    const rows = published.filter(({ source }) => source === `Table 1, ${label}`);
    expect(rows).toHaveLength(9);
    const mean = rows.reduce((sum, { score }) => sum + 100 * score, 0) / rows.length;
    expect(mean.toFixed(1)).toBe(expected.toFixed(1));
  });

  test("the server's Total is nowhere", () => {
    for (const total of [0.804, 0.8, 0.796])
      expect(published.filter(({ score }) => score === total)).toEqual([]);
    expect(JSON.stringify(published)).not.toMatch(/total/i);
  });
});

describe("beside a row of ours", () => {
  test("MRPC, adapters of size 64", () => {
    const [nearest, ...more] = besidePaper(rowOf({ score: 0.9 }));
    expect(nearest.published).toMatchObject({
      source: "Table 1, Adapters (64)",
      encoder: "BERT-large",
      metric: "f1",
      score: 0.896,
    });
    expect(nearest.difference).toBeCloseTo(0.004, 12);
    expect(more).toEqual([]);
  });

  test.each([8, 256])(
    "size %i of the paper's grid stands beside the best size per task",
    (size) => {
      const comparisons = besidePaper(rowOf({ method: { name: "houlsby", size } }));
      expect(comparisons.map(({ published: { score, size: theirs } }) => [theirs, score])).toEqual([
        ["tuned", 0.895],
      ]);
    },
  );

  test("MNLI: the validation set first, then both parts of the test set", () => {
    const result = trainedResult({ task: "mnli", method: { name: "full" }, score: 0.8 });
    for (const evaluation of result.evaluations)
      if (evaluation.split === "dev_mismatched") evaluation.metrics.accuracy -= 0.1;
    const comparisons = besidePaper(tabulate(runsOf([result])).rows[0]);
    expect(comparisons.map(({ published: { score, source } }) => [source, score])).toEqual([
      ["Fig. 4", 0.844],
      ["Table 1, BERT fine-tune", 0.867],
      ["Table 1, BERT fine-tune", 0.859],
    ]);
    expect(comparisons[1].difference).toBeCloseTo(0.8 - 0.867, 12);
    expect(comparisons[2].difference).toBeCloseTo(0.7 - 0.859, 12);
  });

  test("never another metric than the published one", () => {
    const [row] = tabulate(
      runsOf([trainedResult({ result: { mainMetric: "accuracy" }, score: 0.9 })]),
    ).rows;
    const [{ difference, ours }] = besidePaper(row);
    expect(row.score.mean).toBeCloseTo(0.89, 12); // accuracy lies 0.01 below F1 in invented runs
    expect(ours?.mean).toBe(0.9);
    expect(difference).toBeCloseTo(0.9 - 0.896, 12);
  });

  test("a metric that we do not have is no number", () => {
    const [{ difference, ours }] = besidePaper({ ...rowOf({}), metrics: {} });
    expect({ difference, ours }).toEqual({ difference: null, ours: null });
  });

  test("STS-B and QNLI come with what is known against them", () => {
    expect(besidePaper(rowOf({ task: "stsb" }))[0].published.remark).toMatch(/Pearson/);
    expect(besidePaper(rowOf({ task: "qnli" }))[0].published.remark).toMatch(/2018/);
  });

  test.each<Changes>([
    { task: "spam" },
    { task: "wnli" },
    { method: { name: "layernorm" } },
    { method: { name: "houlsby", size: 1 } },
    { method: { name: "houlsby", size: 16 } },
    { task: "mnli", method: { name: "top-layers", layers: 2 } },
    { task: "squad", result: { caveats: ["a part of the training set"] } },
  ])("nothing for %j", (changes) => {
    expect(besidePaper(rowOf(changes))).toEqual([]);
  });

  test("SQuAD beside Fig. 5, where it is the whole of it", () => {
    expect(besidePaper(rowOf({ task: "squad" }))[0].published).toMatchObject({ score: 0.904 });
  });

  test("a row without a score has nothing to subtract", () => {
    const [row] = tabulate(runsOf([failedResult()])).rows;
    expect(besidePaper(row)[0]).toMatchObject({ ours: null, difference: null });
  });
});
