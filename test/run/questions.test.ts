// Experiments on questions: SQuAD from file to result.json, on the tiny encoder.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { resolveExperiment } from "../../src/config/schema.ts";
import { readBytes } from "../../src/files.ts";
import type { MethodConfig } from "../../src/methods/methods.ts";
import { readSafetensors } from "../../src/model/safetensors.ts";
import { runName } from "../../src/record/run-folder.ts";
import { readResult } from "../../src/record/result.ts";
import { runExperiment } from "../../src/run.ts";
import type { RunEvent } from "../../src/train/events.ts";
import { readPredictions, type SpanPredictions } from "../../src/train/predictions.ts";
import { temporaryFolders } from "../support/temp.ts";
import { writeTinyEncoder } from "../support/tiny.ts";
import { writeTinySquad } from "../support/tiny-squad.ts";

const temporaryFolder = temporaryFolders();
let encoder: string;
let dataDir: string;
let outDir: string;
beforeAll(() => {
  encoder = writeTinyEncoder(temporaryFolder());
  dataDir = writeTinySquad(temporaryFolder(), "1.1");
  writeTinySquad(dataDir, "2.0");
  vi.stubEnv("PEFT_CACHE", temporaryFolder());
  return () => vi.unstubAllEnvs();
});
beforeEach(() => void (outDir = temporaryFolder()));

const windows = { maxLength: 18, stride: 4 };

function experimentOf(
  name: "squad" | "squad2",
  method: MethodConfig = { name: "full" },
  epochs = 3,
) {
  return resolveExperiment({
    task: name === "squad" ? { name, ...windows } : { name, ...windows },
    encoder: { source: encoder },
    method,
    training: { epochs, batchSize: 4, learningRate: 3e-3 },
    dataDir,
  });
}

const run = (experiment: ReturnType<typeof experimentOf>, signal = new AbortController().signal) =>
  runExperiment(experiment, { outDir, signal, report: () => {} });

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

test("answers are learned", async () => {
  const { best, evaluations, majority } = await run(experimentOf("squad", { name: "full" }, 25));
  expect(evaluations.at(-1)!.trainLoss).toBeLessThan(0.5 * evaluations[0].trainLoss!);
  expect(best!.metrics.f1).toBeGreaterThan(0.6);
  expect(majority.dev).toEqual({ f1: 0, exactMatch: 0 });
});

describe.each(["squad", "squad2"] as const)("the run folder of %s", (name) => {
  test("holds answers whose scores are those of the result, and a head on every token", async () => {
    const { runDir, ...result } = await run(
      experimentOf(name, { name: "houlsby", size: 4, initStd: 0.01 }),
    );
    expect(readResult(runDir)).toMatchObject({ status: "ok", mainMetric: "f1" });
    const { ids, answers, scores } = readPredictions(runDir)!.dev as SpanPredictions;
    expect(ids).toEqual(Array.from({ length: 12 }, (_, i) => `q${i}`));
    expect(answers).toHaveLength(ids.length);
    expect(mean(scores.f1)).toBeCloseTo(result.best!.metrics.f1, 12);
    expect(mean(scores.exactMatch)).toBeCloseTo(result.best!.metrics.exactMatch, 12);
    const { tensors } = readSafetensors(join(runDir, "adapter.safetensors"));
    expect(tensors.get("qa_outputs.weight")!.shape).toEqual([2, 16]);
    expect([...tensors.keys()].filter((key) => /pooler|classifier/.test(key))).toEqual([]);
    const values = [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
    expect(values).toBe(result.parameters.trained);
    const whereNone = name === "squad2" ? { noAnswerAccuracy: 1 } : { f1: 0 };
    expect(result.majority.dev).toMatchObject(whereNone);
  });
});

test("a file that is not the whole of SQuAD leaves its mark on the result", async () => {
  const { caveats, runDir } = await run(experimentOf("squad", { name: "head" }, 1));
  expect(caveats).toEqual([
    expect.stringMatching(/^squad train: 12 of .*87,599 questions: .*not comparable/),
    expect.stringMatching(/^squad dev: 12 of .*10,570 questions: .*not comparable/),
  ]);
  expect(JSON.parse(readFileSync(join(runDir, "result.json"), "utf8"))).toMatchObject({ caveats });
});

test("stopped and resumed, it ends with the same bytes", async () => {
  const experiment = experimentOf("squad", { name: "houlsby", size: 4, initStd: 0.01 });
  const whole = await run(experiment);
  outDir = temporaryFolder();
  const controller = new AbortController();
  const report = (event: RunEvent) => {
    if (event.type === "progress" && event.phase === "train" && event.done === 4)
      controller.abort();
  };
  const { signal } = controller;
  await expect(runExperiment(experiment, { outDir, signal, report })).rejects.toThrow(/stopped/);
  const resume = join(outDir, runName(experiment));
  const resumed = await runExperiment(experiment, {
    outDir,
    resume,
    signal: new AbortController().signal,
    report: () => {},
  });
  for (const file of ["adapter.safetensors", "metrics.jsonl", "predictions.json"])
    expect(readBytes(join(resumed.runDir, file)), file).toEqual(
      readBytes(join(whole.runDir, file)),
    );
});
