import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createCompiledEngine } from "../../src/engine/compiled/compiled.ts";
import { readSafetensors } from "../../src/model/safetensors.ts";
import {
  initialState,
  loadState,
  removeState,
  saveParameters,
  saveState,
} from "../../src/train/checkpoint.ts";
import type { Learner } from "../../src/train/learner.ts";
import { goldenBatch, goldenLearner } from "../support/golden.ts";
import { temporaryFolders } from "../support/temp.ts";

const engine = createCompiledEngine({ numThreads: 1 });
afterAll(() => engine.dispose());
const temporaryFolder = temporaryFolders();
let runDir: string;
beforeEach(() => void (runDir = temporaryFolder()));

const batch = goldenBatch({ kind: "classification" });
const state = { ...initialState(), step: 3, lossSum: 0.1 + 0.2, lossCount: 2, sinceBest: 1 };

async function createLearner(size = 4): Promise<Learner> {
  const method = { name: "houlsby", size, initStd: 0.01 } as const;
  const learner = await goldenLearner(engine, {
    method,
    kind: "classification",
    numLabels: 3,
    hiddenAct: "gelu",
  });
  onTestFinished(() => learner.dispose());
  return learner;
}

async function trainedLearner(): Promise<Learner> {
  const learner = await createLearner();
  for (let step = 0; step < 3; step++) await learner.step([batch], step, 1e-2);
  return learner;
}

describe("saveState and loadState", () => {
  test("a learner brought back goes on exactly as the one that was saved", async () => {
    const [saved, loaded] = [await trainedLearner(), await createLearner()];
    await saveState(runDir, saved, state);
    expect(loadState(runDir, loaded)).toEqual(state);
    for (const learner of [saved, loaded]) await learner.step([batch], 3, 1e-2);
    for (const name of saved.trainedNames)
      expect(await loaded.parameter(name).read(), name).toEqual(await saved.parameter(name).read());
    expect((await loaded.predict(batch)).logits).toEqual((await saved.predict(batch)).logits);
  });

  test("nothing is loaded where nothing was saved", async () => {
    expect(loadState(runDir, await createLearner())).toBeUndefined();
    await saveState(runDir, await createLearner(), state);
    removeState(runDir);
    expect(loadState(runDir, await createLearner())).toBeUndefined();
    removeState(runDir);
  });

  test("a state of other shapes is refused, naming the parameter and both shapes", async () => {
    await saveState(runDir, await createLearner(5), state);
    const learner = await createLearner(4);
    expect(() => loadState(runDir, learner)).toThrow(
      /state\.safetensors: .*adapter\.down\.weight: shape \[5, 32\]: expected \[4, 32\]$/,
    );
  });
});

test("saveParameters writes what is trained, under its names, and what it is told to add", async () => {
  const path = join(runDir, "adapter.safetensors");
  const learner = await trainedLearner();
  await saveParameters(path, learner, { task: "cola" });
  const { metadata, tensors } = readSafetensors(path);
  expect(metadata).toEqual({ format: "pt", task: "cola" });
  expect([...tensors.keys()]).toEqual(learner.trainedNames);
  for (const [name, { data }] of tensors)
    expect(data, name).toEqual(await learner.parameter(name).read());
});

/** A file system of 128 KiB in memory: about three states of this learner. */
function mountTiny(): string | undefined {
  const folder = join(temporaryFolder(), "disk");
  mkdirSync(folder);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return undefined; // not root, or not Linux
  }
  onTestFinished(() => void execFileSync("umount", [folder]));
  return folder;
}

test("a full disk leaves the saved state and adapter as they were", async ({ skip }) => {
  const disk = mountTiny() ?? skip("needs the right to mount a small file system");
  const adapter = join(disk, "adapter.safetensors");
  const learner = await trainedLearner();
  await saveState(disk, learner, state);
  await saveParameters(adapter, learner, {});
  const before = readdirSync(disk).map((name) => [name, readFileSync(join(disk, name))]);
  expect(() => writeFileSync(join(disk, "filler"), Buffer.alloc(1 << 20))).toThrow("ENOSPC");

  await learner.step([batch], 3, 1e-2);
  await expect(saveState(disk, learner, { ...state, step: 4 })).rejects.toThrow(
    `${join(disk, "state.safetensors")}: no space left on the device`,
  );
  await expect(saveParameters(adapter, learner, {})).rejects.toThrow("no space left on the device");
  expect(before.map(([name]) => [name, readFileSync(join(disk, String(name)))])).toEqual(before);
  expect(existsSync(disk) && readdirSync(disk).toSorted()).toEqual([
    "adapter.safetensors",
    "filler",
    "state.safetensors",
  ]);
  expect(loadState(disk, await createLearner())?.step).toBe(3);
});
