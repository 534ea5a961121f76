// BERT's encoder (Devlin et al. 2018) with hook points for tuning methods, in TensorFlow.js operations over parameters looked
// up by their Hugging Face names. It computes; it does not know where parameters live, which of them train, or the task.
// Reference implementations: google-research/bert modeling.py, transformers modeling_bert.py.
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "@tensorflow/tfjs";
import { fused } from "./kernels.ts";
import { activate, layerNorm, linear, type ParameterLookup } from "./layers.ts";
import { type EncoderShape, layerPrefix, type SymbolicShape } from "./shape.ts";

/** One padded batch. */
export interface EncoderInputs {
  /** Token ids (B, T), int32. */
  ids: Tensor;
  /** 0 for the first text, 1 for the second (B, T), int32. */
  typeIds: Tensor;
  /** 0 for a token, a large negative number for padding (B, T). */
  maskBias: Tensor;
}

/** Everything the forward pass needs besides the batch. */
export interface EncoderContext {
  shape: EncoderShape;
  parameters: ParameterLookup;
  /** The tuning method's transformation at a hook point: (N, C) -> (N, C). */
  hook: (point: "attention.output" | "output", layerIndex: number, x: Tensor) => Tensor;
  /** The dropout mask of a site: 0 or 1/(1-p) per value; undefined where nothing is dropped. */
  dropoutMask: (site: string) => Tensor | undefined;
}

/**
 * Which tokens the last layer gives. A classifier reads the first token only, and then the last layer's queries, projections
 * and feed-forward need no other row: the result is the same and a large part of that layer's work is not done.
 */
export type OutputRows = "all" | "first";

/** The last layer's hidden states: (N, C) with `all`, (B, C) with `first`. */
export function encode(context: EncoderContext, inputs: EncoderInputs, rows: OutputRows): Tensor {
  const { numLayers } = context.shape;
  let x = embed(context, inputs);
  for (let i = 0; i < numLayers; i++)
    x = layer(context, x, inputs.maskBias, i, i === numLayers - 1 ? rows : "all");
  return x;
}

/** BERT's pooler: `tanh(x W^T + b)` of the first token's hidden state, (B, C) -> (B, C). */
export function pool(context: EncoderContext, first: Tensor): Tensor {
  return tf.tanh(linear(first, context.parameters, "pooler.dense"));
}

function embed(context: EncoderContext, { ids, typeIds }: EncoderInputs): Tensor {
  const { parameters, shape } = context;
  const [B, T] = ids.shape;
  const C = shape.hiddenSize;
  const words = tf.gather(parameters("embeddings.word_embeddings.weight"), ids.flatten()); // (N, C)
  const types = tf.gather(parameters("embeddings.token_type_embeddings.weight"), typeIds.flatten());
  const positions = tf.slice(parameters("embeddings.position_embeddings.weight"), [0, 0], [T, C]); // (T, C)
  const sum = tf.add(tf.reshape(tf.add(words, types), [B, T, C]), positions); // (B, T, C)
  const x = layerNorm(
    tf.reshape(sum, [B * T, C]),
    parameters,
    "embeddings.LayerNorm",
    shape.layerNormEpsilon,
  );
  return drop(context, x, "embeddings");
}

function layer(
  context: EncoderContext,
  x: Tensor,
  maskBias: Tensor,
  layerIndex: number,
  rows: OutputRows,
): Tensor {
  const { parameters, shape } = context;
  const prefix = layerPrefix(layerIndex);
  const queries = rows === "all" ? x : firstTokens(x, maskBias.shape[0]);
  const attended = selfAttention(context, x, queries, maskBias, prefix);
  const attention = sublayer(context, attended, queries, layerIndex, "attention.output");
  const inner = activate(
    linear(attention, parameters, `${prefix}.intermediate.dense`),
    shape.activation,
  ); // (N, F)
  return sublayer(context, inner, attention, layerIndex, "output");
}

function selfAttention(
  context: EncoderContext,
  x: Tensor,
  queries: Tensor,
  maskBias: Tensor,
  prefix: string,
): Tensor {
  const project = (rows: Tensor, part: string) =>
    linear(rows, context.parameters, `${prefix}.attention.self.${part}`);
  const inputs = {
    query: project(queries, "query"),
    key: project(x, "key"),
    value: project(x, "value"),
    maskBias,
  };
  const dropoutMask = context.dropoutMask(`${prefix}.attention.self`);
  const attributes = { numHeads: context.shape.numHeads };
  return dropoutMask
    ? fused("AttentionWithDropout", { ...inputs, dropoutMask }, attributes)[0]
    : fused("Attention", inputs, attributes)[0];
}

/** Projection, dropout, the method's hook, skip connection, LayerNorm: the end of both sub-layers. */
function sublayer(
  context: EncoderContext,
  x: Tensor,
  skip: Tensor,
  layerIndex: number,
  point: "attention.output" | "output",
): Tensor {
  const name = `${layerPrefix(layerIndex)}.${point}`;
  const projected = drop(context, linear(x, context.parameters, `${name}.dense`), name);
  const hooked = context.hook(point, layerIndex, projected);
  const { layerNormEpsilon } = context.shape;
  return layerNorm(tf.add(hooked, skip), context.parameters, `${name}.LayerNorm`, layerNormEpsilon);
}

/** (N, C) -> (B, C) */
function firstTokens(x: Tensor, B: number): Tensor {
  const [N, C] = x.shape;
  const first = tf.slice(tf.reshape(x, [B, N / B, C]), [0, 0, 0], [B, 1, C]);
  return tf.reshape(first, [B, C]);
}

function drop(context: EncoderContext, x: Tensor, site: string): Tensor {
  const mask = context.dropoutMask(site);
  return mask ? tf.mul(x, mask) : x;
}

/** A place where values are dropped while training. */
export interface DropoutSite {
  shape: SymbolicShape;
  /** The probability that a value is dropped. */
  rate: number;
}

/** Every dropout site of the encoder with a rate above zero, by the names that `dropoutMask` is asked for. */
export function encoderDropoutSites(
  shape: EncoderShape,
  rows: OutputRows,
): Map<string, DropoutSite> {
  const { hiddenSize: C, numHeads: H, numLayers, hiddenDropout, attentionDropout } = shape;
  const sites = new Map<string, DropoutSite>();
  const add = (name: string, site: DropoutSite) => {
    if (site.rate > 0) sites.set(name, site);
  };
  add("embeddings", { shape: ["N", C], rate: hiddenDropout });
  for (let i = 0; i < numLayers; i++) {
    const first = rows === "first" && i === numLayers - 1;
    const name = layerPrefix(i);
    add(`${name}.attention.self`, {
      shape: ["B", H, first ? 1 : "T", "T"],
      rate: attentionDropout,
    });
    for (const point of ["attention.output", "output"])
      add(`${name}.${point}`, { shape: [first ? "B" : "N", C], rate: hiddenDropout });
  }
  return sites;
}
