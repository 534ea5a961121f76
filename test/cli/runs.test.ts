// `peft list` and `peft show`: what is said of runs in every state.
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { age } from "../../src/cli/runs-render.ts";
import {
  divergedResult,
  experimentOf,
  failedResult,
  trainedResult,
  writeRun,
  writeUnfinished,
} from "../support/records.ts";
import { temporaryFolders } from "../support/temp.ts";
import { peft } from "./capture.ts";

const temporaryFolder = temporaryFolders();

describe("peft list", () => {
  test("a line for every run, whatever became of it", async () => {
    const folder = temporaryFolder();
    writeRun(folder, trainedResult({ score: 0.8765 }), { name: "a" });
    writeRun(folder, divergedResult({ seed: 1 }), { name: "b" });
    writeRun(folder, failedResult({ seed: 2 }), { name: "c" });
    writeUnfinished(folder, experimentOf({ seed: 3 }), "d");
    mkdirSync(join(folder, "e"));
    writeFileSync(join(folder, "e", "result.json"), "{");
    const { exitCode, stderr, stdout } = await peft("list", folder);
    expect(exitCode).toBe(0);
    const cells = stdout.split("\n").map((line) => line.split(/ {2,}/));
    expect(cells.slice(0, 5)).toEqual([
      ["run", "status", "metric", "score", "steps", "age", "remark"],
      ["a", "ok", "f1", "0.8765", "345", expect.stringMatching(/ ago$/)],
      ["b", "diverged", "f1", "345", expect.anything(), expect.stringContaining("finite number")],
      ["c", "failed", expect.stringMatching(/ ago$/), expect.stringContaining("hidden size")],
      ["d", "unfinished", expect.stringMatching(/^\d+ s ago$/)],
    ]);
    expect(stderr).toContain("skipped 1 unreadable\n");
  });

  test.each([
    [0, "0 s ago"],
    [-5000, "0 s ago"],
    [59_999, "59 s ago"],
    [60_000, "1 min ago"],
    [3_599_999, "59 min ago"],
    [3 * 3_600_000, "3 h ago"],
    [49 * 3_600_000, "2 d ago"],
  ])("%d ms are %s", (milliseconds, expected) => {
    expect(age(milliseconds)).toBe(expected);
  });
});

describe("peft show", () => {
  test("a run that ended well", async () => {
    const runDir = writeRun(temporaryFolder(), trainedResult({ score: 0.8765 }));
    const { exitCode, stderr, stdout } = await peft("show", runDir);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    for (const line of [
      /^status +ok$/m,
      /^written by +peft 0\.1\.0, node v20\.20\.2, platform linux-x64$/m,
      /^steps +345 of 345$/m,
      /^time +1:40, 1:30 of it in training steps$/m,
      /^peak memory +2\.0 GB$/m,
      /^ {2}learningRate: 0\.001$/m,
      /^trained +2,419,202 {2}2\.21 % of the whole model/m,
      /^ +345 +3\.00 +dev +0\.2000 +0\.2667 +0\.8765 +0\.8665 +best so far$/m,
      /^dev +f1 +0\.8765 +0\.5000$/m,
    ])
      expect(stdout).toMatch(line);
  });

  test("a run that diverged before its first evaluation", async () => {
    const result = divergedResult({
      result: { adapterBytes: null },
    });
    const runDir = writeRun(temporaryFolder(), { ...result, evaluations: [], best: null });
    const { stdout } = await peft("show", runDir);
    expect(stdout).toMatch(/^status +diverged: the loss of step 7 is not a finite number$/m);
    expect(stdout).toMatch(/^adapter file +none$/m);
    expect(stdout).toContain("no evaluation was completed");
  });

  test("a run that failed", async () => {
    const { stdout } = await peft("show", writeRun(temporaryFolder(), failedResult()));
    expect(stdout).toMatch(/^status +failed: method\.size: 9999: expected at most/m);
    expect(stdout).toMatch(/^hint +a bottleneck wider/m);
    expect(stdout).toContain("settings\ntask:\n  name: mrpc\n");
  });

  test("a run that was begun", async () => {
    const runDir = writeUnfinished(temporaryFolder(), experimentOf());
    const { stdout } = await peft("show", runDir);
    expect(stdout).toMatch(/^status +unfinished$/m);
    expect(stdout).toContain(`peft train --resume ${runDir}\n`);
  });

  test("what is no run", async () => {
    const folder = temporaryFolder();
    const runDir = writeRun(folder, trainedResult());
    for (const path of [folder, join(folder, "missing")]) {
      const { exitCode, stderr } = await peft("show", path);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`error: ${path}: `);
      expect(stderr).toMatch(/\nhint: /);
    }
    writeFileSync(join(runDir, "result.json"), "{");
    const { exitCode, stderr } = await peft("show", runDir);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${basename(runDir)}/result.json:1:2: the text ends`);
  });
});
