// Runs a recorded experiment again, elsewhere, and compares: the same settings, weights and data must give the same numbers.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Interrupted } from "./errors.ts";
import { tolerate } from "./files.ts";
import {
  changedInputs,
  type Difference,
  differences,
  readProvenance,
  tryProvenance,
} from "./record/run-folder.ts";
import type { TrainedResult } from "./record/result.ts";
import { readTrainedResult } from "./inference/trained-run.ts";
import { runExperiment } from "./run.ts";
import type { Report } from "./train/events.ts";

/** A run beside its repetition. */
export interface Replay {
  recorded: TrainedResult;
  replayed: TrainedResult;
  /** Which of weights, tokenizer and data have changed since. */
  inputs: Difference[];
  /** Ending and evaluations that differ, by dotted key, such as `evaluations.0.metrics.f1`. */
  scores: Difference[];
}

/** Repeats the run in `runDir`, in a temporary folder. Throws UserError where it has no result to compare with. */
export async function rerun(
  runDir: string,
  options: { dataDir?: string; signal: AbortSignal; report: Report },
): Promise<Replay> {
  const recorded = readTrainedResult(runDir);
  const { dataDir = recorded.experiment.dataDir, ...watch } = options;
  const before = tryProvenance(runDir);
  if (!before)
    watch.report({
      type: "note",
      text: `${runDir}: provenance.json is missing or damaged: whether weights and data are those of the run is not known`,
    });
  const outDir = mkdtempSync(join(tmpdir(), "peft-rerun-"));
  try {
    const experiment = { ...recorded.experiment, ...(dataDir !== undefined && { dataDir }) };
    const replayed = await runExperiment(experiment, { outDir, ...watch });
    // As it would be read from the file, where NaN is null.
    const comparable = ({ evaluations, reason, status, steps }: TrainedResult) =>
      JSON.parse(JSON.stringify({ status, steps, reason, evaluations })) as object;
    return {
      recorded,
      replayed,
      inputs: before ? changedInputs(before, readProvenance(replayed.runDir)) : [],
      scores: differences(comparable(recorded), comparable(replayed)),
    };
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    throw new Interrupted("stopped; the recorded run is as it was", {
      hint: `start again with: peft rerun ${runDir}`,
    });
  } finally {
    tolerate(() => rmSync(outDir, { recursive: true, force: true }));
  }
}
