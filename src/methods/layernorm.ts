// Trains the LayerNorms (that of the embeddings too) and the head: the paper's smallest baseline, §3.4 "LayerNorm only".
import { z } from "zod";
import type { Method } from "./method.ts";

const config = z.strictObject({ name: z.literal("layernorm") });

export const layernorm = {
  config,
  apply: () => ({ trains: isLayerNorm, newParameters: [] }),
} satisfies Method<z.infer<typeof config>>;

/** Whether a parameter is a gain or bias of a LayerNorm. */
export function isLayerNorm(name: string): boolean {
  return name.includes("LayerNorm.");
}
