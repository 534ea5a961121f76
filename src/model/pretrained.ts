// Reads a pretrained BERT-style encoder from a folder in Hugging Face layout: config.json and a safetensors file. Copes with the
// names in circulation: with and without the "bert." prefix, LayerNorm gamma/beta or weight/bias.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.ts";
import { pathExists, readText, sha256File } from "../files.ts";
import { randomStream, truncatedNormal } from "../random.ts";
import { type FloatTensor, openSafetensors, type SafetensorsFile } from "./safetensors.ts";
import { type Activation, encoderParameters, type EncoderShape, sizeOf } from "./shape.ts";

export interface PretrainedEncoder {
  folder: string;
  shape: EncoderShape;
  /** Every parameter of the encoder, under the names of `encoderParameters`. */
  weights: Map<string, FloatTensor>;
  weightsFile: string;
  /** SHA-256 of the weights file. */
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
  layer_norm_eps: z.number().positive().default(1e-12),
  hidden_dropout_prob: z.number().min(0).max(0.99).default(0.1),
  attention_probs_dropout_prob: z.number().min(0).max(0.99).default(0.1),
  position_embedding_type: z.literal("absolute").default("absolute"),
});

/** The encoder's dimensions from its config.json. Throws UserError naming the key that is missing or not supported. */
export function readEncoderShape(folder: string): EncoderShape {
  const path = join(folder, "config.json");
  const config = BertConfig.safeParse(parseJson(path));
  if (!config.success) {
    const [issue] = config.error.issues;
    throw new UserError(`${path}: ${issue.path.join(".")}: ${issue.message}`, {
      hint: "BERT-style encoders with absolute positions are supported (model_type bert)",
    });
  }
  const { data } = config;
  if (data.hidden_size % data.num_attention_heads !== 0)
    throw new UserError(
      `${path}: hidden_size ${data.hidden_size}: expected a multiple of num_attention_heads, ${data.num_attention_heads}`,
    );
  return {
    numLayers: data.num_hidden_layers,
    hiddenSize: data.hidden_size,
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
}

/** Reads shape and weights. Throws UserError naming file and tensor where something is missing or does not fit. */
export async function loadEncoder(folder: string): Promise<PretrainedEncoder> {
  const shape = readEncoderShape(folder);
  const weightsFile = findWeights(folder);
  const file = openSafetensors(weightsFile);
  try {
    const { notes, weights } = readWeights(file, shape);
    return {
      folder,
      shape,
      weights,
      weightsFile,
      weightsSha256: await sha256File(weightsFile),
      notes,
    };
  } finally {
    file.close();
  }
}

function readWeights(file: SafetensorsFile, shape: EncoderShape) {
  const sources = new Map(file.names.map((name) => [canonicalName(name), name]));
  const expected = encoderParameters(shape);
  const missing = [...expected.keys()].filter((name) => !sources.has(name));
  const hasPooler = !missing.some((name) => name.startsWith("pooler."));
  const missingRest = missing.filter((name) => !name.startsWith("pooler."));
  if (missingRest.length > 0)
    throw new UserError(
      `${file.path}: ${missingRest[0]}: not in the file (${missingRest.length} of ${expected.size} parameters are missing)`,
      { hint: "expected a BERT checkpoint whose dimensions are those of config.json beside it" },
    );
  const weights = new Map<string, FloatTensor>();
  for (const [name, dims] of expected) {
    const source = sources.get(name);
    weights.set(
      name,
      source === undefined ? freshPooler(name, dims) : readChecked(file, source, dims),
    );
  }
  const notes = hasPooler
    ? []
    : [`${file.path} holds no pooler: a freshly initialised one is used`];
  return { weights, notes };
}

function readChecked(
  file: SafetensorsFile,
  name: string,
  expected: readonly number[],
): FloatTensor {
  const found = file.shapeOf(name);
  if (found.join() !== expected.join())
    throw new UserError(
      `${file.path}: ${name}: shape [${found.join(", ")}]: expected [${expected.join(", ")}] from config.json`,
    );
  return file.read(name);
}

/** As in BERT's own initialisation: truncated normal of std 0.02, zero bias. The same for every run, like pretrained weights. */
function freshPooler(name: string, shape: readonly number[]): FloatTensor {
  const std = name.endsWith(".bias") ? 0 : 0.02;
  return { shape, data: truncatedNormal(randomStream(0, "pooler", name), sizeOf(shape), std) };
}

/** The name without model prefix and with LayerNorm's modern parameter names. */
function canonicalName(name: string): string {
  return name
    .replace(/^bert\./, "")
    .replace(/LayerNorm\.gamma$/, "LayerNorm.weight")
    .replace(/LayerNorm\.beta$/, "LayerNorm.bias");
}

function findWeights(folder: string): string {
  const usual = join(folder, "model.safetensors");
  if (pathExists(usual)) return usual;
  const others = readdirSync(folder).filter((name) => name.endsWith(".safetensors"));
  if (others.length === 1) return join(folder, others[0]);
  const hasTorch = pathExists(join(folder, "pytorch_model.bin"));
  throw new UserError(
    `${folder}: ${others.length} safetensors files: expected model.safetensors or exactly one other`,
    {
      hint: hasTorch
        ? "pytorch_model.bin can run code when it is read and is not supported: convert it with transformers' save_pretrained"
        : "copy the encoder's model.safetensors into this folder",
    },
  );
}

function parseJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${path}: ${(cause as Error).message}: expected JSON`, { cause });
  }
}
