import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { openRuns } from "../../src/inference/evaluate.ts";
import { predictGlueTests } from "../../src/inference/glue-tests.ts";
import { createAnswerer } from "../../src/inference/predict.ts";
import { unpackSubmission } from "../../src/submission/archive.ts";
import { checkContents } from "../../src/submission/check.ts";
import { fewRows, writeGlueTests } from "../support/glue.ts";
import { temporaryFolders } from "../support/temp.ts";
import { writeTinyEncoder, writeTinyGlue } from "../support/tiny.ts";
import { trainTiny } from "../support/tiny-runs.ts";

const temporaryFolder = temporaryFolders();
beforeAll(() => {
  vi.stubEnv("PEFT_CACHE", temporaryFolder());
  return () => vi.unstubAllEnvs();
});

test("runs of several tasks answer their test files, as they answer the texts", async () => {
  const dataDir = writeTinyGlue(temporaryFolder());
  writeGlueTests(dataDir);
  const inputs = {
    encoder: writeTinyEncoder(temporaryFolder()),
    dataDir,
    outDir: temporaryFolder(),
  };
  const sst2 = await trainTiny(inputs);
  const stsb = await trainTiny(inputs, { task: { name: "stsb", maxLength: 24 } });
  const { signal } = new AbortController();
  const opened = await openRuns([sst2.runDir, stsb.runDir], { report: () => {} });
  const path = join(temporaryFolder(), "glue.zip");
  const options = { numRows: fewRows, signal, report: () => {} };
  await expect(predictGlueTests(opened, path, { dataDir, ...options })).rejects.toThrow("CoLA.tsv: missing"); // prettier-ignore
  const incomplete = { dataDir: undefined, allowIncomplete: true, ...options };
  const [remark] = await predictGlueTests(opened, path, incomplete);
  expect(remark).toContain("without CoLA.tsv");
  const files = unpackSubmission(readFileSync(path), path);
  expect(files.map(({ name }) => name).toSorted()).toEqual(["SST-2.tsv", "STS-B.tsv"]);
  expect(checkContents(files, fewRows)).toEqual([]);

  const rows = Array.from({ length: 4 }, (_, i) => ({
    place: "",
    values: { text: `text 1 of ${i} "`, pair: `text 2 of ${i} "` },
  }));
  const answers = await createAnswerer(opened, {}, signal).answer(rows);
  await opened.dispose();
  const written = (name: string) =>
    files.find((file) => file.name === name)!.text.split("\n").slice(1, 5); // prettier-ignore
  const labels = answers.map(({ sst2: answer }) => (answer as { label: string }).label);
  expect(written("SST-2.tsv")).toEqual(
    labels.map((label, i) => `${i}\t${label === "positive" ? 1 : 0}`),
  );
  const scores = answers.map(({ stsb: answer }) => (answer as { score: number }).score);
  const cut = scores.map((score) => Math.min(5, Math.max(0, score)).toFixed(3));
  expect(written("STS-B.tsv")).toEqual(cut.map((score, i) => `${i}\t${score}`));
});
