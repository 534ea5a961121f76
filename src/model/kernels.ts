// Operations that TensorFlow.js would differentiate into many small pieces, given as kernels with gradients of their own.
// Each has a composite in ordinary tfjs operations, which is what an engine runs where it has nothing faster; the compiled
// engine lowers some of them to one fused operator (engine/compiled/lowerings/linalg.ts).
import * as tf from "@tensorflow/tfjs";
import type { NamedAttrMap, NamedTensorMap, Tensor } from "@tensorflow/tfjs";

interface FusedKernel {
  inputs: readonly string[];
  /** Which outputs the gradient needs. */
  savedOutputs: boolean[];
  composite(inputs: NamedTensorMap, attributes: NamedAttrMap): Tensor[];
  /** `saved` holds the inputs in the order of `inputs`, then the saved outputs. Gradients are asked for one by one. */
  gradient(dy: Tensor, saved: Tensor[], attributes: NamedAttrMap): Record<string, () => Tensor>;
}

/** y = x W^T + b with x (N, I), W (O, I), b (O). */
const Linear: FusedKernel = {
  inputs: ["x", "weight", "bias"],
  savedOutputs: [],
  composite: ({ x, weight, bias }) => [tf.add(tf.matMul(x, weight, false, true), bias)],
  gradient: (dy, [x, weight]) => ({
    x: () => tf.matMul(dy, weight),
    weight: () => tf.matMul(dy, x, true),
    bias: () => tf.sum(dy, 0),
  }),
};

/**
 * Layer normalisation over the last axis: y = xhat * gain + bias, xhat = (x - mean) * inverseStd. Gives y and the two
 * statistics (..., 1). Reference: Ba et al. 2016, arXiv 1607.06450.
 */
const LayerNorm: FusedKernel = {
  inputs: ["x", "gain", "bias"],
  savedOutputs: [false, true, true],
  composite: ({ x, gain, bias }, { epsilon }) => {
    const mean = tf.mean(x, -1, true);
    const centred = tf.sub(x, mean);
    const inverseStd = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon as number));
    return [tf.add(tf.mul(tf.mul(centred, inverseStd), gain), bias), mean, inverseStd];
  },
  gradient: (dy, [x, gain, , mean, inverseStd]) => {
    const xhat = tf.mul(tf.sub(x, mean), inverseStd);
    const scaled = tf.mul(dy, gain);
    const rowMean = (t: Tensor) => tf.mean(t, -1, true);
    const leading = x.shape.slice(0, -1).map((_, axis) => axis);
    return {
      // dx = inverseStd * (g - mean(g) - xhat * mean(g * xhat)), g = dy * gain
      x: () => {
        const along = tf.mul(xhat, rowMean(tf.mul(scaled, xhat)));
        return tf.mul(tf.sub(tf.sub(scaled, rowMean(scaled)), along), inverseStd);
      },
      gain: () => tf.sum(tf.mul(dy, xhat), leading),
      bias: () => tf.sum(dy, leading),
    };
  },
};

/** gelu(x) = x cdf(x), the erf form of Hendrycks & Gimpel 2016 (arXiv 1606.08415). */
const Gelu: FusedKernel = {
  inputs: ["x"],
  savedOutputs: [],
  composite: ({ x }) => [tf.mul(x, normalCdf(x))],
  // gelu'(x) = cdf(x) + x pdf(x)
  gradient: (dy, [x]) => ({
    x: () => {
      const pdf = tf.exp(tf.mul(x, tf.mul(x, -0.5)));
      const slope = tf.mul(x, tf.mul(pdf, 1 / Math.sqrt(2 * Math.PI)));
      return tf.mul(dy, tf.add(normalCdf(x), slope));
    },
  }),
};

/** 0.5 (1 + erf(x / sqrt 2)) */
function normalCdf(x: Tensor): Tensor {
  return tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5);
}

/** gelu in its tanh approximation, BERT's original: 0.5 x (1 + t), t = tanh(s (x + 0.044715 x^3)), s = sqrt(2 / pi). */
const GeluTanh: FusedKernel = {
  inputs: ["x"],
  savedOutputs: [],
  composite: ({ x }) => [tf.mul(x, tf.add(tf.mul(geluTanh(x), 0.5), 0.5))],
  // d/dx = 0.5 (1 + t) + 0.5 x (1 - t^2) s (1 + 3 * 0.044715 x^2)
  gradient: (dy, [x]) => ({
    x: () => {
      const t = geluTanh(x);
      const inner = tf.add(tf.mul(tf.square(x), 3 * GELU_CUBIC), 1);
      const slope = tf.mul(tf.mul(x, inner), tf.sub(1, tf.square(t)));
      const half = tf.add(tf.mul(t, 0.5), 0.5);
      return tf.mul(dy, tf.add(half, tf.mul(slope, 0.5 * GELU_SCALE)));
    },
  }),
};

const GELU_CUBIC = 0.044715;
const GELU_SCALE = Math.sqrt(2 / Math.PI);

function geluTanh(x: Tensor): Tensor {
  const cubic = tf.add(tf.mul(tf.square(x), GELU_CUBIC), 1);
  return tf.tanh(tf.mul(tf.mul(x, cubic), GELU_SCALE));
}

/**
 * Multi-head scaled dot-product attention (Vaswani et al. 2017, §3.2). query (B * Q, C), key and value (B * T, C),
 * maskBias (B, T): 0 for a token, a large negative number for padding; with dropout also dropoutMask (B, H, Q, T).
 * Gives the context (B * Q, C) and, for the gradient, the weights before dropout (B, H, Q, T).
 */
const attention = (withDropout: boolean): FusedKernel => ({
  inputs: ["query", "key", "value", "maskBias", ...(withDropout ? ["dropoutMask"] : [])],
  savedOutputs: [true, true],
  composite: (inputs, attributes) => {
    const { query, key, value, maskBias, dropoutMask } = inputs;
    const [B, T] = maskBias.shape;
    const [numHeads, scale] = headGeometry(query, attributes);
    const q = splitHeads(tf.mul(query, scale), B, numHeads); // (B * Q, C) -> (B, H, Q, D)
    const k = splitHeads(key, B, numHeads); // (B * T, C) -> (B, H, T, D)
    const scores = tf.matMul(q, k, false, true); // (B, H, Q, T)
    const weights = tf.softmax(tf.add(scores, tf.reshape(maskBias, [B, 1, 1, T])));
    const dropped = dropoutMask ? tf.mul(weights, dropoutMask) : weights;
    const context = tf.matMul(dropped, splitHeads(value, B, numHeads)); // (B, H, Q, D)
    return [mergeHeads(context), weights];
  },
  gradient: (dy, saved, attributes) => {
    const [query, key, value, maskBias, ...rest] = saved;
    const [context, weights] = rest.slice(-2);
    const dropoutMask = withDropout ? rest[0] : undefined;
    const [B] = maskBias.shape;
    const [numHeads, scale] = headGeometry(query, attributes);
    const heads = (x: Tensor) => splitHeads(x, B, numHeads);
    const maybeDrop = (x: Tensor) => (dropoutMask ? tf.mul(x, dropoutMask) : x);
    const dContext = heads(dy);
    // d score = weights * (d weights - sum over T of d weights * weights); the sum equals dContext . context per head
    // (Dao et al. 2022, FlashAttention, appendix B.2), which is D and not T values long.
    const dScores = () => {
      const dWeights = maybeDrop(tf.matMul(dContext, heads(value), false, true));
      const perHead = [B, query.shape[0] / B, numHeads, -1];
      const along = tf.sum(tf.reshape(tf.mul(dy, context), perHead), -1, true); // (B, Q, H, 1)
      return tf.mul(weights, tf.sub(dWeights, tf.transpose(along, [0, 2, 1, 3])));
    };
    return {
      query: () => tf.mul(mergeHeads(tf.matMul(dScores(), heads(key))), scale),
      key: () => mergeHeads(tf.matMul(dScores(), heads(tf.mul(query, scale)), true)),
      value: () => mergeHeads(tf.matMul(maybeDrop(weights), dContext, true)),
    };
  },
});

function headGeometry(query: Tensor, attributes: NamedAttrMap): [numHeads: number, scale: number] {
  const numHeads = attributes.numHeads as number;
  return [numHeads, 1 / Math.sqrt((query.shape[1] as number) / numHeads)];
}

/** (B * T, C) -> (B, H, T, D) */
function splitHeads(x: Tensor, B: number, numHeads: number): Tensor {
  const [rows, C] = x.shape;
  return tf.transpose(tf.reshape(x, [B, rows / B, numHeads, C / numHeads]), [0, 2, 1, 3]);
}

/** (B, H, T, D) -> (B * T, C) */
function mergeHeads(x: Tensor): Tensor {
  const [B, H, T, D] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [B * T, H * D]);
}

export const fusedKernels = {
  Linear,
  LayerNorm,
  Gelu,
  GeluTanh,
  Attention: attention(false),
  AttentionWithDropout: attention(true),
} as const;

export type FusedKernelName = keyof typeof fusedKernels;

/** Calls a fused kernel on the current backend. */
export function fused(
  name: FusedKernelName,
  inputs: NamedTensorMap,
  attributes: NamedAttrMap = {},
): Tensor[] {
  const result = tf.engine().runKernel(name, inputs, attributes) as Tensor | Tensor[];
  return Array.isArray(result) ? result : [result];
}

/** Registers the composites with a tfjs backend, except where it has a kernel of that name already. */
export function registerComposites(backendName: string): void {
  for (const [kernelName, kernel] of Object.entries(fusedKernels)) {
    if (tf.getKernel(kernelName, backendName)) continue;
    tf.registerKernel({
      kernelName,
      backendName,
      // The pieces are freed at once: nothing but the outputs is needed for the gradient.
      kernelFunc: ({ inputs, attrs }) => {
        const outputs = tf.tidy(() => kernel.composite(inputs as NamedTensorMap, attrs ?? {}));
        return outputs.length === 1 ? outputs[0] : outputs;
      },
    });
  }
}

for (const [kernelName, kernel] of Object.entries(fusedKernels))
  tf.registerGradient({
    kernelName,
    inputsToSave: [...kernel.inputs],
    outputsToSave: kernel.savedOutputs,
    gradFunc: (dy: Tensor | Tensor[], saved: Tensor[], attributes: NamedAttrMap) =>
      kernel.gradient(Array.isArray(dy) ? dy[0] : dy, saved, attributes),
  });
