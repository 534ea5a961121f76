// AdamW in TensorFlow.js operations: global-norm clipping, decoupled weight decay (none on biases and LayerNorms), bias
// correction as in torch.optim.AdamW.
// References: Loshchilov & Hutter 2019 (arXiv 1711.05101); torch.nn.utils.clip_grad_norm_. Differs from adapter-bert's
// optimization.py, which leaves the bias correction out.
import * as tf from "@tensorflow/tfjs";
import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { isLayerNorm } from "../methods/layernorm.ts";

export interface AdamOptions {
  adamBeta1: number;
  adamBeta2: number;
  adamEpsilon: number;
  weightDecay: number;
  /** Gradients are scaled down to this global norm where theirs is larger. */
  maxGradNorm: number;
}

/** Of google-research/adapter-bert's optimization.py. */
export const adamDefaults: AdamOptions = {
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-6,
  weightDecay: 0.01,
  maxGradNorm: 1,
};

/** What changes from step to step, computed in double precision outside the program. */
export interface StepScalars {
  /** learningRate / (1 - beta1^t) */
  stepSize: number;
  /** 1 / sqrt(1 - beta2^t) */
  secondMomentScale: number;
  /** 1 - learningRate * weightDecay */
  decayFactor: number;
  /** What brings the gradients back to their size where the loss was scaled up: 1 / its scale. */
  gradientScale: number;
}

/** The scalars of optimizer step `t`, counted from 1, with the loss multiplied by `lossScale`. */
export function stepScalars(
  options: AdamOptions,
  { learningRate, lossScale, t }: { learningRate: number; t: number; lossScale: number },
): StepScalars {
  return {
    stepSize: learningRate / (1 - options.adamBeta1 ** t),
    secondMomentScale: 1 / Math.sqrt(1 - options.adamBeta2 ** t),
    decayFactor: 1 - learningRate * options.weightDecay,
    gradientScale: 1 / lossScale,
  };
}

/** One parameter with its gradient and moments, all of one shape. */
export interface AdamState {
  parameter: Tensor;
  gradient: Tensor;
  firstMoment: Tensor;
  secondMoment: Tensor;
}

/** The Euclidean norm of all gradients together. */
export function globalNorm(gradients: readonly Tensor[]): Scalar {
  return tf.sqrt(tf.addN(gradients.map((gradient) => tf.sum(tf.square(gradient))))) as Scalar;
}

/** The factor that brings gradients of this norm down to `maxGradNorm`, 1 if they are below it. */
export function clipFactor(norm: Tensor, maxGradNorm: number): Scalar {
  return tf.minimum(tf.div(maxGradNorm, tf.add(norm, 1e-6)), 1);
}

/** The new values after one step with the gradient scaled by `factor`. */
export function adamUpdate(
  name: string,
  state: AdamState,
  factor: Tensor,
  scalars: Record<keyof StepScalars, Tensor>,
  options: AdamOptions,
): Omit<AdamState, "gradient"> {
  const { adamBeta1, adamBeta2, adamEpsilon } = options;
  const gradient = tf.mul(state.gradient, factor);
  const firstMoment = tf.add(tf.mul(state.firstMoment, adamBeta1), tf.mul(gradient, 1 - adamBeta1));
  const secondMoment = tf.add(
    tf.mul(state.secondMoment, adamBeta2),
    tf.mul(tf.square(gradient), 1 - adamBeta2),
  );
  const denominator = tf.add(tf.mul(tf.sqrt(secondMoment), scalars.secondMomentScale), adamEpsilon);
  const step = tf.mul(tf.div(firstMoment, denominator), scalars.stepSize);
  const decayed = decays(name) ? tf.mul(state.parameter, scalars.decayFactor) : state.parameter;
  return { parameter: tf.sub(decayed, step), firstMoment, secondMoment };
}

/** Whether weight decay acts on a parameter: on weights, not on biases and LayerNorms. */
export function decays(name: string): boolean {
  return !name.endsWith(".bias") && !isLayerNorm(name);
}
