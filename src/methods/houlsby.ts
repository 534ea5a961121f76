// Bottleneck adapters, two in every layer: after the attention output projection and after the second feed-forward
// projection, each before the skip connection is added. Adapters, all LayerNorms (that of the embeddings too) and the head
// train; everything else, the pooler included, is frozen.
// Reference: Houlsby et al. 2019 (arXiv 1902.00751) §2.1 and Fig. 2; google-research/adapter-bert modeling.py, optimization.py.
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { UserError } from "../errors.ts";
import { activate, linear } from "../model/layers.ts";
import { activations, type EncoderShape, layerPrefix } from "../model/shape.ts";
import { isLayerNorm } from "./layernorm.ts";
import type { HookPoint, Method, NewParameter } from "./method.ts";

const config = z.strictObject({
  name: z.literal("houlsby"),
  /** Bottleneck size, the paper's m: values per token between the two projections. */
  size: z.int().min(1),
  /** Nonlinearity between the projections; the encoder's own where it is not given. */
  activation: z.enum(activations).optional(),
  /** Standard deviation of the truncated normal both projections start from: 0.01 in the paper §3.6, 0.001 in its code. */
  initStd: z.number().min(0).max(1).default(0.01),
});

const points: readonly HookPoint[] = ["attention.output", "output"];

export const houlsby = {
  config,
  apply(encoder, { size, activation = encoder.activation, initStd }) {
    if (size > encoder.hiddenSize)
      throw new UserError(
        `method.size: ${size}: expected at most the encoder's hidden size, ${encoder.hiddenSize}`,
        { hint: "a bottleneck wider than the layer it sits in is not parameter-efficient" },
      );
    return {
      trains: isLayerNorm,
      newParameters: adapterParameters(encoder, size, initStd),
      // h + W_up act(W_down h + b_down) + b_up
      hook: (point, layerIndex, x, parameters) => {
        const name = adapterName(layerIndex, point);
        const down = linear(x, parameters, `${name}.down`); // (N, C) -> (N, R)
        const up = linear(activate(down, activation), parameters, `${name}.up`); // (N, R) -> (N, C)
        return tf.add(x, up);
      },
    };
  },
} satisfies Method<z.infer<typeof config>>;

function adapterParameters(encoder: EncoderShape, size: number, initStd: number): NewParameter[] {
  const C = encoder.hiddenSize;
  const parameters: NewParameter[] = [];
  for (let i = 0; i < encoder.numLayers; i++) {
    for (const point of points) {
      const name = adapterName(i, point);
      parameters.push(
        { name: `${name}.down.weight`, shape: [size, C], initStd },
        { name: `${name}.down.bias`, shape: [size], initStd: 0 },
        { name: `${name}.up.weight`, shape: [C, size], initStd },
        { name: `${name}.up.bias`, shape: [C], initStd: 0 },
      );
    }
  }
  return parameters;
}

function adapterName(layerIndex: number, point: HookPoint): string {
  return `${layerPrefix(layerIndex)}.${point}.adapter`;
}
