// The task heads and their losses: one linear layer on the pooled output with dropout before it, for classes and scores; one
// linear layer on every token's hidden state, for the first and the last token of an answer.
// Reference: google-research/adapter-bert run_classifier.py and run_squad.py create_model; transformers
// BertForSequenceClassification and BertForQuestionAnswering, whose parameter names these are.
import * as tf from "@tensorflow/tfjs";
import type { Scalar, Tensor } from "@tensorflow/tfjs";
import type { TaskKind } from "../data/task.ts";
import { encode, type EncoderContext, type EncoderInputs, type OutputRows, pool } from "./bert.ts";
import { linear } from "./layers.ts";

/** Dropout site before the classifier, shape (B, C). */
export const HEAD_DROPOUT_SITE = "classifier";
/** Standard deviation of the truncated normal that the classifier starts from; its bias starts at 0. */
export const HEAD_INIT_STD = 0.02;

export interface HeadParameter {
  name: string;
  shape: readonly number[];
  initStd: number;
}

/** What the head gives: K classes, one score, or the two ends of a span. */
export interface Head {
  kind: TaskKind;
  /** K; 1 for regression, 2 for spans. */
  numOutputs: number;
}

/** The head's parameters. */
export function headParameters(hiddenSize: number, { kind, numOutputs }: Head): HeadParameter[] {
  const name = layerName(kind);
  return [
    { name: `${name}.weight`, shape: [numOutputs, hiddenSize], initStd: HEAD_INIT_STD },
    { name: `${name}.bias`, shape: [numOutputs], initStd: 0 },
  ];
}

function layerName(kind: TaskKind): string {
  return kind === "span" ? "qa_outputs" : "classifier";
}

/** Which tokens of the last layer the head reads. */
export function rowsFor(kind: TaskKind): OutputRows {
  return kind === "span" ? "all" : "first";
}

/** Whether the head makes use of an encoder parameter: the pooler is for classes and scores alone. */
export function isUsedBy(kind: TaskKind, name: string): boolean {
  return kind !== "span" || !name.startsWith("pooler.");
}

/** The model's outputs for a batch: logits or scores (B, K), or two logits for every token (N, 2). */
export function outputs(context: EncoderContext, inputs: EncoderInputs, kind: TaskKind): Tensor {
  const hidden = encode(context, inputs, rowsFor(kind));
  return kind === "span"
    ? linear(hidden, context.parameters, layerName(kind))
    : classify(context, hidden);
}

/** First-token hidden states (B, C) -> logits or scores (B, K). */
function classify(context: EncoderContext, first: Tensor): Tensor {
  const pooled = pool(context, first);
  const mask = context.dropoutMask(HEAD_DROPOUT_SITE);
  return linear(mask ? tf.mul(pooled, mask) : pooled, context.parameters, "classifier");
}

/** What the loss compares outputs with. */
export interface Targets {
  /** Class indices or target scores (B); for spans (B, 2, T), 1 where the answer begins and 1 where it ends. */
  labels: Tensor;
  /** 1/n for a mean over n examples, 0 for an example that does not count (B). */
  exampleWeights: Tensor;
  /** 0 for a token, a large negative number for padding (B, T). */
  maskBias: Tensor;
}

/**
 * The sum over examples of weight * loss: cross-entropy for classes, squared error for scores, the mean of the two
 * cross-entropies for spans.
 */
export function taskLoss(kind: TaskKind, values: Tensor, targets: Targets): Scalar {
  const perExample = losses[kind](values, targets);
  return tf.sum(tf.mul(targets.exampleWeights, perExample)) as Scalar;
}

const losses: Record<TaskKind, (values: Tensor, targets: Targets) => Tensor> = {
  classification: crossEntropy,
  regression: squaredError,
  span: spanLoss,
};

function crossEntropy(logits: Tensor, { labels }: Targets): Tensor {
  const chosen = tf.oneHot(tf.cast(labels, "int32"), logits.shape[1] as number); // (B, K)
  return tf.neg(tf.sum(tf.mul(tf.cast(chosen, "float32"), tf.logSoftmax(logits)), -1));
}

function squaredError(scores: Tensor, { labels }: Targets): Tensor {
  return tf.square(tf.sub(tf.reshape(scores, [-1]), labels));
}

/**
 * Differs from run_squad.py, where padding takes part in the softmax: there every window is padded to one length, here the loss
 * must not depend on the batch that a window is in.
 */
function spanLoss(logits: Tensor, { labels, maskBias }: Targets): Tensor {
  const [B, T] = maskBias.shape;
  const byEnd = tf.transpose(tf.reshape(logits, [B, T, 2]), [0, 2, 1]); // (N, 2) -> (B, 2, T)
  const logProbabilities = tf.logSoftmax(tf.add(byEnd, tf.reshape(maskBias, [B, 1, T])));
  return tf.mul(tf.sum(tf.sum(tf.mul(labels, logProbabilities), -1), -1), -0.5); // (B)
}
