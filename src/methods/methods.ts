// The registry of tuning methods. A new method is one file beside this one, one line in `methods` and one in `MethodConfig`
// (the type checker asks for the second).
import { z } from "zod";
import type { EncoderShape } from "../model/shape.ts";
import { full } from "./full.ts";
import { head } from "./head.ts";
import { houlsby } from "./houlsby.ts";
import { layernorm } from "./layernorm.ts";
import type { Method, Tuning } from "./method.ts";
import { topLayers } from "./top-layers.ts";

export const methods = { full, head, houlsby, layernorm, "top-layers": topLayers } as const;

export type MethodName = keyof typeof methods;
type Configs = { [N in MethodName]: z.infer<(typeof methods)[N]["config"]> };

/** The `method:` section of an experiment. */
export const MethodConfig = z.discriminatedUnion("name", [
  houlsby.config,
  full.config,
  topLayers.config,
  layernorm.config,
  head.config,
]);
export type MethodConfig = Configs[MethodName];

/** Applies the configured method to an encoder of this shape. Throws UserError where they do not fit. */
export function applyMethod<N extends MethodName>(
  encoder: EncoderShape,
  config: Configs[N],
): Tuning {
  const table: { [K in MethodName]: Method<Configs[K]> } = methods;
  return table[config.name as N].apply(encoder, config);
}
