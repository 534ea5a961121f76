// Which runs make a row, which tuned setting represents it, and what is counted without being averaged.
import { describe, expect, test } from "vitest";
import type { RunResult } from "../../src/record/result.ts";
import { tabulate } from "../../src/report/rows.ts";
import {
  type Changes,
  divergedResult,
  experimentOf,
  failedResult,
  runsOf,
  trainedResult,
} from "../support/records.ts";

/** Runs of one setting that ended well, a seed for each score. */
function seeds(scores: readonly number[], changes: Changes = {}): RunResult[] {
  return scores.map((score, seed) => trainedResult({ ...changes, seed, score }));
}

function tuned(learningRate: number, epochs = 3): Changes {
  return { training: { learningRate, epochs } };
}

function tableOf(...results: RunResult[]) {
  return tabulate(runsOf(results));
}

describe("choosing among tuned settings", () => {
  test("by the mean over seeds, never by the best seed", () => {
    const steady = seeds([0.8, 0.81, 0.82], tuned(1e-4));
    const lucky = seeds([0.9, 0.7, 0.7], tuned(1e-3));
    const { rows, selection } = tableOf(...lucky, ...steady);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ learningRate: 1e-4, candidates: 2, best: 0.82, ok: 6 });
    expect(rows[0].score.mean).toBeCloseTo(0.81, 12);
    expect(selection).toEqual([
      "mrpc bert-base-uncased houlsby 64: learningRate 0.0001 of 2 settings, by mean f1 on dev over 3 seeds",
    ]);
  });

  test("a lucky survivor does not beat a setting whose seeds all ended well", () => {
    const survivor = [
      ...seeds([0.99], tuned(3e-3)),
      divergedResult({ ...tuned(3e-3), seed: 1 }),
      divergedResult({ ...tuned(3e-3), seed: 2 }),
    ];
    const { rows, selection } = tableOf(...survivor, ...seeds([0.6, 0.6, 0.6], tuned(1e-4)));
    expect(rows[0]).toMatchObject({ learningRate: 1e-4, seeds: [0, 1, 2], ok: 4, diverged: 2 });
    expect(selection[0]).toMatch(
      /; 1 did not compete: fewer seeds, or runs that did not end well$/,
    );
  });

  test.each([
    ["diverged", divergedResult],
    ["failed", failedResult],
  ])("of equally many seeds those without a %s run go first", (_, ended) => {
    const holey = [...seeds([0.9, 0.9], tuned(1e-3)), ended({ ...tuned(1e-3), seed: 2 })];
    const { rows } = tableOf(...holey, ...seeds([0.7, 0.7], tuned(1e-4)));
    expect(rows[0]).toMatchObject({ learningRate: 1e-4, scores: [0.7, 0.7] });
  });

  test("unfinished runs keep a setting from being complete", () => {
    const unfinished = experimentOf({ ...tuned(1e-3), seed: 1 });
    const results = [...seeds([0.9], tuned(1e-3)), ...seeds([0.7], tuned(1e-4))];
    const { rows } = tabulate(runsOf(results, [unfinished]));
    expect(rows[0]).toMatchObject({ learningRate: 1e-4, ok: 2, unfinished: 1 });
  });

  test("where no setting is complete, the best of those with the most seeds", () => {
    const a = [...seeds([0.8, 0.8], tuned(1e-3)), divergedResult({ ...tuned(1e-3), seed: 2 })];
    const b = [...seeds([0.7, 0.7], tuned(1e-4)), divergedResult({ ...tuned(1e-4), seed: 2 })];
    expect(tableOf(...b, ...a).rows[0]).toMatchObject({ learningRate: 1e-3, diverged: 2 });
  });

  test("of equal means the one with fewer epochs", () => {
    const { rows } = tableOf(...seeds([0.8], tuned(1e-4, 5)), ...seeds([0.8], tuned(1e-3, 3)));
    expect(rows[0]).toMatchObject({ epochs: 3 });
  });

  test("nothing to choose, nothing said", () => {
    const { rows, selection } = tableOf(...seeds([0.8, 0.9]));
    expect(rows[0].candidates).toBe(1);
    expect(selection).toEqual([]);
  });
});

describe("holes", () => {
  test("a diverged run's partial score counts nowhere", () => {
    const { rows, everyRun } = tableOf(divergedResult({ score: 0.99 }));
    expect(rows).toHaveLength(1);
    for (const row of [...rows, ...everyRun()])
      expect(row).toMatchObject({
        seeds: [],
        scores: [],
        score: { mean: null, sem: null },
        best: null,
        metrics: {},
        seconds: null,
        adapterBytes: null,
        ok: 0,
        diverged: 1,
      });
    // What it trained is known all the same.
    expect(rows[0].parameters?.trained).toBe(2_419_202);
  });

  test("rows of runs that failed or are unfinished", () => {
    const failed = failedResult({ method: { name: "houlsby", size: 512 } });
    const { rows } = tabulate(runsOf([failed], [experimentOf({ method: { name: "full" } })]));
    expect(rows).toMatchObject([
      { method: "houlsby", size: 512, failed: 1, metric: "f1", split: "dev", parameters: null },
      { method: "full", size: null, unfinished: 1, encoderSha256: null, majority: null },
    ]);
  });

  test("a run whose score is not a number counts as diverged", () => {
    const broken = trainedResult();
    const best = { ...broken.best!, metrics: { f1: null as unknown as number } };
    const { rows } = tableOf({ ...broken, best });
    expect(rows[0]).toMatchObject({ ok: 0, diverged: 1, scores: [] });
  });

  test("every run is counted in exactly one row", () => {
    const results = [
      ...seeds([0.8, 0.8], tuned(1e-3)),
      divergedResult(tuned(3e-3)),
      failedResult({ method: { name: "houlsby", size: 512 } }),
      ...seeds([0.8], { method: { name: "full" } }),
    ];
    const { rows, candidates, everyRun } = tabulate(runsOf(results, [experimentOf({ seed: 9 })]));
    for (const level of [rows, candidates, everyRun()]) {
      const numRuns = level.map((row) => row.ok + row.diverged + row.failed + row.unfinished);
      expect(numRuns.reduce((sum, number) => sum + number)).toBe(6);
    }
    expect(everyRun()).toHaveLength(6);
  });
});

describe("what a row says", () => {
  test("the statistics of its seeds, in their order", () => {
    const results = [0.86, 0.81, 0.83].map((score, i) =>
      trainedResult({ score, seed: [7, 1, 3][i], result: { peakBytes: 1e9 + i } }),
    );
    const [row] = tableOf(...results).rows;
    expect(row).toMatchObject({ seeds: [1, 3, 7], scores: [0.81, 0.83, 0.86], best: 0.86 });
    expect(row.score.mean).toBeCloseTo(0.8333333333333334, 14);
    expect(row.score.sem).toBeCloseTo(0.01452966314513557, 14); // scipy.stats.sem 1.17.1
    expect(row.seconds).toBeCloseTo(100 + 11 / 3, 10);
    expect(row.peakBytes).toBe(1e9 + 2);
    expect(row.majority).toBe(0.5);
    expect(row.runs.map(({ experiment }) => experiment.seed)).toEqual([1, 3, 7]);
  });

  test("every metric of every split at the best evaluation, not at the last", () => {
    const result = trainedResult({ task: "mnli", score: 0.8 });
    const [first] = result.evaluations;
    const [row] = tableOf({ ...result, best: first }).rows;
    expect(Object.keys(row.metrics)).toEqual(["dev_matched.accuracy", "dev_mismatched.accuracy"]);
    expect(row).toMatchObject({ metric: "accuracy", split: "dev_matched" });
    expect(row.metrics["dev_mismatched.accuracy"].mean).toBeCloseTo(0.7, 12);
    expect(row.scores[0]).toBeCloseTo(0.7, 12);
  });

  test("what tells rows apart is named, what does not is not", () => {
    const { rows } = tableOf(
      ...seeds([0.8]),
      ...seeds([0.7], { method: { name: "houlsby", size: 64, initStd: 1e-7 } }),
      ...seeds([0.6], { task: { name: "mrpc", maxLength: 64 } }),
      ...seeds([0.5], { method: { name: "full" }, device: "tfjs", dataDir: "elsewhere" }),
    );
    expect(rows.map(({ variant }) => variant)).toEqual([
      "method.initStd=0.01 task.maxLength=128",
      "method.initStd=0.01 task.maxLength=64",
      "method.initStd=1e-7 task.maxLength=128",
      "",
    ]);
  });

  test("a setting given in one row and left open in the other", () => {
    const encoder = { source: "bert-base-uncased", dropout: 0 };
    const { rows } = tableOf(...seeds([0.8]), ...seeds([0.7], { encoder }));
    expect(rows.map(({ variant }) => variant)).toEqual([
      "encoder.dropout=0",
      "encoder.dropout=default",
    ]);
  });

  test("candidates and runs name the tuned settings that have no column", () => {
    const decay = (weightDecay: number) => ({ training: { weightDecay } });
    const { candidates, everyRun, rows } = tableOf(
      ...seeds([0.8], decay(0)),
      ...seeds([0.7], decay(0.1)),
    );
    expect(rows.map(({ variant }) => variant)).toEqual([""]);
    expect(candidates.map(({ variant }) => variant)).toEqual([
      "training.weightDecay=0",
      "training.weightDecay=0.1",
    ]);
    expect(everyRun()[0].variant).toBe("training.weightDecay=0 seed=0");
  });
});

describe("order", () => {
  test("task, encoder, method as the paper lists them, size as a number", () => {
    const changes: Changes[] = [
      { method: { name: "full" } },
      { method: { name: "head" } },
      { method: { name: "houlsby", size: 256 } },
      { method: { name: "houlsby", size: 8 } },
      { method: { name: "layernorm" } },
      { method: { name: "top-layers", layers: 11 } },
      { method: { name: "top-layers", layers: 2 } },
      { task: "cola" },
    ];
    const results = changes.map((change) => trainedResult(change));
    const { rows } = tableOf(...results);
    expect(rows.map(({ task, method, size }) => `${task} ${method} ${size ?? ""}`.trim())).toEqual([
      "cola houlsby 64",
      "mrpc houlsby 8",
      "mrpc houlsby 256",
      "mrpc top-layers 2",
      "mrpc top-layers 11",
      "mrpc layernorm",
      "mrpc head",
      "mrpc full",
    ]);
    const reversed = tableOf(...results.toReversed());
    expect(reversed.rows).toEqual(rows);
    expect(reversed.everyRun()).toEqual(tableOf(...results).everyRun());
  });
});

describe("notes", () => {
  test("the same run in two folders counts once", () => {
    const runs = runsOf([...seeds([0.8, 0.9]), ...seeds([0.8])]);
    runs.results[2].runDir = "copies/a";
    const { rows, notes } = tabulate(runs);
    expect(rows[0]).toMatchObject({ seeds: [0, 1], ok: 2 });
    expect(notes).toEqual([
      expect.stringMatching(
        /^the same run in several folders counts once: 1 such, the first in runs\S+ and copies.a$/,
      ),
    ]);
  });

  test("a retry that ended well replaces the failure, wherever data lay", () => {
    const { rows, notes } = tableOf(failedResult(), trainedResult({ dataDir: "elsewhere" }));
    expect(rows[0]).toMatchObject({ ok: 1, failed: 0 });
    expect(notes).toHaveLength(1);
  });

  test("of copies with different scores the last counts, and it is said", () => {
    const early = trainedResult({ score: 0.7 });
    const late = trainedResult({ score: 0.8, result: { finishedAt: "2026-12-01T00:00:00.000Z" } });
    for (const results of [
      [early, late],
      [late, early],
    ]) {
      const { rows, notes } = tableOf(...results);
      expect(rows[0].scores).toEqual([0.8]);
      expect(notes[0]).toMatch(/the scores of 1 differ, the last one counts$/);
    }
  });

  test("runs of different versions, runs on different weights", () => {
    const other = trainedResult({
      seed: 1,
      result: { software: { peft: "0.2.0" }, encoderSha256: "cd".repeat(32) },
    });
    expect(tableOf(trainedResult(), other).notes).toEqual([
      "runs of different versions of peft stand side by side: 0.1.0 (1 run), 0.2.0 (1 run)",
      "encoder bert-base-uncased: runs read 2 different weights files (SHA-256 abababab, cdcdcdcd); their scores are averaged all the same",
    ]);
  });

  test("none where there is nothing to remark", () => {
    expect(tableOf(...seeds([0.8, 0.9])).notes).toEqual([]);
  });
});

test("runs decided by different metrics are never averaged together", () => {
  const byAccuracy = trainedResult({ seed: 1, result: { mainMetric: "accuracy" } });
  const { rows } = tableOf(trainedResult(), byAccuracy);
  expect(rows.map(({ metric, seeds: counted }) => [metric, counted])).toEqual([
    ["accuracy", [1]],
    ["f1", [0]],
  ]);
});
