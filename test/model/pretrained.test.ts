import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { readBytes, sha256 } from "../../src/files.ts";
import { loadEncoder, readEncoderShape } from "../../src/model/pretrained.ts";
import { type FloatTensor, writeSafetensors } from "../../src/model/safetensors.ts";
import { temporaryFolders } from "../support/temp.ts";
import { configOf, tinyShape, tinyWeights, writeTinyEncoder } from "../support/tiny.ts";

const temporaryFolder = temporaryFolders();
let folder: string;
let weightsFile: string;
beforeEach(() => {
  folder = writeTinyEncoder(temporaryFolder());
  weightsFile = join(folder, "model.safetensors");
});

/** Rewrites the weights under other names; undefined leaves one out. */
function rename(name: (name: string) => string | undefined): void {
  const entries = [...tinyWeights()].map(([old, tensor]) => [name(old), tensor] as const);
  const kept = entries.filter((entry): entry is [string, FloatTensor] => entry[0] !== undefined);
  writeSafetensors(weightsFile, new Map(kept), {});
}

const writeConfig = (changes: object) =>
  writeFileSync(
    join(folder, "config.json"),
    JSON.stringify({ ...configOf(tinyShape), ...changes }),
  );

describe("loadEncoder", () => {
  test("gives shape, weights and the hash of their file", async () => {
    const encoder = await loadEncoder(folder);
    expect(encoder.shape).toEqual(tinyShape);
    expect(encoder.weights).toEqual(tinyWeights());
    expect(encoder.notes).toEqual([]);
    expect(encoder).toMatchObject({ folder, weightsFile });
    expect(encoder.weightsSha256).toBe(sha256(readBytes(weightsFile)));
  });

  test.each<[string, (name: string) => string]>([
    ["the prefix of a model with a head", (name) => `bert.${name}`],
    [
      "LayerNorm gamma and beta",
      (name) =>
        name
          .replace("LayerNorm.weight", "LayerNorm.gamma")
          .replace("LayerNorm.bias", "LayerNorm.beta"),
    ],
  ])("understands %s", async (_, name) => {
    rename(name);
    expect((await loadEncoder(folder)).weights).toEqual(tinyWeights());
  });

  test("ignores tensors that are not the encoder's", async () => {
    const head = { shape: [2], data: Float32Array.of(1, 2) };
    const weights = new Map([...tinyWeights(), ["cls.predictions.bias", head]]);
    writeSafetensors(weightsFile, weights, {});
    expect((await loadEncoder(folder)).weights).toEqual(tinyWeights());
  });

  test("initialises a missing pooler, the same each time, and says so", async () => {
    rename((name) => (name.startsWith("pooler.") ? undefined : name));
    const { notes, weights } = await loadEncoder(folder);
    expect(notes).toEqual([`${weightsFile} holds no pooler: a freshly initialised one is used`]);
    const weight = weights.get("pooler.dense.weight")!;
    expect(weight.shape).toEqual([16, 16]);
    expect(new Set(weight.data).size).toBeGreaterThan(200);
    expect(Math.max(...weight.data.map(Math.abs))).toBeLessThanOrEqual(0.04);
    expect(weights.get("pooler.dense.bias")!.data.every((value) => value === 0)).toBe(true);
    expect((await loadEncoder(folder)).weights).toEqual(weights);
  });

  test("takes the only safetensors file, whatever its name", async () => {
    writeSafetensors(join(folder, "other.safetensors"), tinyWeights(), {});
    rmSync(weightsFile);
    expect((await loadEncoder(folder)).weightsFile).toBe(join(folder, "other.safetensors"));
  });
});

describe("refuses", () => {
  test("a tensor of another shape, naming both", async () => {
    const weights = tinyWeights();
    weights.set("encoder.layer.1.output.dense.weight", {
      shape: [32, 16],
      data: new Float32Array(512),
    });
    writeSafetensors(weightsFile, weights, {});
    await expect(loadEncoder(folder)).rejects.toThrow(
      `${weightsFile}: encoder.layer.1.output.dense.weight: shape [32, 16]: expected [16, 32] from config.json`,
    );
  });

  test("missing tensors, naming the first and how many", async () => {
    rename((name) => (name.includes("layer.1.attention.self") ? undefined : name));
    await expect(loadEncoder(folder)).rejects.toThrow(
      `${weightsFile}: encoder.layer.1.attention.self.query.weight: not in the file (6 of 39 parameters are missing)`,
    );
  });

  test("weights in pickle format, saying how to convert them", async () => {
    rmSync(weightsFile);
    await expect(loadEncoder(folder)).rejects.toMatchObject({
      message: `${folder}: 0 safetensors files: expected model.safetensors or exactly one other`,
      hint: "copy the encoder's model.safetensors into this folder",
    });
    writeFileSync(join(folder, "pytorch_model.bin"), "");
    await expect(loadEncoder(folder)).rejects.toMatchObject({
      hint: expect.stringMatching(/^pytorch_model\.bin can run code .* save_pretrained$/),
    });
  });

  test("two safetensors files of other names", async () => {
    rmSync(weightsFile);
    for (const name of ["a", "b"])
      writeSafetensors(join(folder, `${name}.safetensors`), tinyWeights(), {});
    await expect(loadEncoder(folder)).rejects.toThrow(`${folder}: 2 safetensors files`);
  });

  test.each<[object, RegExp]>([
    [{ model_type: "roberta" }, /model_type: .*"bert"/],
    [{ position_embedding_type: "relative_key" }, /position_embedding_type: .*"absolute"/],
    [{ hidden_act: "mish" }, /hidden_act: .*"gelu"/],
    [{ hidden_size: undefined }, /hidden_size: .*expected number/],
    [{ num_hidden_layers: 0 }, /num_hidden_layers: /],
    [{ hidden_size: 15 }, /hidden_size 15: expected a multiple of num_attention_heads, 2$/],
  ])("config.json with %j", (changes, message) => {
    writeConfig(changes);
    expect(() => readEncoderShape(folder)).toThrow(message);
    expect(() => readEncoderShape(folder)).toThrow(join(folder, "config.json"));
  });

  test("a config.json that is not JSON", () => {
    writeFileSync(join(folder, "config.json"), "{");
    expect(() => readEncoderShape(folder)).toThrow("config.json:1:2: the text ends");
  });
});

test("readEncoderShape fills in what old files leave out", () => {
  const { type_vocab_size: _, hidden_act: __, layer_norm_eps: ___, ...old } = configOf(tinyShape);
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...old, model_type: undefined }));
  expect(readEncoderShape(folder)).toEqual(tinyShape);
  writeConfig({ hidden_act: "gelu_pytorch_tanh" });
  expect(readEncoderShape(folder).activation).toBe("gelu_new");
});
