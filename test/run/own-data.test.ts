// Experiments on the user's own files, on the tiny encoder.
import { gzipSync } from "node:zlib";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import type { TaskSettings } from "../../src/data/settings.ts";
import { readSafetensors } from "../../src/model/safetensors.ts";
import { temporaryFolders } from "../support/temp.ts";
import { type TinyInputs, trainTiny, writeTinyInputs } from "../support/tiny-runs.ts";

const temporaryFolder = temporaryFolders();
let inputs: TinyInputs;
beforeAll(() => {
  inputs = writeTinyInputs(temporaryFolder());
  vi.stubEnv("PEFT_CACHE", temporaryFolder());
  return () => vi.unstubAllEnvs();
});

type Settings = Extract<TaskSettings, { label: string }>;

/** A benchmark's files, read by the names of their columns. */
const own = (settings: Pick<Settings, "kind" | "label" | "text"> & Partial<Settings>) => ({
  train: "SST-2/train.tsv",
  dev: "SST-2/dev.tsv",
  maxLength: 16,
  ...settings,
});

test("the same texts give the same parameters and scores as the built-in task", async () => {
  const builtIn = await trainTiny(inputs);
  const task = own({ kind: "classification", text: "sentence", label: "label" });
  const { best, labels, runDir } = await trainTiny(inputs, { task });
  expect(labels).toEqual(["0", "1"]);
  expect(best!.metrics.accuracy).toBe(builtIn.best!.metrics.accuracy);
  const tensorsOf = (folder: string) => readSafetensors(join(folder, "last.safetensors")).tensors;
  expect(tensorsOf(runDir)).toEqual(tensorsOf(builtIn.runDir));
});

test("scores of two texts likewise", async () => {
  const builtIn = await trainTiny(inputs, { task: { name: "stsb", maxLength: 16 } });
  const files = { train: "STS-B/train.tsv", dev: "STS-B/dev.tsv" };
  const columns = { text: "sentence1", textPair: "sentence2", label: "score" };
  const result = await trainTiny(inputs, {
    task: own({ kind: "regression", ...files, ...columns }),
  });
  expect(result.best!.metrics).toEqual(builtIn.best!.metrics);
  expect(result.mainMetric).toBe("spearman");
});

test("three classes of compressed JSON lines without a dev file", async () => {
  const [, ...lines] = readFileSync(join(inputs.dataDir, "SST-2/train.tsv"), "utf8")
    .trim()
    .split("\n");
  const rows = lines.map((line, i) => ({
    body: line.split("\t")[0],
    mood: ["low", "high", "mid"][i % 3],
  }));
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  writeFileSync(join(inputs.dataDir, "moods.jsonl.gz"), gzipSync(text));
  const task = {
    kind: "classification" as const,
    name: "moods",
    train: "moods.jsonl.gz",
    devShare: 0.25,
    text: "body",
    label: "mood",
    maxLength: 16,
  };
  const result = await trainTiny(inputs, { task });
  expect(result.runDir).toMatch(/moods-houlsby-4-seed0-/);
  expect(result.labels).toEqual(["high", "low", "mid"]);
  expect(result.parameters.head).toBe(3 * 16 + 3);
  expect(Object.keys(result.best!.metrics)).toEqual(["accuracy", "macroF1", "matthews"]);
  const again = await trainTiny({ ...inputs, outDir: temporaryFolder() }, { task });
  expect(again.evaluations).toEqual(result.evaluations);
});

test("classes that are merged, numbers by several spellings, and rows that are left out", async () => {
  const [header, ...lines] = readFileSync(join(inputs.dataDir, "SST-2/train.tsv"), "utf8")
    .trim()
    .split("\n");
  const words = { 0: ["0", "0.0"], 1: ["1", "+1"] };
  const rows = lines.map((line, i) => {
    const [text, label] = line.split("\t");
    return `${text}\t${i < 3 ? ["", "nan", "unsure"][i] : words[label as "0" | "1"][i % 2]}`;
  });
  writeFileSync(join(inputs.dataDir, "merged.tsv"), [header, ...rows].join("\n"));
  const base = own({
    kind: "classification",
    text: "sentence",
    label: "label",
    train: "merged.tsv",
  });
  const found = await trainTiny(inputs, { task: { ...base, leaveOut: ["unsure"] } });
  expect(found.labels).toEqual(["0", "1"]);
  const labels = [
    { name: "low", from: ["0", "0.0"] },
    { name: "high", from: ["1"] },
  ];
  const merged = await trainTiny(inputs, { task: { ...base, labels, leaveOut: ["unsure"] } });
  expect(merged.labels).toEqual(["low", "high"]);
  expect(merged.evaluations.map(({ metrics }) => metrics)).toEqual(
    found.evaluations.map(({ metrics }) => metrics),
  );
});
