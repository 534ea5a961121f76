// Weights in several files: read through their index, or refused naming what does not fit.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { readBytes, sha256 } from "../../src/files.ts";
import { loadEncoder } from "../../src/model/pretrained.ts";
import { type FloatTensor, writeSafetensors } from "../../src/model/safetensors.ts";
import { temporaryFolders } from "../support/temp.ts";
import { tinyWeights, writeTinyEncoder } from "../support/tiny.ts";

const temporaryFolder = temporaryFolders();
const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
let folder: string;
let index: string;
/** The file of every tensor. */
let map: Record<string, string>;
beforeEach(() => {
  folder = writeTinyEncoder(temporaryFolder());
  rmSync(join(folder, "model.safetensors"));
  index = join(folder, "model.safetensors.index.json");
  const halves = [0, 1].map((half) => [...tinyWeights()].filter((_, i) => i % 2 === half));
  for (const [half, tensors] of halves.entries()) writeShard(half, tensors);
  map = Object.fromEntries(halves.flatMap((half, i) => half.map(([name]) => [name, shards[i]])));
  writeIndex();
});

const writeShard = (i: number, tensors: Iterable<[string, FloatTensor]>) =>
  writeSafetensors(join(folder, shards[i]), new Map(tensors), {});
const writeIndex = (value: unknown = { metadata: { total_size: 1 }, weight_map: map }) =>
  writeFileSync(index, JSON.stringify(value));

test("are read through their index", async () => {
  const { notes, weights, weightsFile } = await loadEncoder(folder);
  expect(weights).toEqual(tinyWeights());
  expect([notes, weightsFile]).toEqual([[], index]);
});

test("have one hash, which depends on the bytes of all", async () => {
  const before = (await loadEncoder(folder)).weightsSha256;
  const names = [...shards, "model.safetensors.index.json"];
  const lines = names.map((name) => `${sha256(readBytes(join(folder, name)))}  ${name}\n`); // sha256sum's
  expect(before).toBe(sha256(lines.join("")));
  const half = [...tinyWeights()].filter((_, i) => i % 2 === 1);
  half[0][1].data[0]++;
  writeShard(1, half);
  expect((await loadEncoder(folder)).weightsSha256).not.toBe(before);
});

test("stand back behind model.safetensors, as in transformers", async () => {
  const whole = join(folder, "model.safetensors");
  writeSafetensors(whole, tinyWeights(), {});
  rmSync(join(folder, shards[0]));
  expect((await loadEncoder(folder)).weightsFile).toBe(whole);
});

test("must all be there", async () => {
  rmSync(join(folder, shards[1]));
  await expect(loadEncoder(folder)).rejects.toThrow(
    `${join(folder, shards[1])}: no such file: expected it, because model.safetensors.index.json names it`,
  );
});

test("are not taken for the whole where the index is missing", async () => {
  rmSync(index);
  const message = `${join(folder, shards[0])}: one of 2 files: expected model.safetensors.index.json beside it`;
  await expect(loadEncoder(folder)).rejects.toThrow(message);
  rmSync(join(folder, shards[1]));
  await expect(loadEncoder(folder)).rejects.toThrow(message);
});

test.each<[string, () => unknown, string]>([
  [
    "lie elsewhere",
    () => writeIndex({ weight_map: { ...map, x: "../x.safetensors" } }),
    'weight_map.x: "../x.safetensors": expected a safetensors file in the same folder',
  ],
  [
    "have an absolute path",
    () => writeIndex({ weight_map: { x: "/x.safetensors" } }),
    "weight_map.x: ",
  ],
  [
    "have a path of Windows",
    () => writeIndex({ weight_map: { x: "..\\x.safetensors" } }),
    "weight_map.x: ",
  ],
  [
    "are no safetensors",
    () => writeIndex({ weight_map: { x: "pytorch_model.bin" } }),
    "weight_map.x: ",
  ],
  ["are not named by texts", () => writeIndex({ weight_map: { x: 1 } }), "weight_map.x: "],
  ["are not listed", () => writeIndex([]), "the whole file: "],
  [
    "lack a tensor",
    () => writeIndex({ weight_map: { ...map, x: shards[0] } }),
    `x: not in ${shards[0]}: expected it there`,
  ],
  [
    "hold one more",
    () => writeIndex({ weight_map: { ...map, "pooler.dense.bias": undefined } }),
    "pooler.dense.bias: in model-00001-of-00002.safetensors, and not in the index",
  ],
  [
    "hold one twice",
    () => writeShard(0, tinyWeights()),
    `in ${shards[0]}, and in ${shards[1]} by the index: expected one place`,
  ],
])("are refused where they %s", async (_, change, message) => {
  change();
  await expect(loadEncoder(folder)).rejects.toThrow(`${index}: `);
  await expect(loadEncoder(folder)).rejects.toThrow(message);
});
