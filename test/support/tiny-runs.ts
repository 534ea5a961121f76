// Finished runs on the tiny encoder, trained in a second each, for tests of what uses runs.
import { cpSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { type experimentSchema, resolveExperiment } from "../../src/config/schema.ts";
import { runExperiment } from "../../src/run.ts";
import { writeTinyEncoder, writeTinyGlue } from "./tiny.ts";

type Settings = z.input<typeof experimentSchema>;

/** A folder with the tiny encoder in `encoder` and its data in `glue`. */
export function writeTinyInputs(folder: string): string {
  writeTinyEncoder(join(folder, "encoder"));
  writeTinyGlue(join(folder, "glue"));
  return folder;
}

/** Trains a task below the folder of `writeTinyInputs`, adapters unless `changes` say otherwise; gives the run folder. */
export async function trainTiny(
  folder: string,
  name: "cola" | "sst2" | "stsb",
  changes: Partial<Settings> = {},
): Promise<string> {
  const experiment = resolveExperiment({
    task: { name, maxLength: 16 },
    encoder: { source: join(folder, "encoder") },
    method: { name: "houlsby", size: 4 },
    training: { epochs: 2, batchSize: 8, learningRate: 1e-2 },
    dataDir: join(folder, "glue"),
    ...changes,
  });
  const { signal } = new AbortController();
  const options = { outDir: join(folder, "runs"), signal, report: () => {} };
  return (await runExperiment(experiment, options)).runDir;
}

/** A copy of the run folder that may be damaged. */
export function copyRun(runDir: string, folder: string): string {
  const copy = join(folder, "copy");
  cpSync(runDir, copy, { recursive: true });
  return copy;
}
