import { copyFileSync, cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Answers } from "../../src/answers/collect.ts";
import { UserError } from "../../src/errors.ts";
import { evaluateRun, type OpenedRuns, openRuns } from "../../src/inference/evaluate.ts";
import { recordedScores } from "../../src/inference/recorded.ts";
import type { Recorded, TrainedResult } from "../../src/record/result.ts";
import { readPredictions } from "../../src/train/predictions.ts";
import { failedResult, trainedResult, writeRun, writeUnfinished, experimentOf } from "../support/records.ts"; // prettier-ignore
import { temporaryFolders } from "../support/temp.ts";
import { tinyShape, writeTinyEncoder, writeTinyGlue } from "../support/tiny.ts";
import { copyRun, type TinyInputs, trainTiny } from "../support/tiny-runs.ts";
import { writeTinySquad } from "../support/tiny-squad.ts";

const temporaryFolder = temporaryFolders();
const { signal } = new AbortController();
const report = () => {};
const tasks = { maxLength: 24, stride: 4, maxQuestionLength: 6, maxAnswerLength: 4 };

let inputs: TinyInputs;
const opened: OpenedRuns[] = [];
beforeAll(() => {
  inputs = {
    encoder: writeTinyEncoder(temporaryFolder()),
    dataDir: writeTinyGlue(temporaryFolder()),
    outDir: temporaryFolder(),
  };
  writeTinySquad(inputs.dataDir, "1.1");
  writeTinySquad(inputs.dataDir, "2.0");
  vi.stubEnv("PEFT_CACHE", temporaryFolder());
  return () => vi.unstubAllEnvs();
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.dispose();
});

async function open(...runDirs: string[]): Promise<OpenedRuns> {
  const one = await openRuns(runDirs, { report });
  opened.push(one);
  return one;
}

/** As predictions.json has them. */
function plain(answers: Answers) {
  if ("ids" in answers) return { ...answers, answers: answers.answers.map(({ text }) => text) };
  const shorten = (value: number) => Number(value.toPrecision(9));
  return {
    labels: Array.from(answers.labels, shorten),
    predictions: Array.from(answers.predictions, shorten),
  };
}

async function errorOf(action: Promise<unknown>): Promise<UserError> {
  const error = await action.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe.each([
  [{ task: { name: "cola", maxLength: 16 } }],
  [{ method: { name: "full" } }],
  [{ method: { name: "head" } }],
  [{ method: { name: "top-layers", layers: 1 } }],
  [{ task: { name: "stsb", maxLength: 24 }, method: { name: "layernorm" } }],
  [{ task: { name: "squad", ...tasks } }],
  [{ task: { name: "squad2", ...tasks, nullThreshold: 0.3 } }],
] as const)("%j", (changes) => {
  test("scores and answers are those that were recorded, to the last bit", async () => {
    const result = await trainTiny(inputs, changes);
    const { runs } = await open(result.runDir);
    const evaluated = await evaluateRun(opened[0], runs[0], { split: "dev", signal, report });
    expect(evaluated.metrics).toEqual(result.best?.metrics);
    expect(evaluated.loss).toBe(result.best?.loss);
    expect(recordedScores(runs[0], evaluated)).toEqual({
      metrics: result.best?.metrics,
      isSameData: true,
    });
    const { dev } = readPredictions(result.runDir)!;
    expect(plain(evaluated.answers)).toEqual(dev);
  });
});

test("SQuAD 2.0's best threshold is as good as any", async () => {
  const task = { name: "squad2", ...tasks, nullThreshold: -0.1 } as const;
  const { runDir } = await trainTiny(inputs, { task });
  const { runs } = await open(runDir);
  const f1At = async (nullThreshold: number) => {
    const { scoring } = runs[0];
    const run = {
      ...runs[0],
      scoring: { ...scoring, spans: { ...scoring.spans!, nullThreshold } },
    };
    const { bestThresholds, metrics } = await evaluateRun(opened[0], run, { split: "dev", signal, report }); // prettier-ignore
    return { best: bestThresholds!.f1, f1: metrics.f1 };
  };
  const { best } = await f1At(0);
  expect((await f1At(best.threshold)).f1).toBeCloseTo(best.score, 12);
  for (const threshold of [-5, -1, 0, 1, 5])
    expect((await f1At(threshold)).f1).toBeLessThanOrEqual(best.score + 1e-12);
  expect((await f1At(-1e9)).f1).not.toBe((await f1At(1e9)).f1); // the threshold does something
});

test("the training split can be scored, also of questions", async () => {
  const sst2 = await trainTiny(inputs, { seed: 1 });
  const squad = await trainTiny(inputs, { seed: 1, task: { name: "squad", ...tasks } });
  const { runs } = await open(sst2.runDir, squad.runDir);
  for (const run of runs) {
    const evaluated = await evaluateRun(opened[0], run, { split: "train", signal, report });
    expect(recordedScores(run, evaluated)).toBeUndefined();
    expect(evaluated.metrics[run.scoring.mainMetric]).toBeGreaterThanOrEqual(0);
  }
  // The dev file of the questions is their training file.
  const dev = await evaluateRun(opened[0], runs[1], { split: "dev", signal, report });
  expect(dev.metrics).toEqual(squad.best?.metrics);
});

describe("several runs at once", () => {
  let results: Recorded<TrainedResult>[];
  beforeAll(async () => {
    results = [];
    for (const changes of [
      { seed: 2 },
      { seed: 3 },
      { seed: 2, method: { name: "full" } } as const,
      { seed: 2, task: { name: "stsb", maxLength: 24 } } as const,
    ])
      results.push(await trainTiny(inputs, changes));
  }, 60_000);

  test("score as each does alone, in any order", async () => {
    const together = await open(...results.map(({ runDir }) => runDir));
    const order = [0, 1, 2, 3, 1, 0, 3, 2, 0];
    for (const i of order) {
      const { runs } = together;
      const { loss, metrics } = await evaluateRun(together, runs[i], { split: "dev", signal, report }); // prettier-ignore
      expect({ loss, metrics }, results[i].runDir).toEqual({
        loss: results[i].best?.loss,
        metrics: results[i].best?.metrics,
      });
    }
  });

  test("add their trained parameters only, and runs of one form no program", async () => {
    const one = await open(results[0].runDir);
    const all = await open(...results.map(({ runDir }) => runDir));
    const count = async (them: OpenedRuns) => {
      const buffers = vi.spyOn(them.engine, "buffer");
      const programs = vi.spyOn(them.engine, "compile");
      for (const run of them.runs) await evaluateRun(them, run, { split: "dev", signal, report });
      const values = buffers.mock.calls.reduce((sum, [{ data }]) => sum + data.length, 0);
      return { values, programs: programs.mock.calls.length };
    };
    const alone = await count(one);
    const together = await count(all);
    const { trained } = results[2].parameters; // full: all of the encoder and a head
    const own = results[3].parameters.trained;
    expect(alone.programs).toBe(1);
    expect(together.programs).toBe(3);
    expect(together.values - alone.values).toBe(trained + own);
  });
});

describe("refuses", () => {
  test("a split that the task does not have, and lists those it has", async () => {
    const { runDir } = await trainTiny(inputs, { seed: 4 });
    const { runs } = await open(runDir);
    const options = { split: "dve", signal, report };
    const { message } = await errorOf(evaluateRun(opened[0], runs[0], options));
    expect(message).toBe("split dve: sst2 has no such split: expected dev, train");
  });

  test("runs on different encoders, and an encoder with other weights, naming both", async () => {
    const first = await trainTiny(inputs, { seed: 5 });
    const encoder = writeTinyEncoder(temporaryFolder(), { ...tinyShape, numLayers: 1 });
    const second = await trainTiny({ ...inputs, encoder }, { seed: 5 });
    const { message } = await errorOf(open(first.runDir, second.runDir));
    expect(message).toContain(first.encoderSha256);
    expect(message).toContain(second.encoderSha256);
    const other = await errorOf(openRuns([first.runDir], { encoder, report }));
    expect(other.message).toContain(first.encoderSha256);
    expect(other.message).toContain(second.encoderSha256);
  });

  test("an encoder that is gone, with the option that names another", async () => {
    const encoder = temporaryFolder();
    const moved = temporaryFolder();
    writeTinyEncoder(encoder);
    cpSync(encoder, moved, { recursive: true });
    const { runDir } = await trainTiny({ ...inputs, encoder }, { seed: 6 });
    writeFileSync(join(encoder, "config.json"), "{}");
    copyFileSync(join(inputs.encoder, "config.json"), join(moved, "config.json"));
    expect((await errorOf(openRuns([runDir], { encoder: "/nowhere", report }))).hint).toContain("--encoder"); // prettier-ignore
    opened.push(await openRuns([runDir], { encoder: moved, report }));
  });

  test("an adapter file that is not the one that was scored, naming both hashes", async () => {
    const result = await trainTiny(inputs, { seed: 8 });
    const runDir = copyRun(result.runDir, temporaryFolder());
    const file = join(runDir, "adapter.safetensors");
    const bytes = readFileSync(file);
    bytes[bytes.length - 2] ^= 1;
    writeFileSync(file, bytes);
    const { message } = await errorOf(open(runDir));
    expect(message).toContain(`expected ${result.adapterSha256}, the file that was scored`);
    opened.push(await openRuns([runDir], { allowChanged: true, report }));
  });

  test("runs that have nothing to use", async () => {
    const folder = temporaryFolder();
    const failed = writeRun(folder, failedResult());
    const unfinished = writeUnfinished(folder, experimentOf({ seed: 9 }));
    const withoutBest = writeRun(folder, trainedResult({ seed: 1, result: { best: null } }));
    const withoutFile = writeRun(folder, trainedResult({ seed: 2 }));
    expect((await errorOf(open(failed))).message).toContain("this run failed");
    expect((await errorOf(open(unfinished))).hint).toContain("peft train --resume");
    expect((await errorOf(open(withoutBest))).message).toContain("no evaluation was completed");
    expect((await errorOf(open(withoutFile))).message).toContain("no such file");
    expect((await errorOf(open(join(folder, "typo")))).message).toContain("no such run folder");
  });
});

test("other data is not compared with what was recorded", async () => {
  const { runDir } = await trainTiny(inputs, { seed: 7 });
  const { runs } = await open(runDir);
  const dataDir = writeTinyGlue(temporaryFolder(), 20);
  const evaluated = await evaluateRun(opened[0], runs[0], {
    split: "dev",
    dataDir,
    signal,
    report,
  });
  expect(recordedScores(runs[0], evaluated)?.isSameData).toBe(false);
});

describe("own data", () => {
  const rows = (labels: readonly string[]) =>
    `review,class\n${labels.map((label, i) => `the film was ${i % 2 ? "good" : "bad"} ${"very ".repeat(i)},${label}\n`).join("")}`;

  test("is scored on its own split, or on another file with the same classes", async () => {
    const dataDir = temporaryFolder();
    writeFileSync(join(dataDir, "train.csv"), rows(["no", "yes", "no", "yes", "no", "yes"]));
    writeFileSync(join(dataDir, "dev.csv"), rows(["no", "yes", "yes"]));
    writeFileSync(join(dataDir, "new.csv"), rows(["yes", "yes"]));
    writeFileSync(join(dataDir, "odd.csv"), rows(["yes", "maybe"]));
    const columns = { kind: "classification", text: "review", label: "class" } as const;
    const task = { ...columns, train: "train.csv", dev: "dev.csv", maxLength: 24 };
    const result = await trainTiny({ ...inputs, dataDir }, { task });
    const { runs } = await open(result.runDir);
    const on = (file?: string, split = "dev") =>
      evaluateRun(opened[0], runs[0], {
        split,
        ...(file !== undefined && { dataDir: join(dataDir, file) }),
        signal,
        report,
      });
    expect((await on()).metrics).toEqual(result.best?.metrics);
    rmSync(join(dataDir, "train.csv")); // the run knows its classes
    const other = await on("new.csv");
    expect(other.data.encoded.count).toBe(2);
    expect(recordedScores(runs[0], other)?.isSameData).toBe(false);
    const { message } = await errorOf(on("odd.csv"));
    expect(message).toContain("maybe");
    expect((await errorOf(on("new.csv", "train"))).message).toContain("one file: expected dev");
    expect(readFileSync(join(dataDir, "odd.csv"), "utf8")).toContain("maybe");
  });
});
