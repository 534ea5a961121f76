// A random encoder small enough to train in a second, and tasks with a handful of invented rows, as files.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encoderParameters, type EncoderShape, sizeOf } from "../../src/model/shape.ts";
import { type FloatTensor, writeSafetensors } from "../../src/model/safetensors.ts";
import { randomStream, truncatedNormal } from "../../src/random.ts";
import { bertBase } from "./shapes.ts";

const words =
  "the a film play song is was very not good bad dull bright short long and cat dog sat ran home".split(
    " ",
  );
const vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ...words];

export const tinyShape: EncoderShape = {
  ...bertBase,
  numLayers: 2,
  hiddenSize: 16,
  numHeads: 2,
  intermediateSize: 32,
  vocabSize: vocabulary.length,
  maxPositions: 24,
  hiddenDropout: 0.1,
  attentionDropout: 0.1,
};

/** The config.json of a shape. */
export function configOf(shape: EncoderShape): Record<string, unknown> {
  return {
    model_type: "bert",
    num_hidden_layers: shape.numLayers,
    hidden_size: shape.hiddenSize,
    num_attention_heads: shape.numHeads,
    intermediate_size: shape.intermediateSize,
    vocab_size: shape.vocabSize,
    max_position_embeddings: shape.maxPositions,
    type_vocab_size: shape.typeVocabSize,
    hidden_act: shape.activation,
    layer_norm_eps: shape.layerNormEpsilon,
    hidden_dropout_prob: shape.hiddenDropout,
    attention_probs_dropout_prob: shape.attentionDropout,
  };
}

/** Random weights; gains are near 1. */
export function tinyWeights(shape = tinyShape): Map<string, FloatTensor> {
  const draw = (name: string, dims: readonly number[]): FloatTensor => {
    const data = truncatedNormal(randomStream(11, name), sizeOf(dims), 0.4);
    return { shape: dims, data: name.endsWith("LayerNorm.weight") ? data.map((x) => x + 1) : data };
  };
  return new Map([...encoderParameters(shape)].map(([name, dims]) => [name, draw(name, dims)]));
}

/** Writes an encoder folder: config.json, model.safetensors, vocab.txt. */
export function writeTinyEncoder(folder: string, shape = tinyShape): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), JSON.stringify(configOf(shape)));
  writeFileSync(join(folder, "vocab.txt"), `${vocabulary.join("\n")}\n`);
  writeSafetensors(join(folder, "model.safetensors"), tinyWeights(shape), {});
  return folder;
}

/** Sentence i of an endless invented review. */
function sentence(i: number): string {
  const stream = randomStream(5, "sentence", i);
  const length = 3 + (stream.uint32(0) % 9);
  const pick = (_: unknown, t: number) => words[stream.uint32(t + 1) % words.length];
  return Array.from({ length }, pick).join(" ");
}

/** Writes train.tsv and dev.tsv of CoLA, SST-2 and STS-B into a GLUE folder. The dev set repeats half of the training set. */
export function writeTinyGlue(folder: string, numExamples = 24): string {
  const texts = Array.from({ length: numExamples }, (_, i) => sentence(i));
  const label = (i: number) => (i % 3 === 0 ? 0 : 1);
  const score = (i: number) => ((i * 7) % 11) / 2.2;
  const sts = Array.from({ length: 6 }, (_, column) => `column${column}`).join("\t");
  const tasks = {
    CoLA: { rows: texts.map((text, i) => `x\t${label(i)}\t\t${text}`) },
    "SST-2": { header: "sentence\tlabel", rows: texts.map((text, i) => `${text}\t${label(i)}`) },
    "STS-B": {
      header: `index\t${sts}\tsentence1\tsentence2\tscore`,
      rows: texts.map((text, i) => `${i}\t${sts}\t${text}\t${sentence(i + 1)}\t${score(i)}`),
    },
  };
  for (const [task, { header, rows }] of Object.entries<{ header?: string; rows: string[] }>(
    tasks,
  )) {
    const first = header === undefined ? [] : [header];
    mkdirSync(join(folder, task), { recursive: true });
    for (const [split, lines] of Object.entries({ train: rows, dev: rows.slice(numExamples / 2) }))
      writeFileSync(join(folder, task, `${split}.tsv`), `${[...first, ...lines].join("\n")}\n`);
  }
  return folder;
}
