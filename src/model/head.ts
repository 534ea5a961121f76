// The task head: one linear layer on the pooled output, with dropout before it, and its loss.
// Reference: google-research/adapter-bert run_classifier.py create_model; transformers BertForSequenceClassification.
import * as tf from "@tensorflow/tfjs";
import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { type EncoderContext, pool } from "./bert.ts";
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

/** The head's parameters for K outputs: K classes, or 1 for regression. */
export function headParameters(hiddenSize: number, numOutputs: number): HeadParameter[] {
  return [
    { name: "classifier.weight", shape: [numOutputs, hiddenSize], initStd: HEAD_INIT_STD },
    { name: "classifier.bias", shape: [numOutputs], initStd: 0 },
  ];
}

/** First-token hidden states (B, C) -> logits or scores (B, K). */
export function classify(context: EncoderContext, first: Tensor): Tensor {
  const pooled = pool(context, first);
  const mask = context.dropoutMask(HEAD_DROPOUT_SITE);
  return linear(mask ? tf.mul(pooled, mask) : pooled, context.parameters, "classifier");
}

/**
 * The sum over examples of weight * loss: cross-entropy for classification with logits (B, K), squared error for regression
 * with scores (B, 1). `labels` (B) are class indices or target scores; `weights` (B) are 1/n for a mean over n examples, 0 for
 * an example that does not count.
 */
export function taskLoss(
  kind: "classification" | "regression",
  logits: Tensor,
  labels: Tensor,
  weights: Tensor,
): Scalar {
  const perExample =
    kind === "classification" ? crossEntropy(logits, labels) : squaredError(logits, labels);
  return tf.sum(tf.mul(weights, perExample)) as Scalar;
}

function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const chosen = tf.oneHot(tf.cast(labels, "int32"), logits.shape[1] as number); // (B, K)
  return tf.neg(tf.sum(tf.mul(tf.cast(chosen, "float32"), tf.logSoftmax(logits)), -1));
}

function squaredError(scores: Tensor, labels: Tensor): Tensor {
  return tf.square(tf.sub(tf.reshape(scores, [-1]), labels));
}
