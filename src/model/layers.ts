// The pieces BERT and the methods are made of, over parameters looked up by their checkpoint names.
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "@tensorflow/tfjs";
import { fused } from "./kernels.ts";
import type { Activation } from "./shape.ts";

/** Gives the tensor of a parameter by its name. */
export type ParameterLookup = (name: string) => Tensor;

/** `y = x W^T + b` with `<name>.weight` (O, I) and `<name>.bias` (O): (N, I) -> (N, O). */
export function linear(x: Tensor, parameters: ParameterLookup, name: string): Tensor {
  const inputs = { x, weight: parameters(`${name}.weight`), bias: parameters(`${name}.bias`) };
  return fused("Linear", inputs)[0];
}

/** Layer normalisation of (N, C) over C with `<name>.weight` and `<name>.bias`, both (C). */
export function layerNorm(
  x: Tensor,
  parameters: ParameterLookup,
  name: string,
  epsilon: number,
): Tensor {
  const inputs = { x, gain: parameters(`${name}.weight`), bias: parameters(`${name}.bias`) };
  return fused("LayerNorm", inputs, { epsilon })[0];
}

/** The nonlinearity of that name. */
export function activate(x: Tensor, activation: Activation): Tensor {
  switch (activation) {
    case "gelu":
      return fused("Gelu", { x })[0];
    case "gelu_new":
      return fused("GeluTanh", { x })[0];
    case "relu":
      return tf.relu(x);
    case "tanh":
      return tf.tanh(x);
    case "swish":
      return tf.mul(x, tf.sigmoid(x));
  }
}
