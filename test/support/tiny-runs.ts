// Finished runs of the tiny encoder, trained in a second, for tests of what uses runs.
import { cpSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { type experimentSchema, resolveExperiment } from "../../src/config/schema.ts";
import type { Recorded, TrainedResult } from "../../src/record/result.ts";
import { runExperiment } from "../../src/run.ts";
import { writeTinyEncoder, writeTinyGlue } from "./tiny.ts";

type Raw = z.input<typeof experimentSchema>;

/** What a tiny run is trained on. */
export interface TinyInputs {
  encoder: string;
  dataDir: string;
  outDir: string;
}

/** The tiny encoder and its GLUE tasks as files below a folder, and a place for runs. */
export function writeTinyInputs(folder: string): TinyInputs {
  return {
    encoder: writeTinyEncoder(join(folder, "encoder")),
    dataDir: writeTinyGlue(join(folder, "glue")),
    outDir: join(folder, "runs"),
  };
}

/** Trains a run; `changes` are settings other than the usual: SST-2, adapters of size 4. */
export async function trainTiny(
  { dataDir, encoder, outDir }: TinyInputs,
  changes: Partial<Raw> = {},
): Promise<Recorded<TrainedResult>> {
  const experiment = resolveExperiment({
    task: { name: "sst2", maxLength: 16 },
    encoder: { source: encoder },
    method: { name: "houlsby", size: 4 },
    training: { epochs: 3, batchSize: 8, learningRate: 1e-2 },
    dataDir,
    ...changes,
  });
  const { signal } = new AbortController();
  return runExperiment(experiment, { outDir, signal, report: () => {} });
}

/** A copy of the run folder that may be damaged. */
export function copyRun(runDir: string, folder: string): string {
  const copy = join(folder, "copy");
  cpSync(runDir, copy, { recursive: true });
  return copy;
}
