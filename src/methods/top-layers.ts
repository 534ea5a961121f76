// Trains the top k layers, the pooler and the head; embeddings and lower layers are frozen: the paper's variable fine-tuning
// baseline (Houlsby et al. 2019 §3.3, Fig. 3 and 4).
import { z } from "zod";
import { UserError } from "../errors.ts";
import { layerPrefix } from "../model/shape.ts";
import type { Method } from "./method.ts";

const config = z.strictObject({
  name: z.literal("top-layers"),
  /** How many of the encoder's layers train, counted from the output. */
  layers: z.int().min(1),
});

export const topLayers = {
  config,
  apply(encoder, { layers }) {
    if (layers > encoder.numLayers)
      throw new UserError(
        `method.layers: ${layers}: expected at most the encoder's ${encoder.numLayers} layers`,
        { hint: "to train the embeddings too, use method.name: full" },
      );
    const prefixes = Array.from(
      { length: layers },
      (_, i) => `${layerPrefix(encoder.numLayers - 1 - i)}.`,
    );
    prefixes.push("pooler.");
    return {
      trains: (name) => prefixes.some((prefix) => name.startsWith(prefix)),
      newParameters: [],
    };
  },
} satisfies Method<z.infer<typeof config>>;
