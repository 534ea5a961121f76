// Reads a pretrained BERT-style encoder from a folder in Hugging Face layout: config.json and its weights. What config.json says must be
// what this project computes: a setting that would make BERT compute something else is refused, never passed over.
import { totalmem } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { cite, kindOf } from "../cite.ts";
import { UserError } from "../errors.ts";
import { readJsonFile } from "../json.ts";
import { randomStream, truncatedNormal } from "../random.ts";
import { type CheckpointFiles, findWeights, hashWeights, openWeights } from "./checkpoint-files.ts";
import { countNotFinite, type FloatTensor } from "./safetensors.ts";
import {
  type Activation,
  encoderParameters,
  type EncoderShape,
  showShape,
  sizeOf,
} from "./shape.ts";
import { findEncoder } from "./tensor-names.ts";

export interface PretrainedEncoder {
  folder: string;
  shape: EncoderShape;
  /** Every parameter of the encoder, under the names of `encoderParameters`. */
  weights: Map<string, FloatTensor>;
  /** The safetensors file, or the index of several. */
  weightsFile: string;
  /** SHA-256 of the weights file, or of what stands for several. */
  weightsSha256: string;
  /** What the user should know, such as a pooler that is not in the file. */
  notes: string[];
}

const activationNames: Record<string, Activation> = {
  gelu: "gelu",
  gelu_new: "gelu_new",
  gelu_pytorch_tanh: "gelu_new",
  relu: "relu",
  tanh: "tanh",
  silu: "swish",
  swish: "swish",
};

/** A setting that must be absent or one of these, because the project computes nothing else. */
const only = (values: readonly [unknown, ...unknown[]], why: string) =>
  z
    .unknown()
    .refine((value) => values.includes(value), {
      error: ({ input }) => `${showValue(input)}: expected ${JSON.stringify(values[0])}: ${why}`,
    })
    .optional();

/** A setting that must be absent or empty. */
const nothing = (why: string) =>
  z
    .unknown()
    .refine(
      (value) => value === null || (typeof value === "object" && Object.keys(value).length === 0),
      {
        error: ({ input }) => `${showValue(input)}: expected nothing: ${why}`,
      },
    )
    .optional();

function showValue(value: unknown): string {
  return typeof value === "boolean"
    ? String(value)
    : typeof value === "string"
      ? cite(value)
      : kindOf(value);
}

const BertConfig = z.object({
  model_type: z.literal("bert").default("bert"),
  num_hidden_layers: z.int().positive(),
  hidden_size: z.int().positive(),
  num_attention_heads: z.int().positive(),
  intermediate_size: z.int().positive(),
  vocab_size: z.int().positive(),
  max_position_embeddings: z.int().positive(),
  type_vocab_size: z.int().positive().default(2),
  hidden_act: z.enum(Object.keys(activationNames)).default("gelu"),
  layer_norm_eps: z.number().positive().max(1).default(1e-12),
  hidden_dropout_prob: z.number().min(0).max(0.99).default(0.1),
  attention_probs_dropout_prob: z.number().min(0).max(0.99).default(0.1),
  position_embedding_type: z.literal("absolute").default("absolute"),
  is_decoder: only([false, null], "a decoder's attention looks back only"),
  add_cross_attention: only([false, null], "attention to another model is not computed"),
  is_encoder_decoder: only([false, null], "decoders are not computed"),
  directionality: only(["bidi", null], "attention in one direction is not computed"),
  embedding_size: z.int().positive().nullish(),
  pruned_heads: nothing("all heads of a layer are computed"),
  quantization_config: nothing("quantised weights are not computed with"),
  auto_map: nothing("the checkpoint's own code, which it names, is never run"),
  architectures: z.array(z.string()).nullish(),
});

const CONFIG_HINT = "BERT-style encoders with absolute positions are supported (model_type bert)";

/** Such as `RobertaForMaskedLM`; BERT's own begin with the framework, and names of people's own classes do not follow the pattern. */
const otherArchitecture = /^(?!(?:TF|Flax)?Bert)[A-Z][A-Za-z]*(?:Model|For[A-Z]\w*)$/;

/**
 * The encoder's dimensions from its config.json. Throws UserError naming the key that is missing, or means something that is not
 * supported, and where no machine of this size can hold such a model.
 */
export function readEncoderShape(folder: string): EncoderShape {
  const path = join(folder, "config.json");
  const data = readJsonFile(path, BertConfig, CONFIG_HINT);
  const { architectures, embedding_size: embeddingSize, hidden_size: hiddenSize } = data;
  const foreign = architectures?.find((name) => otherArchitecture.test(name));
  if (foreign !== undefined)
    throw new UserError(`${path}: architectures: ${cite(foreign)}: expected a class of BERT`, {
      hint: `${CONFIG_HINT}; where it computes what BERT does, take "architectures" out`,
    });
  if (embeddingSize && embeddingSize !== hiddenSize)
    throw new UserError(
      `${path}: embedding_size ${embeddingSize}: expected hidden_size, ${hiddenSize}`,
      { hint: CONFIG_HINT },
    );
  if (hiddenSize % data.num_attention_heads !== 0)
    throw new UserError(
      `${path}: hidden_size ${hiddenSize}: expected a multiple of num_attention_heads, ${data.num_attention_heads}`,
    );
  const shape: EncoderShape = {
    numLayers: data.num_hidden_layers,
    hiddenSize,
    numHeads: data.num_attention_heads,
    intermediateSize: data.intermediate_size,
    vocabSize: data.vocab_size,
    maxPositions: data.max_position_embeddings,
    typeVocabSize: data.type_vocab_size,
    activation: activationNames[data.hidden_act],
    layerNormEpsilon: data.layer_norm_eps,
    hiddenDropout: data.hidden_dropout_prob,
    attentionDropout: data.attention_probs_dropout_prob,
  };
  refuseTooLarge(path, shape);
  return shape;
}

/** Counts the parameters without listing them, which alone would fill the memory. */
function refuseTooLarge(path: string, shape: EncoderShape): void {
  const countOf = (numLayers: number) =>
    [...encoderParameters({ ...shape, numLayers }).values()].reduce((sum, dims) => sum + sizeOf(dims), 0); // prettier-ignore
  const perLayer = countOf(1) - countOf(0);
  const bytes = 4 * (countOf(0) + shape.numLayers * perLayer); // float32
  if (bytes <= totalmem()) return;
  throw new UserError(
    `${path}: num_hidden_layers ${shape.numLayers}, hidden_size ${shape.hiddenSize}, vocab_size ${shape.vocabSize}: ${gigabytes(bytes)} of weights: expected a model that fits in memory, ${gigabytes(totalmem())}`,
    { hint: "config.json must be the one that came with the weights" },
  );
}

function gigabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e9).toLocaleString("en-US")} GB`;
}

/** Reads shape and weights. Throws UserError naming file and tensor where something is missing or does not fit. */
export async function loadEncoder(folder: string): Promise<PretrainedEncoder> {
  const shape = readEncoderShape(folder);
  const weightsFile = findWeights(folder);
  const files = openWeights(weightsFile);
  try {
    const read = readWeights(files, shape);
    return { folder, shape, weightsFile, weightsSha256: await hashWeights(weightsFile), ...read };
  } finally {
    files.close();
  }
}

function readWeights(files: CheckpointFiles, shape: EncoderShape) {
  const { names, path } = files;
  if (shape.numLayers > names.length)
    throw new UserError(
      `${path}: ${names.length} tensors: expected num_hidden_layers ${shape.numLayers}, which config.json says`,
      { hint: "config.json must be the one that came with the weights" },
    );
  const expected = encoderParameters(shape);
  const { numLayers, sources } = findEncoder(path, names, expected);
  const notes: string[] = [];
  if (numLayers > shape.numLayers)
    notes.push(
      `${path} holds ${numLayers} layers: only the first ${shape.numLayers} are used, as config.json says`,
    );
  const weights = new Map<string, FloatTensor>();
  for (const [name, dims] of expected) {
    const source = sources.get(name);
    weights.set(
      name,
      source === undefined ? freshPooler(name, dims) : readChecked(files, source, dims),
    );
  }
  if ([...expected.keys()].some((name) => !sources.has(name)))
    notes.push(`${path} holds no pooler: a freshly initialised one is used`);
  return { weights, notes };
}

function readChecked(
  files: CheckpointFiles,
  name: string,
  expected: readonly number[],
): FloatTensor {
  const found = files.shapeOf(name);
  if (found.join() !== expected.join())
    throw new UserError(
      `${files.fileOf(name)}: ${name}: shape ${showShape(found)}: expected ${showShape(expected)} from config.json`,
    );
  const tensor = files.read(name);
  const numBad = countNotFinite(tensor);
  if (numBad > 0)
    throw new UserError(
      `${files.fileOf(name)}: ${name}: ${numBad} of ${tensor.data.length} values are NaN or infinite: expected finite numbers`,
      { hint: "the checkpoint is damaged, or its training diverged: take another one" },
    );
  return tensor;
}

/** As in BERT's own initialisation: truncated normal of std 0.02, zero bias. The same for every run, like pretrained weights. */
function freshPooler(name: string, shape: readonly number[]): FloatTensor {
  const std = name.endsWith(".bias") ? 0 : 0.02;
  return { shape, data: truncatedNormal(randomStream(0, "pooler", name), sizeOf(shape), std) };
}
