// `peft verify`: what it prints, and the exit code.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import type { Verification } from "../../src/inference/verification.ts";
import { temporaryFolders } from "../support/temp.ts";
import { copyRun, trainTiny, writeTinyInputs } from "../support/tiny-runs.ts";
import { peft } from "./capture.ts";

const temporaryFolder = temporaryFolders();
let runs: string[];
beforeAll(async () => {
  vi.stubEnv("PEFT_CACHE", temporaryFolder());
  const inputs = writeTinyInputs(temporaryFolder());
  const cola = { task: { name: "cola", maxLength: 16 } } as const;
  runs = [(await trainTiny(inputs)).runDir, (await trainTiny(inputs, cola)).runDir];
  return () => vi.unstubAllEnvs();
}, 60_000);

test("a mark per check and run, and what sharing saves", async () => {
  const { exitCode, stdout } = await peft("verify", ...runs);
  expect(exitCode).toBe(0);
  const marks = stdout.split("\n").filter((line) => / ✓( +✓){5}$/.test(line));
  expect(marks.map((line) => line.split("-")[0])).toEqual(["sst2", "cola"]);
  expect(stdout).toMatch(/^run +encoder +frozen +file +tensors +scores +recorded$/m);
  expect(stdout).toMatch(/^together +[\d.]+ kB +[\d.]+ kB$/m);
  expect(stdout).toContain("✓ 12 checks passed\n");
});

test("as JSON", async () => {
  const { exitCode, stdout } = await peft("verify", "--json", "--quick", ...runs);
  const found = JSON.parse(stdout) as Verification;
  expect(exitCode).toBe(0);
  expect(found).toMatchObject({ passed: true, runs: [{ task: "sst2" }, { task: "cola" }] });
});

test("a failed check is named, with what to do about it", async () => {
  const copy = copyRun(runs[0], temporaryFolder());
  const file = join(copy, "adapter.safetensors");
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] ^= 1;
  writeFileSync(file, bytes);
  const { exitCode, stderr, stdout } = await peft("verify", "--quick", copy, runs[1]);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^copy +✓ +– +✗ +✓ +– +–$/m);
  expect(stdout).toContain("✗ 1 of 6 checks failed, 6 left out\n");
  expect(stderr).toMatch(/error: \S+adapter\.safetensors: SHA-256 \w{64}: expected \w{64}\n/);
  expect(stderr).toContain(`peft rerun ${copy}`);
});

test("what is no finished run is named", async () => {
  const { exitCode, stderr } = await peft("verify", runs[0], "no-such-run");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("no-such-run: no such run folder");
});
