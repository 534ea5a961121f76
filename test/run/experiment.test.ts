import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { z } from "zod";
import { loadExperiment } from "../../src/config/load.ts";
import {
  type Experiment,
  type experimentSchema,
  resolveExperiment,
} from "../../src/config/schema.ts";
import { Interrupted, UserError } from "../../src/errors.ts";
import { readBytes, sha256 } from "../../src/files.ts";
import type { MethodConfig } from "../../src/methods/methods.ts";
import { computeMetrics, type MetricName } from "../../src/metrics/metrics.ts";
import { readSafetensors } from "../../src/model/safetensors.ts";
import { runExperiment, type RunOptions } from "../../src/run.ts";
import { readResult } from "../../src/record/result.ts";
import { runName } from "../../src/record/run-folder.ts";
import type { Evaluation, RunEvent } from "../../src/train/events.ts";
import { readPredictions, type ValuePredictions } from "../../src/train/predictions.ts";
import { temporaryFolders } from "../support/temp.ts";
import { tinyShape, writeTinyEncoder, writeTinyGlue } from "../support/tiny.ts";

const temporaryFolder = temporaryFolders();
let encoder: string;
let dataDir: string;
let outDir: string;
beforeAll(() => {
  encoder = writeTinyEncoder(temporaryFolder());
  dataDir = writeTinyGlue(temporaryFolder());
  vi.stubEnv("PEFT_CACHE", temporaryFolder());
  return () => vi.unstubAllEnvs();
});
beforeEach(() => void (outDir = temporaryFolder()));

type Raw = z.input<typeof experimentSchema>;

function experimentOf(changes: Partial<Raw> = {}): Experiment {
  return resolveExperiment({
    task: { name: "sst2", maxLength: 16 },
    encoder: { source: encoder },
    method: { name: "houlsby", size: 4 },
    training: { epochs: 2, batchSize: 8, learningRate: 1e-3 },
    dataDir,
    ...changes,
  });
}

function run(experiment: Experiment, options: Partial<RunOptions> = {}) {
  const { signal } = new AbortController();
  return runExperiment(experiment, { outDir, signal, report: () => {}, ...options });
}

/** The UserError that a run ends in. */
async function errorOf(
  experiment: Experiment,
  options: Partial<RunOptions> = {},
): Promise<UserError> {
  const error = await run(experiment, options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

/** Stops a run after so many steps and gives its folder. */
async function interrupted(experiment: Experiment, steps: number): Promise<string> {
  const controller = new AbortController();
  const report = (event: RunEvent) => {
    if (event.type === "progress" && event.phase === "train" && event.done === steps)
      controller.abort();
  };
  const error = await errorOf(experiment, { signal: controller.signal, report });
  expect(error).toBeInstanceOf(Interrupted);
  return join(outDir, runName(experiment));
}

const json = (folder: string, name: string): unknown =>
  JSON.parse(readFileSync(join(folder, name), "utf8"));

describe.each(["cola", "sst2", "stsb"] as const)("the run folder of %s", (name) => {
  test("holds settings, origin, scores and parameters that agree", async () => {
    const experiment = experimentOf({ task: { name, maxLength: 16 } });
    const result = await run(experiment);
    const { runDir } = result;
    expect(readdirSync(runDir).toSorted()).toEqual([
      "adapter.safetensors",
      "config.yaml",
      "last.safetensors",
      "metrics.jsonl",
      "predictions.json",
      "provenance.json",
      "result.json",
    ]);
    expect(readResult(runDir)).toEqual(JSON.parse(JSON.stringify(result)));
    expect(loadExperiment(join(runDir, "config.yaml")).experiment).toEqual(experiment);
    const lines = readFileSync(join(runDir, "metrics.jsonl"), "utf8").trim().split("\n");
    const evaluations = lines.map((line) => JSON.parse(line) as Evaluation);
    expect(evaluations).toEqual(result.evaluations);
    expect(evaluations.map(({ step }) => step)).toEqual([3, 6]);
    expect(result.best).toEqual(evaluations.findLast(({ best }) => best));
    expect(result).toMatchObject({ status: "ok", experiment, steps: 6, totalSteps: 6 });
    const dev = readPredictions(runDir)!.dev as ValuePredictions;
    const { mainMetric } = result as { mainMetric: MetricName };
    const rescored = computeMetrics([mainMetric], dev.predictions, dev.labels)[mainMetric];
    expect(rescored).toBe(result.best?.metrics[mainMetric]);
    expect(Object.keys(result.majority.dev)).toEqual(Object.keys(evaluations[0].metrics));

    const { metadata, tensors } = readSafetensors(join(runDir, "adapter.safetensors"));
    expect(metadata).toMatchObject({ task: name, step: String(result.best?.step) });
    const values = [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
    expect(values).toBe(result.parameters.trained);
    const weights = join(encoder, "model.safetensors");
    expect(json(runDir, "provenance.json")).toMatchObject({
      weights: { path: weights, sha256: sha256(readBytes(weights)) },
      software: { node: process.version },
    });
  });
});

const everyMethod: MethodConfig[] = [
  { name: "houlsby", size: 8, initStd: 0.05 },
  { name: "full" },
  { name: "top-layers", layers: 1 },
  { name: "layernorm" },
  { name: "head" },
];

test.each(everyMethod)("$name learns eight examples by heart", async (method) => {
  const experiment = experimentOf({
    method,
    encoder: { source: encoder, dropout: 0 },
    training: { epochs: 80, batchSize: 8, learningRate: 3e-2 },
    evaluation: { every: 20 },
    dataDir: writeTinyGlue(temporaryFolder(), 8),
  });
  const { evaluations } = await run(experiment);
  const losses = evaluations.map(({ trainLoss }) => trainLoss!);
  // 0.66 is what always answering with the shares of the classes would give.
  expect(losses.at(-1)).toBeLessThan(0.75 * losses[0]);
  expect(losses.at(-1)).toBeLessThan(0.5);
});

describe("going on with a run", () => {
  test("after an interruption gives the bytes of an undisturbed one", async () => {
    const experiment = experimentOf({ training: { epochs: 4, batchSize: 8 } });
    const undisturbed = await run(experiment);
    outDir = temporaryFolder();
    const runDir = await interrupted(experiment, 5);
    expect(existsSync(join(runDir, "result.json"))).toBe(false);
    writeFileSync(join(runDir, "state.safetensors.99.tmp"), "a write that was killed");
    const resumed = await run(experiment, { resume: runDir });
    for (const name of ["adapter.safetensors", "last.safetensors", "metrics.jsonl", "config.yaml", "predictions.json"])
      expect(readBytes(join(runDir, name)).equals(readBytes(join(undisturbed.runDir, name))), name).toBe(true); // prettier-ignore
    expect(readdirSync(runDir)).toEqual(readdirSync(undisturbed.runDir));
    expect(resumed.best).toEqual(undisturbed.best);
  });

  test("with a changed setting is refused, naming the setting and both values", async () => {
    const runDir = await interrupted(experimentOf(), 1);
    const training = { epochs: 2, batchSize: 8, learningRate: 2e-3 };
    const { message } = await errorOf(experimentOf({ training }), { resume: runDir });
    expect(message).toBe(
      `${runDir}: training.learningRate: 0.002: expected 0.001, with which the run was begun`,
    );
  });

  test("on another device is the same run, and says where it was begun and where it ended", async () => {
    const undisturbed = await run(experimentOf());
    outDir = temporaryFolder();
    const runDir = await interrupted(experimentOf(), 1);
    expect(JSON.parse(readFileSync(join(runDir, "provenance.json"), "utf8"))).toMatchObject({ engine: "cpu" }); // prettier-ignore
    const notes: string[] = [];
    const report = (event: RunEvent) => void (event.type === "note" && notes.push(event.text));
    const { engine } = await run(experimentOf({ device: "cpu" }), { resume: runDir, report });
    expect(engine).toContain("CPU");
    expect(notes[0]).toMatch(/^engine: compiled/);
    expect(readResult(runDir)).toMatchObject({ experiment: { device: "auto" } });
    const adapters = [runDir, undisturbed.runDir].map((dir) => readBytes(join(dir, "adapter.safetensors"))); // prettier-ignore
    expect(adapters[0].equals(adapters[1])).toBe(true);
  });

  test("with changed data is refused", async () => {
    const data = writeTinyGlue(temporaryFolder());
    const runDir = await interrupted(experimentOf({ dataDir: data }), 1);
    writeTinyGlue(data, 20);
    const { message } = await errorOf(experimentOf({ dataDir: data }), { resume: runDir });
    expect(message).toContain(`${runDir}: data: SHA-256 `);
  });

  test("that is only begun needs --resume, and says so", async () => {
    const runDir = await interrupted(experimentOf(), 1);
    const { hint, message } = await errorOf(experimentOf());
    expect(message).toBe(`${runDir}: this experiment was begun and not finished`);
    expect(hint).toBe(`go on with: peft train --resume ${runDir}`);
  });

  test("that is finished is refused either way", async () => {
    const { runDir } = await run(experimentOf({ training: { epochs: 0.1 } }));
    const again = experimentOf({ training: { epochs: 0.1 } });
    for (const options of [{}, { resume: runDir }])
      expect((await errorOf(again, options)).message).toBe(`${runDir}: this run is finished`);
  });
});

describe("refuses", () => {
  test("an output folder that is a file, or below one", async () => {
    const file = join(outDir, "file");
    writeFileSync(file, "");
    expect((await errorOf(experimentOf(), { outDir: file })).message).toContain(file);
    const below = join(file, "below");
    const { message } = await errorOf(experimentOf(), { outDir: below });
    expect(message).toContain("a file of that name exists, expected a folder");
    expect(readFileSync(file, "utf8")).toBe("");
  });

  test("a vocabulary larger than the embedding table", async () => {
    const folder = writeTinyEncoder(temporaryFolder(), { ...tinyShape, vocabSize: 20 });
    const { message } = await errorOf(experimentOf({ encoder: { source: folder } }));
    expect(message).toBe(
      `${folder}: a vocabulary of 26 tokens: expected at most the embedding table's 20 rows`,
    );
  });

  test.each<[Partial<Raw>, string]>([
    [
      { task: { name: "sst2", maxLength: 25 } },
      "task.maxLength: 25: expected at most the encoder's 24",
    ],
    [
      { method: { name: "houlsby", size: 17 } },
      "method.size: 17: expected at most the encoder's hidden size, 16",
    ],
    [
      { method: { name: "top-layers", layers: 3 } },
      "method.layers: 3: expected at most the encoder's 2 layers",
    ],
    [{ dataDir: "/nowhere" }, "/nowhere: no such folder: expected SST-2/train.tsv"],
    [
      { encoder: { source: "no/such" } },
      "encoder.source: no/such: no such folder, and no such id in",
    ],
  ])("%j", async (changes, message) => {
    mkdirSync(outDir, { recursive: true });
    expect((await errorOf(experimentOf(changes))).message).toContain(message);
    expect(readdirSync(outDir)).toEqual([]);
  });
});

test("a run that diverges is a result, with the reason", async () => {
  const result = await run(experimentOf({ training: { learningRate: 1e30, epochs: 4 } }));
  expect(result.status).toBe("diverged");
  expect(result.reason).toMatch(
    /^(?:the .* of step \d+ is not a finite number|evaluation after step \d+: dev: .*: expected finite numbers)$/,
  );
  expect(json(result.runDir, "result.json")).toMatchObject({ status: "diverged" });
});
