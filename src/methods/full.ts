// Trains every parameter: the fine-tuning baseline (Houlsby et al. 2019, Table 1 "BERT fine-tune").
import { z } from "zod";
import type { Method } from "./method.ts";

const config = z.strictObject({ name: z.literal("full") });

export const full = {
  config,
  apply: () => ({ trains: () => true, newParameters: [] }),
} satisfies Method<z.infer<typeof config>>;
