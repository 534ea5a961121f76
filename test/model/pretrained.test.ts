import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { UserError } from "../../src/errors.ts";
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

const vector = { shape: [16], data: new Float32Array(16) };

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
    ...["bert.", "module.bert.", "model.", "0.auto_model.", "encoder.", "a.b.c."].map(
      (prefix): [string, (name: string) => string] => [
        `the prefix ${prefix}`,
        (name) => `${prefix}${name}`,
      ],
    ),
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

  test("ignores the buffers of old versions, and tells of layers beyond the config's", async () => {
    const bert = new Map(
      [...tinyWeights({ ...tinyShape, numLayers: 3 })].map(([name, tensor]) => [
        `bert.${name}`,
        tensor,
      ]),
    );
    bert.set("bert.embeddings.position_ids", { shape: [1], data: Float32Array.of(0) });
    writeSafetensors(weightsFile, bert, {});
    const { notes, weights } = await loadEncoder(folder);
    expect(weights).toEqual(tinyWeights());
    expect(notes).toEqual([
      `${weightsFile} holds 3 layers: only the first 2 are used, as config.json says`,
    ]);
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

  test.each<[string, (weights: Map<string, FloatTensor>) => void, string]>([
    [
      "a second copy under another prefix",
      (weights) => {
        for (const [name, tensor] of tinyWeights()) weights.set(`bert.${name}`, tensor);
      },
      '"embeddings.word_embeddings.weight" and "bert.embeddings.word_embeddings.weight": expected',
    ],
    [
      "one tensor of a second copy",
      (weights) => weights.set("module.pooler.dense.bias", weights.get("pooler.dense.bias")!),
      '"pooler.dense.bias" and "module.pooler.dense.bias": expected the encoder once',
    ],
    [
      "LayerNorm under both of its names",
      (weights) => weights.set("embeddings.LayerNorm.gamma", vector),
      '"embeddings.LayerNorm.weight" and "embeddings.LayerNorm.gamma": expected',
    ],
    [
      "a tensor that BERT does not have",
      (weights) => weights.set("encoder.layer.1.attention.self.distance_embedding.weight", vector),
      "encoder.layer.1.attention.self.distance_embedding.weight: expected nothing in the encoder",
    ],
    [
      "NaN, naming file and tensor",
      (weights) => weights.get("encoder.layer.1.output.dense.bias")!.data.fill(NaN, 3, 5),
      "encoder.layer.1.output.dense.bias: 2 of 16 values are NaN or infinite: expected finite",
    ],
    [
      "infinite values",
      (weights) => weights.get("pooler.dense.bias")!.data.fill(-Infinity, 0, 1),
      "pooler.dense.bias: 1 of 16 values are NaN or infinite",
    ],
  ])("%s", async (_, change, message) => {
    const weights = tinyWeights();
    change(weights);
    writeSafetensors(weightsFile, weights, {});
    await expect(loadEncoder(folder)).rejects.toThrow(`${weightsFile}: ${message}`);
  });

  test("weights of another family, by their prefix", async () => {
    rename((name) => `roberta.${name}`);
    await expect(loadEncoder(folder)).rejects.toThrow(
      `${weightsFile}: "roberta." before the names: expected the weights of BERT, not of roberta`,
    );
  });

  test("other tensors, saying what was found", async () => {
    const hintOf = () => loadEncoder(folder).catch((error: UserError) => error.hint);
    rename((name) =>
      name.startsWith("embeddings.word") ? "bert.embeddings.words" : `bert.${name}`,
    );
    expect(await hintOf()).toBe(
      'the file holds 38 of them under "bert.", in 2 layers; not known are "bert.embeddings.words": config.json must be the one that came with it',
    );
    rename((name) => `x.${name}.y`);
    expect(await hintOf()).toMatch(
      /^none of the file's 39 tensors is one of BERT's: "x\.embeddings/,
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
    [{ is_decoder: true }, /is_decoder: true: expected false: a decoder's attention/],
    [{ is_decoder: "yes" }, /is_decoder: "yes": expected false/],
    [{ add_cross_attention: true }, /add_cross_attention: true: expected false/],
    [{ is_encoder_decoder: true }, /is_encoder_decoder: true: expected false/],
    [{ directionality: "left" }, /directionality: "left": expected "bidi"/],
    [{ embedding_size: 8 }, /embedding_size 8: expected hidden_size, 16$/],
    [{ pruned_heads: { 0: [1] } }, /pruned_heads: an object: expected nothing/],
    [{ quantization_config: { bits: 4 } }, /quantization_config: an object: expected nothing/],
    [{ auto_map: { AutoModel: "x.Y" } }, /auto_map: an object: expected nothing: .* never run/],
    [{ architectures: ["RobertaForMaskedLM"] }, /architectures: "RobertaForMaskedLM": expected/],
    [{ architectures: ["TFRobertaModel"] }, /architectures: "TFRobertaModel": expected/],
    [{ model_type: undefined, architectures: ["ElectraModel"] }, /architectures: "ElectraModel"/],
    [{ hidden_size: "16" }, /hidden_size: .*expected number/],
    [{ layer_norm_eps: 1e300 }, /layer_norm_eps: /],
    [{ num_hidden_layers: 1e9 }, /num_hidden_layers 1000000000, .* fits in memory/],
    [{ hidden_size: 1e9 }, /hidden_size 1000000000, .* fits in memory/],
    [{ vocab_size: 2 ** 53 - 1 }, /vocab_size 9007199254740991: .* fits in memory/],
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

test("more layers than the file has tensors end before their names are made", async () => {
  writeConfig({ num_hidden_layers: 50_000 });
  await expect(loadEncoder(folder)).rejects.toThrow(
    `${weightsFile}: 39 tensors: expected num_hidden_layers 50000, which config.json says`,
  );
});

test("settings that change nothing in BERT are fine", () => {
  const harmless = {
    is_decoder: false,
    add_cross_attention: null,
    pruned_heads: {},
    use_cache: true,
    architectures: ["BertForMaskedLM", "TFBertForPreTraining", "FlaxBertModel", "HF_ColBERT"],
    chunk_size_feed_forward: 4,
    embedding_size: 16,
    directionality: "bidi",
    tie_word_embeddings: true,
  };
  writeConfig(harmless);
  expect(readEncoderShape(folder)).toEqual(tinyShape);
});

test("readEncoderShape fills in what old files leave out", () => {
  const { type_vocab_size: _, hidden_act: __, layer_norm_eps: ___, ...old } = configOf(tinyShape);
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...old, model_type: undefined }));
  expect(readEncoderShape(folder)).toEqual(tinyShape);
  writeConfig({ hidden_act: "gelu_pytorch_tanh" });
  expect(readEncoderShape(folder).activation).toBe("gelu_new");
});
