// Every target of the fuzzer.
import type { Target } from "../target.ts";
import { dataTargets } from "./data.ts";
import { encoderTargets } from "./encoder.ts";
import { recordTargets } from "./records.ts";
import { runTargets } from "./runs.ts";
import { settingsTargets } from "./settings.ts";

/** In the order in which they are listed. */
export const targets: readonly Target[] = [
  ...encoderTargets,
  ...settingsTargets,
  ...dataTargets,
  ...recordTargets,
  ...runTargets,
];
