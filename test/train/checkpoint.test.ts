import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createCompiledEngine } from "../../src/engine/compiled/compiled.ts";
import { UserError } from "../../src/errors.ts";
import { readSafetensors, writeSafetensors } from "../../src/model/safetensors.ts";
import {
  checkBest,
  initialState,
  loadState,
  removeState,
  saveParameters,
  saveState,
} from "../../src/train/checkpoint.ts";
import type { Learner } from "../../src/train/learner.ts";
import { goldenBatch, goldenLearner } from "../support/golden.ts";
import { mountTiny, temporaryFolders } from "../support/temp.ts";

const engine = createCompiledEngine({ numThreads: 1 });
afterAll(() => engine.dispose());
const temporaryFolder = temporaryFolders();
let runDir: string;
beforeEach(() => void (runDir = temporaryFolder()));

const batch = goldenBatch({ kind: "classification" });
const state = { ...initialState(), step: 3, lossSum: 0.1 + 0.2, lossCount: 2 };

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
    expect(loadState(runDir, loaded, 10)).toEqual(state);
    for (const learner of [saved, loaded]) await learner.step([batch], 3, 1e-2);
    for (const name of saved.trainedNames)
      expect(await loaded.parameter(name).read(), name).toEqual(await saved.parameter(name).read());
    expect((await loaded.predict(batch)).logits).toEqual((await saved.predict(batch)).logits);
  });

  test("nothing is loaded where nothing was saved", async () => {
    expect(loadState(runDir, await createLearner(), 10)).toBeUndefined();
    await saveState(runDir, await createLearner(), state);
    removeState(runDir);
    expect(loadState(runDir, await createLearner(), 10)).toBeUndefined();
    removeState(runDir);
  });

  test("a state of other shapes is refused, naming the parameter and both shapes", async () => {
    await saveState(runDir, await createLearner(5), state);
    const learner = await createLearner(4);
    expect(() => loadState(runDir, learner, 10)).toThrow(
      /state\.safetensors: .*adapter\.down\.weight: shape \[5, 32\]: expected \[4, 32\]$/,
    );
  });
});

describe("a damaged state", () => {
  const file = () => join(runDir, "state.safetensors");

  test("is refused whichever byte was changed or cut off, and the learner stays as it was", async () => {
    await saveState(runDir, await trainedLearner(), state);
    const sound = readFileSync(file());
    const learner = await createLearner();
    const before = await learner.parameter(learner.trainedNames[0]).read();
    // Every 101st byte: of the length, the header, the metadata and the tensors.
    for (let i = 0; i < sound.length; i += 101) {
      const damaged = Buffer.from(sound);
      damaged[i] ^= 1 << (i % 8);
      writeFileSync(file(), damaged);
      expect(() => loadState(runDir, learner, 10), `byte ${i}`).toThrow(UserError);
    }
    for (const length of [0, 1, 8, 100, sound.length - 1]) {
      writeFileSync(file(), sound.subarray(0, length));
      expect(() => loadState(runDir, learner, 10), `${length} bytes`).toThrow(UserError);
    }
    expect(await learner.parameter(learner.trainedNames[0]).read()).toEqual(before);
    writeFileSync(file(), sound);
    expect(loadState(runDir, learner, 10)).toEqual(state);
  });

  test.each<[string, object | null, string]>([
    ["half a step", { step: 7.5 }, "step: "],
    ["a negative step", { step: -5 }, "step: "],
    ["a step after the last", { step: 1e9 }, "step: 1000000000: expected at most 10"],
    ["no state", null, "the whole file: "],
    ["a list", { evaluations: 5 }, "evaluations: "],
    ["more evaluations since the best than there were", { sinceBest: 2, evaluations: [] }, "evaluations: "], // prettier-ignore
  ])("%s is refused, saying what to do", async (_, changes, expected) => {
    const saved = changes && { ...state, ...changes };
    await saveState(runDir, await createLearner(), saved as typeof state);
    const learner = await createLearner();
    const refusal = catchError(() => loadState(runDir, learner, 10));
    expect(refusal.message).toContain(`state.safetensors: ${expected}`);
    expect(refusal.hint).toBe(
      `where training stood is lost; train it again from the first step: rm -r ${file()}, then peft train --resume ${runDir}`,
    );
  });

  test("without a checksum, as earlier versions wrote it, is refused", async () => {
    const learner = await createLearner();
    writeSafetensors(file(), new Map(), { state: JSON.stringify(state) });
    expect(() => loadState(runDir, learner, 10)).toThrow("no state with a checksum in it");
  });
});

test("the best checkpoint must be the one that was written, or a later one", async () => {
  const adapter = join(runDir, "adapter.safetensors");
  const adapterSha256 = await saveParameters(adapter, await trainedLearner(), { step: "3" });
  const best = { adapterSha256, predictionsSha256: "" };
  await checkBest(runDir, { ...state, best });
  writeFileSync(adapter, readFileSync(adapter).subarray(0, -1));
  await expect(checkBest(runDir, { ...state, best })).rejects.toThrow("the best checkpoint so far");
  await saveParameters(adapter, await createLearner(), { step: "4" }); // its evaluation will be repeated
  await checkBest(runDir, { ...state, best });
  rmSync(adapter);
  await expect(checkBest(runDir, { ...state, best })).rejects.toThrow("missing: expected ");
});

function catchError(action: () => unknown): UserError {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

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

test("a full disk leaves the saved state and adapter as they were", async ({ skip }) => {
  const disk =
    mountTiny(join(temporaryFolder(), "disk")) ??
    skip("needs the right to mount a small file system");
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
  expect(loadState(disk, await createLearner(), 10)?.step).toBe(3);
});
