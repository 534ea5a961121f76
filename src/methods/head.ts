// Trains the head alone on the frozen encoder: the floor every other method is measured against.
import { z } from "zod";
import type { Method } from "./method.ts";

const config = z.strictObject({ name: z.literal("head") });

export const head = {
  config,
  apply: () => ({ trains: () => false, newParameters: [] }),
} satisfies Method<z.infer<typeof config>>;
