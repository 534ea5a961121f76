// What a tuning method is: three answers. Which pretrained parameters move, which new parameters exist, and what happens at
// the encoder's hook points. Counting, checkpoints, freezing and the optimizer follow from them.
import type { Tensor } from "@tensorflow/tfjs";
import type { z } from "zod";
import type { ParameterLookup } from "../model/layers.ts";
import type { EncoderShape } from "../model/shape.ts";

/** A parameter that the method adds to the encoder. Linear weights are (out, in), as everywhere. */
export interface NewParameter {
  name: string;
  shape: readonly number[];
  /** Standard deviation of the truncated normal it starts from; 0 starts it at zero. */
  initStd: number;
}

/**
 * Where a method may act inside a layer: on the output of a sub-layer's last projection, after its dropout and before the
 * skip connection is added (Houlsby et al. 2019, Fig. 2).
 */
export type HookPoint = "attention.output" | "output";

/** A method applied to an encoder of a given shape. */
export interface Tuning {
  /** Whether a pretrained parameter (named as in Hugging Face's BertModel) is trained. The head always is. */
  trains(name: string): boolean;
  /** The parameters added to the encoder. */
  newParameters: readonly NewParameter[];
  /** Transforms `x` (N, C), one row per token, at a hook point; undefined where the method does nothing in the forward pass. */
  hook?(point: HookPoint, layerIndex: number, x: Tensor, parameters: ParameterLookup): Tensor;
}

/** A method: the schema of its config keys (with its `name` as literal) and how it applies to an encoder. */
export interface Method<Config> {
  config: z.ZodType<Config>;
  /** Throws UserError where the config does not fit the encoder, naming the config key. */
  apply(encoder: EncoderShape, config: Config): Tuning;
}
