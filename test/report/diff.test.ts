// What two sets of runs are said to differ in: rows matched, settings named, differences and their intervals.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunResult } from "../../src/record/result.ts";
import { readRuns } from "../../src/record/runs.ts";
import { compareRuns } from "../../src/report/diff.ts";
import { diffSheet, renderDiffCsv, renderDiffJson } from "../../src/report/diff-sheet.ts";
import { parseCsv } from "../support/csv.ts";
import { type Changes, failedResult, runsOf, trainedResult, writeRun } from "../support/records.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();

function seeds(scores: readonly number[], changes: Changes = {}): RunResult[] {
  return scores.map((score, seed) => trainedResult({ ...changes, seed, score }));
}

function compare(before: RunResult[], after: RunResult[]) {
  return compareRuns(runsOf(before), runsOf(after));
}

describe("matching", () => {
  test("by settings; what is on one side alone was added or removed", () => {
    const changes = compare(
      [...seeds([0.8]), ...seeds([0.7], { method: { name: "head" } })],
      [...seeds([0.85]), ...seeds([0.9], { method: { name: "full" } })],
    );
    expect(
      changes.map(({ after, before, difference }) => [before?.method, after?.method, difference]),
    ).toEqual([
      ["houlsby", "houlsby", expect.closeTo(0.05, 12)],
      ["head", undefined, null],
      [undefined, "full", null],
    ]);
  });

  test("changed settings are named, and do not part the rows", () => {
    const encoder = { source: "npm:other" };
    const [change, ...more] = compare(
      seeds([0.8, 0.8]),
      seeds([0.82, 0.84, 0.8], {
        encoder,
        task: { name: "mrpc", maxLength: 64 },
        training: { learningRate: 1e-4, epochs: 3 },
      }),
    );
    expect(more).toEqual([]);
    expect(change.settings).toEqual([
      { key: "encoder.source", before: "bert-base-uncased", after: "npm:other" },
      { key: "seeds", before: "0 1", after: "0 1 2" },
      { key: "task.maxLength", before: 128, after: 64 },
      { key: "training.learningRate", before: 0.001, after: 0.0001 },
    ]);
    expect(change.difference).toBeCloseTo(0.02, 12);
  });

  test("not where it is in doubt which row became which", () => {
    const std = (initStd: number) => ({ method: { name: "houlsby", size: 64, initStd } }) as const;
    const changes = compare(
      [...seeds([0.8], std(1e-2)), ...seeds([0.7], std(1e-3))],
      [...seeds([0.8], std(1e-4)), ...seeds([0.7], std(1e-5))],
    );
    expect(changes).toHaveLength(4);
    expect(changes.map(({ variant }) => variant)).toEqual([
      "method.initStd=0.001",
      "method.initStd=0.01",
      "method.initStd=0.00001",
      "method.initStd=0.0001",
    ]);
  });

  test("nor where two rows could have become the one", () => {
    const std = (initStd: number) => ({ method: { name: "houlsby", size: 64, initStd } }) as const;
    const before = [...seeds([0.8], std(1e-2)), ...seeds([0.7], std(1e-3))];
    const changes = compare(before, seeds([0.8], std(1e-4)));
    expect(changes.map(({ after, before: older }) => [older !== null, after !== null])).toEqual([
      [true, false],
      [true, false],
      [false, true],
    ]);
  });

  test("an exact counterpart goes before a similar one", () => {
    const short = { task: { name: "mrpc", maxLength: 64 } } as const;
    const changes = compare(seeds([0.8]), [...seeds([0.7], short), ...seeds([0.81])]);
    expect(changes[0].difference).toBeCloseTo(0.01, 12);
    expect(changes[1].before).toBeNull();
  });
});

describe("differences", () => {
  test("scores in different metrics are not subtracted", () => {
    const [change] = compare(seeds([0.8]), seeds([0.8], { result: { mainMetric: "accuracy" } }));
    expect(change).toMatchObject({
      difference: null,
      reason: "decided by different metrics or on different splits",
    });
  });

  test("a hole on one side", () => {
    const [change] = compare(seeds([0.8]), [failedResult()]);
    expect(change).toMatchObject({ difference: null, reason: "a side has no score" });
    const [line] = diffSheet([change]).rows;
    expect(line.at(-1)).toMatch(/no holes -> 1 of 1 failed/);
  });
});

describe("the interval", () => {
  const labels = Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? 0 : 1));
  const answers = (every: number) =>
    labels.map((label, i) => (i % every === 0 ? 1 - label : label));
  const write = (every: number, numSeeds = 2, of = labels) => {
    const folder = temporaryFolder();
    for (let seed = 0; seed < numSeeds; seed++)
      writeRun(folder, trainedResult({ seed }), {
        predictions: { dev: { labels: of, predictions: answers(every).slice(0, of.length) } },
      });
    return readRuns([folder]);
  };

  test("is of the seeds that both have", () => {
    const [change] = compareRuns(write(5, 3), write(10, 2));
    expect(change).toMatchObject({ pairedSeeds: [0, 1], reason: null });
    expect(change.interval!.low).toBeGreaterThan(0);
    expect(change.interval!.high).toBeLessThan(0.15);
    expect(compareRuns(write(5, 3), write(10, 2))[0].interval).toEqual(change.interval);
  });

  test("is not there without predictions, and it is said why", () => {
    const [change] = compare(seeds([0.8]), seeds([0.9]));
    expect(change).toMatchObject({
      interval: null,
      reason: "predictions of seed 0 are not on both sides",
    });
    expect(compareRuns(write(5), runsOf([trainedResult({ seed: 9 })]))[0].reason).toBe(
      "no seed on both sides",
    );
  });

  test("is not there for other examples", () => {
    const [change] = compareRuns(write(5), write(5, 2, labels.slice(1)));
    expect(change).toMatchObject({
      interval: null,
      reason: "seed 0 was evaluated on other examples",
    });
  });

  test.each([
    "{}",
    "null",
    "[1",
    '{"dev":{"labels":[1]}}',
    '{"dev":{"labels":[],"predictions":[]}}',
  ])("is not there for predictions.json holding %s", (text) => {
    const before = write(5, 1);
    const broken = write(5, 1);
    writeFileSync(join(broken.results[0].runDir, "predictions.json"), text);
    expect(compareRuns(before, broken)[0]).toMatchObject({
      interval: null,
      reason: "predictions of seed 0 are not on both sides",
    });
  });

  test("in the table, the CSV and the JSON", () => {
    const changes = compareRuns(write(5), write(10));
    const { header, rows } = diffSheet(changes);
    const line = Object.fromEntries(header.map((name, i) => [name, rows[0][i]]));
    expect(line["95 % interval"]).toMatch(/^\+\d+\.\d to \+\d+\.\d$/);
    expect(line.n).toBe("2");
    const [record] = parseCsv(renderDiffCsv(changes));
    expect(record).toMatchObject({
      task: "mrpc",
      method: "houlsby",
      status: "matched",
      difference: "0.000000",
      pairedSeeds: "0 1",
    });
    expect(Number(record.intervalLow)).toBeCloseTo(changes[0].interval!.low, 6);
    const parsed = JSON.parse(renderDiffJson(changes)) as {
      rows: { before: { runs: string[] } }[];
    };
    expect(parsed.rows[0].before.runs).toHaveLength(2);
  });
});
