// The final summary, and numbers as people read them.
import { describe, expect, test } from "vitest";
import { count, duration, renderSummary, renderTable, type Summary } from "../../src/cli/render.ts";
import type { Evaluation } from "../../src/train/events.ts";

function evaluation(step: number, split: string, accuracy: number): Evaluation {
  const metrics = { accuracy, f1: accuracy / 2 };
  return { step, epoch: step / 100, split, trainLoss: 0.1, loss: 0.2, metrics, best: step === 100 };
}

const summary: Summary = {
  runDir: "runs/mnli-houlsby-64",
  status: "ok",
  evaluations: [
    evaluation(100, "matched", 0.75),
    evaluation(100, "mismatched", 0.8),
    evaluation(200, "matched", 0.7),
    evaluation(200, "mismatched", 0.9),
  ],
  best: evaluation(100, "matched", 0.75),
  majority: { matched: { accuracy: 0.3333, f1: 0 }, mismatched: { accuracy: 0.35 } },
  seconds: 3725.4,
};

describe("renderSummary", () => {
  test("the best step's scores on every split, beside the majority class", () => {
    expect(renderSummary(summary)).toBe(
      `split       metric      best  majority class
matched     accuracy  0.7500          0.3333
matched     f1        0.3750          0.0000
mismatched  accuracy  0.8000          0.3500
mismatched  f1        0.4000

best at       step 100, epoch 1.00
time          1:02:05
run folder    runs/mnli-houlsby-64
adapter file  runs/mnli-houlsby-64/adapter.safetensors
`,
    );
  });

  test("a run that diverged before its first evaluation", () => {
    const diverged: Summary = { ...summary, status: "diverged", evaluations: [], best: null };
    expect(renderSummary(diverged)).toBe(
      "no evaluation was completed\ntime          1:02:05\nrun folder    runs/mnli-houlsby-64\n",
    );
  });
});

test("durations and counts", () => {
  expect([0, 59.6, 61, 3599, 3600].map(duration)).toEqual([
    "0:00",
    "1:00",
    "1:01",
    "59:59",
    "1:00:00",
  ]);
  expect([999, 22_713_216].map(count)).toEqual(["999", "22,713,216"]);
});

test("tables have no trailing blanks and bear short rows", () => {
  expect(renderTable([["a", "bb"], ["ccc"]])).toBe("a    bb\nccc\n");
  expect(renderTable([])).toBe("");
});
