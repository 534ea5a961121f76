// `peft eval`: what is printed of scores, and what is said of runs that cannot be scored.
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { renderScores } from "../../src/cli/eval-render.ts";
import type { Recorded, TrainedResult } from "../../src/record/result.ts";
import { temporaryFolders } from "../support/temp.ts";
import { writeTinyEncoder, writeTinyGlue } from "../support/tiny.ts";
import { trainTiny } from "../support/tiny-runs.ts";
import { peft } from "./capture.ts";

const temporaryFolder = temporaryFolders();
let sst2: Recorded<TrainedResult>;
let cola: Recorded<TrainedResult>;
let dataDir: string;
beforeAll(async () => {
  vi.stubEnv("PEFT_CACHE", temporaryFolder());
  dataDir = writeTinyGlue(temporaryFolder());
  const inputs = {
    encoder: writeTinyEncoder(temporaryFolder()),
    dataDir,
    outDir: temporaryFolder(),
  };
  sst2 = await trainTiny(inputs);
  cola = await trainTiny(inputs, { task: { name: "cola", maxLength: 16 } });
  return () => vi.unstubAllEnvs();
}, 60_000);

test("scores runs of several tasks beside what they recorded", async () => {
  const { exitCode, stderr, stdout } = await peft("eval", sst2.runDir, cola.runDir);
  expect(exitCode).toBe(0);
  expect(stderr).not.toContain("evaluating");
  const cells = stdout.trim().split("\n").map((line) => line.split(/ {2,}/)); // prettier-ignore
  const [accuracy, matthews] = [sst2.best!.metrics.accuracy, cola.best!.metrics.matthews];
  expect(cells[0]).toEqual(["run", "split", "metric", "score", "recorded"]);
  expect(cells[1]).toEqual([
    basename(sst2.runDir),
    "dev",
    "accuracy",
    ...twice(accuracy),
    "identical",
  ]);
  expect(cells[2]).toEqual([
    basename(cola.runDir),
    "dev",
    "matthews",
    ...twice(matthews),
    "identical",
  ]);
});

const twice = (score: number) => [score.toFixed(4), score.toFixed(4)];

test("--json and --out hold every number and every answer", async () => {
  const out = join(temporaryFolder(), "answers.jsonl");
  const { stdout } = await peft("eval", cola.runDir, "--json", "--out", out);
  const [scored] = JSON.parse(stdout) as Record<string, unknown>[];
  expect(scored).toMatchObject({
    runDir: cola.runDir,
    task: "cola",
    split: "dev",
    loss: cola.best!.loss,
    metrics: cola.best!.metrics,
    recorded: cola.best!.metrics,
    isSameData: true,
  });
  const lines = readFileSync(out, "utf8").trim().split("\n");
  const answers = lines.map((line) => JSON.parse(line) as { expected: string; predicted: string });
  expect(answers).toHaveLength(12);
  const numRight = answers.filter(({ expected, predicted }) => expected === predicted).length;
  expect(numRight / 12).toBe(cola.best!.metrics.accuracy);
});

test("a score that differs is shown with the difference, other data without", () => {
  const one = { run: "r", runDir: "runs/r", task: "sst2", split: "dev", loss: 1, notes: [] };
  const metrics = { accuracy: 0.5 };
  const texts = [
    renderScores([{ ...one, metrics, recorded: { accuracy: 0.5 + 2 ** -40 }, isSameData: true }]),
    renderScores([{ ...one, metrics, recorded: { accuracy: 0.6 }, isSameData: false }]),
    renderScores([{ ...one, metrics, recorded: null, isSameData: null }]),
  ];
  expect(texts[0]).toContain("0.5000    0.5000  differs by -9.1e-13\n");
  expect(texts[1]).toContain("0.5000    0.6000  on other data\n");
  expect(texts[2]).toContain("0.5000            not recorded\n");
});

describe("refuses", () => {
  test("a typo in the name of a run", async () => {
    const { exitCode, stderr } = await peft("eval", "sst2-hulsby");
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      "error: sst2-hulsby: no such run folder, and none of that name in runs",
    );
  });

  test("an unknown split, and lists the others", async () => {
    const { exitCode, stderr } = await peft("eval", sst2.runDir, "--split", "dev_matched");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("split dev_matched: sst2 has no such split: expected dev, train\n");
  });

  test("answers in place of the data", async () => {
    const data = join(temporaryFolder(), "dev.csv");
    writeFileSync(data, "t,l\n");
    const given = await peft("eval", sst2.runDir, "--data", data, "--out", data);
    expect(given.exitCode).toBe(1);
    expect(given.stderr).toContain(`--out: ${data}: is the same file as --data ${data}`);
    const own = join(dataDir, "SST-2", "dev.tsv");
    const before = readFileSync(own, "utf8");
    const { stderr } = await peft("eval", sst2.runDir, "--out", own);
    expect(stderr).toContain(`--out: ${own}: is the same file as dev ${own}`);
    expect(readFileSync(own, "utf8")).toBe(before);
  });

  test("a device and an output format that do not exist", async () => {
    expect((await peft("eval", sst2.runDir, "--device", "rocm")).exitCode).toBe(2);
    expect((await peft("eval", sst2.runDir, "--out", "answers.xlsx")).stderr).toContain("answers.xlsx: expected a name ending in"); // prettier-ignore
  });
});

test("says how it is used", async () => {
  const { exitCode, stdout } = await peft("eval", "--help");
  expect(exitCode).toBe(0);
  for (const option of [
    "<runs...>",
    "--data",
    "--split",
    "--encoder",
    "--device",
    "--json",
    "--out",
  ])
    expect(stdout).toContain(option);
});
