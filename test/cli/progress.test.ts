// What a run looks like while it goes on: on a terminal, in a log, and quiet.
import { describe, expect, test } from "vitest";
import { createProgress } from "../../src/cli/progress.ts";
import type { Evaluation, ParameterLedger, RunEvent } from "../../src/train/events.ts";
import { capture } from "./capture.ts";

const evaluation: Evaluation = {
  step: 1200,
  epoch: 2,
  split: "dev",
  trainLoss: 0.25,
  loss: 0.5,
  metrics: { accuracy: 0.8113, f1: 0.8671 },
  best: true,
};

/** MiniLM with adapters of size 64: 12 adapters of 49,600, 13 LayerNorms of 768, a head of 770. */
const ledger: ParameterLedger = {
  adapters: 595_200,
  layerNorm: 9_984,
  head: 770,
  encoder: 0,
  trained: 605_954,
  frozen: 22_703_232,
  wholeModel: 22_713_216,
  encoderLayers: 10_646_784,
  percentOfWholeModel: 2.6679,
  percentOfEncoderLayers: 5.6914,
};

function step(done: number): RunEvent {
  return {
    type: "progress",
    phase: "train",
    done,
    total: 1200,
    loss: 1 / 3,
    tokensPerSecond: 14_200,
  };
}

/** A run of 1,200 steps of one second each. */
function watchRun({ isTTY = false, quiet = false } = {}) {
  const output = capture({ isTTY });
  let seconds = 0;
  const progress = createProgress(output.stream, { quiet, now: () => seconds * 1000 });
  progress.report({ type: "note", text: "run folder runs/x" });
  progress.report({ type: "ledger", ledger });
  progress.report({ type: "progress", phase: "tokenize", done: 5000, total: 5000 });
  for (let done = 0; done <= 1200; done++, seconds++) progress.report(step(done));
  progress.report({ type: "evaluation", evaluation });
  progress.close();
  return output;
}

describe("not on a terminal", () => {
  const lines = watchRun().raw().split("\n");

  test("a line for a twentieth of the steps, not one for each", () => {
    const training = lines.filter((line) => line.startsWith("training:"));
    expect(training).toHaveLength(20);
    expect(training[0]).toBe("training: 60/1,200 steps, loss 0.3333, 14,200 tokens/s, 19:00 left");
    expect(training.at(-1)).toBe("training: 1,200/1,200 steps, loss 0.3333, 14,200 tokens/s");
  });

  test("notes, parameters and evaluations", () => {
    expect(lines).toContain("note: run folder runs/x");
    expect(lines).toContain("tokenizing: 5,000/5,000 texts");
    expect(lines).toContain(
      "step 1,200, epoch 2.00, dev: loss 0.5000 (training 0.2500), accuracy 0.8113, f1 0.8671, best so far",
    );
    expect(lines).toContain("adapters      595,200");
    expect(lines).toContain("trained       605,954  2.67 % of the whole model, 22,713,216");
    expect(lines).toContain("                       5.69 % of the encoder layers, 10,646,784");
  });

  test("plain text", () => {
    expect(lines.join("\n")).not.toContain("\u001b");
  });

  test("a short run's lines are ten seconds apart", () => {
    const output = capture();
    let seconds = 0;
    const progress = createProgress(output.stream, { quiet: false, now: () => seconds * 1000 });
    for (; seconds < 30; seconds++)
      progress.report({ ...step(0), done: seconds, total: 30 } as RunEvent);
    expect(output.raw().match(/^training: \d+/gm)).toEqual(["training: 10", "training: 20"]);
  });

  test("every evaluation has its own time left", () => {
    const output = capture();
    let seconds = 0;
    const progress = createProgress(output.stream, { quiet: false, now: () => seconds * 1000 });
    for (const done of [0, 50, 100, 0, 50]) {
      progress.report({ type: "progress", phase: "evaluate", done, total: 100 });
      seconds += 20;
    }
    expect(output.raw()).toMatch(/^(evaluating: 50\/100 inputs, 0:20 left\n)+$/);
  });

  test("a resumed run's time left is at its own pace", () => {
    const output = capture();
    let seconds = 0;
    const progress = createProgress(output.stream, { quiet: false, now: () => seconds * 1000 });
    progress.report(step(1000));
    seconds = 100;
    progress.report(step(1100));
    expect(output.raw()).toContain("1,100/1,200 steps, loss 0.3333, 14,200 tokens/s, 1:40 left");
  });
});

describe("on a terminal", () => {
  const output = watchRun({ isTTY: true });

  test("bars with loss, pace and time left", () => {
    expect(output.text()).toMatch(/tokenizing \[=+\] 100%, 5000\/5000 texts/);
    expect(output.text()).toMatch(
      /training \[-+\] 0%, 0\/1200 steps, loss 0.3333, 14,200 tokens\/s/,
    );
  });

  test("bars are wiped before the lines that stay", () => {
    const evaluationAt = output.raw().indexOf("step 1,200, epoch");
    expect(output.raw().slice(0, evaluationAt).endsWith("\u001b[2K")).toBe(true); // "erase the line"
    expect(output.raw()).toMatch(/best so far\n$/);
  });
});

test("quiet is quiet", () => {
  expect(watchRun({ quiet: true }).raw()).toBe("");
  expect(watchRun({ quiet: true, isTTY: true }).raw()).toBe("");
});
