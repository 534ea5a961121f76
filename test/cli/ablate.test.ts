// `peft ablate`: what it writes and prints, and what it refuses.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { temporaryFolders } from "../support/temp.ts";
import { type TinyInputs, trainTiny, writeTinyInputs } from "../support/tiny-runs.ts";
import { peft } from "./capture.ts";

const temporaryFolder = temporaryFolders();
let inputs: TinyInputs;
let run: string;
beforeAll(async () => {
  vi.stubEnv("PEFT_CACHE", temporaryFolder());
  inputs = writeTinyInputs(temporaryFolder());
  run = (await trainTiny(inputs, { task: { name: "cola", maxLength: 16 } })).runDir;
  return () => vi.unstubAllEnvs();
}, 60_000);

test("writes matrix and picture, and prints the figures that the paper names", async () => {
  const out = temporaryFolder();
  const { exitCode, stdout } = await peft("ablate", run, "--out", out);
  expect(exitCode).toBe(0);
  const names = ["csv", "json", "png", "svg"].map((ending) => `ablation.${ending}`);
  expect(readdirSync(out).toSorted()).toEqual(names);
  expect(readFileSync(join(out, "ablation.csv"), "utf8").trim().split("\n")).toHaveLength(1 + 1 + 3); // prettier-ignore
  expect(stdout).toMatch(/^cola with houlsby m=4 on dev: 3 spans of 2 layers$/m);
  for (const title of ["intact", "worst single layer", "all layers removed", "majority class"])
    expect(stdout).toMatch(new RegExp(`^${title} `, "m"));
  expect(stdout).toMatch(/^matthews, change in percent/m);
  expect(stdout).toMatch(/^accuracy, change in percent/m);
  expect(stdout.trimEnd().split("\n").slice(-3)).toEqual(
    ["csv", "svg", "png"].map((ending) => join(out, `ablation.${ending}`)),
  );
});

test("writes into the run folder by default, another split beside the first", async () => {
  expect((await peft("ablate", run)).exitCode).toBe(0);
  expect((await peft("ablate", run, "--split", "train")).exitCode).toBe(0);
  const names = readdirSync(run).filter((name) => name.startsWith("ablation"));
  expect(names).toHaveLength(8);
  expect(names).toContain("ablation-train.csv");
});

test("refuses a run without adapters, and a split that is none", async () => {
  const head = await trainTiny(inputs, { method: { name: "head" } });
  const without = await peft("ablate", head.runDir);
  expect(without.exitCode).toBe(1);
  expect(without.stderr).toContain("method.name: head: expected a method with adapters");
  const split = await peft("ablate", run, "--split", "test");
  expect(split.exitCode).toBe(1);
  expect(split.stderr).toContain("split test: cola has no such split: expected dev, train");
});
