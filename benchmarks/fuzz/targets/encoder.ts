// Readers of a pretrained encoder's folder: weights, config.json, tokenizer.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadEncoder, readEncoderShape } from "../../../src/model/pretrained.ts";
import { openSafetensors, writeSafetensors } from "../../../src/model/safetensors.ts";
import { encoderParameters, sizeOf } from "../../../src/model/shape.ts";
import { loadTokenizer } from "../../../src/text/tokenizer.ts";
import { configOf, tinyShape, tinyWeights } from "../../../test/support/tiny.ts";
import { must, type Target } from "../target.ts";
import { UserError } from "../../../src/errors.ts";
import type { Files } from "../mutate.ts";

const shape = {
  ...tinyShape,
  numLayers: 1,
  hiddenSize: 4,
  intermediateSize: 4,
  vocabSize: 12,
  maxPositions: 8,
};

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

function encoderFiles(folder: string): Files {
  const tensors = tinyWeights(shape);
  const path = join(folder, "written");
  const bytesOf = (names: readonly string[]) => {
    writeSafetensors(path, new Map(names.map((name) => [name, tensors.get(name)!])), { format: "pt" }); // prettier-ignore
    return readFileSync(path);
  };
  const names = [...tensors.keys()];
  return {
    "config.json": json(configOf(shape)),
    "model.safetensors": bytesOf(names),
    "model-00001-of-00002.safetensors": bytesOf(names.slice(0, 9)),
    "model-00002-of-00002.safetensors": bytesOf(names.slice(9)),
    "model.safetensors.index.json": json({
      metadata: { total_size: 4096 },
      weight_map: Object.fromEntries(
        names.map((name, i) => [name, `model-0000${i < 9 ? 1 : 2}-of-00002.safetensors`]),
      ),
    }),
  };
}

function weightSeeds(folder: string): Files[] {
  const files = encoderFiles(folder);
  const { "config.json": config, "model.safetensors": weights, ...sharded } = files;
  return [
    { "config.json": config, "model.safetensors": weights },
    { "config.json": config, "model.safetensors": weights },
    { "config.json": config, ...sharded },
  ];
}

async function checkEncoder(folder: string): Promise<unknown> {
  const encoder = await loadEncoder(folder);
  const expected = encoderParameters(encoder.shape);
  must(encoder.weights.size === expected.size, "other parameters than the shape's");
  for (const [name, { data, shape: dims }] of encoder.weights) {
    must(dims.join() === expected.get(name)?.join(), `${name}: another shape than config.json's`);
    must(data.length === sizeOf(dims), `${name}: ${data.length} values of a shape with other`);
    must(data.every(Number.isFinite), "a weight that is no number is accepted");
  }
  return [encoder.shape, encoder.weightsSha256, encoder.notes];
}

const weights: Target = {
  name: "weights",
  share: 14,
  seeds: weightSeeds,
  isMutable: (name) => name !== "config.json",
  run: checkEncoder,
};

/** Any safetensors file, such as an adapter, of which every tensor is asked for. */
const tensors: Target = {
  name: "safetensors",
  share: 14,
  seeds: (folder) => [{ "model.safetensors": encoderFiles(folder)["model.safetensors"] }],
  run(folder) {
    const file = openSafetensors(join(folder, "model.safetensors"));
    try {
      for (const name of file.names) {
        let data;
        try {
          ({ data } = file.read(name));
        } catch (error) {
          if (error instanceof UserError) continue; // a tensor of integers
          throw error;
        }
        must(data.length === sizeOf(file.shapeOf(name)), "data of another length than the shape");
      }
      return [file.names, file.metadata];
    } finally {
      file.close();
    }
  },
};

const config: Target = {
  name: "encoder-config",
  share: 10,
  seeds: (folder) => weightSeeds(folder).slice(0, 1),
  isMutable: (name) => name === "config.json",
  async run(folder) {
    const { hiddenSize, layerNormEpsilon, numHeads } = readEncoderShape(folder);
    must(hiddenSize % numHeads === 0 && layerNormEpsilon > 0, "a shape that cannot be");
    return checkEncoder(folder);
  },
};

const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const vocabulary = [...special, "a", "##b", "bc", "caf", "##e", "!", "\u4f60"];

function tokenizerDefinition() {
  const [, unk, cls, sep] = special;
  const added = special.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const token = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } });
  const text = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [token(cls, 0), text("A", 0), token(sep, 0)],
      pair: [token(cls, 0), text("A", 0), token(sep, 0), text("B", 1), token(sep, 1)],
      special_tokens: {
        [cls]: { id: cls, ids: [2], tokens: [cls] },
        [sep]: { id: sep, ids: [3], tokens: [sep] },
      },
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: unk,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])),
    },
  };
}

const settings = {
  tokenizer_class: "BertTokenizer",
  do_lower_case: true,
  do_basic_tokenize: true,
  strip_accents: null,
  tokenize_chinese_chars: true,
  model_max_length: 512,
  unk_token: "[UNK]",
  cls_token: "[CLS]",
  sep_token: { content: "[SEP]", lstrip: false, special: true },
  pad_token: "[PAD]",
  mask_token: "[MASK]",
  never_split: ["[X]"],
  additional_special_tokens: ["[X]"],
  added_tokens_decoder: { 12: { content: "[X]", special: true, normalized: false } },
};

const besides: Files = {
  "tokenizer_config.json": json(settings),
  "special_tokens_map.json": json({ cls_token: "[CLS]", sep_token: { content: "[SEP]" }, unk_token: "[UNK]" }), // prettier-ignore
  "added_tokens.json": json({ "[X]": 12 }),
  "config.json": json(configOf({ ...shape, vocabSize: 14 })),
};

const vocabTxt: Files = { "vocab.txt": Buffer.from(`${vocabulary.join("\n")}\n`) };
const tokenizerJson: Files = { "tokenizer.json": json(tokenizerDefinition()) };

const inputs = [
  { text: "A bc, caf\u00e9! [SEP] \u4f60\u597d" },
  { text: "a ab b", textPair: "bc bc bc bc bc bc bc bc" },
  { text: " \u0000\ufffd\u{1f3a5}[X] " },
  { text: "" },
];

const MAX_LENGTH = 8;

const tokenizers: Target = {
  name: "tokenizer",
  share: 10,
  seeds: () => [vocabTxt, { ...vocabTxt, ...besides }, tokenizerJson, { ...tokenizerJson, ...besides }], // prettier-ignore
  async run(folder) {
    const tokenizer = loadTokenizer(folder);
    const { fingerprint, vocabSize } = tokenizer;
    const encoded = await tokenizer.encode(inputs, MAX_LENGTH);
    for (const { ids, typeIds } of encoded) {
      must(ids.length === typeIds.length, "ids and types of two lengths");
      must(
        ids.length >= 2 && ids.length <= MAX_LENGTH,
        `${ids.length} ids of at most ${MAX_LENGTH}`,
      );
      must(
        ids.every((id) => id >= 0 && id < vocabSize),
        "an id outside the vocabulary",
      );
      must(
        typeIds.every((id) => id === 0 || id === 1),
        "a type that is neither 0 nor 1",
      );
    }
    const located = await tokenizer.locate(inputs.map(({ text }) => text));
    for (const [i, { ends, ids, starts }] of located.entries()) {
      must(ids.length === starts.length && ids.length === ends.length, "ids and places of two lengths"); // prettier-ignore
      const { length } = inputs[i].text;
      must(
        starts.every((start, n) => start >= 0 && start <= ends[n] && ends[n] <= length),
        "a token outside its text",
      );
    }
    return [fingerprint, encoded, await tokenizer.pairFrame()];
  },
};

export const encoderTargets: readonly Target[] = [weights, tensors, config, tokenizers];
