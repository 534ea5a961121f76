// A finished run as something to use: its settings, its head and the parameters it trained. The encoder it was trained on is
// named by hash and loaded by whoever uses several runs together.
import { join } from "node:path";
import type { Scoring } from "../answers/collect.ts";
import { scoringOf } from "../answers/scoring.ts";
import { citeAll } from "../cite.ts";
import type { Experiment } from "../config/schema.ts";
import { numOutputsOf } from "../data/task.ts";
import { outlineOf } from "../data/tasks.ts";
import { UserError } from "../errors.ts";
import { pathExists, readBytes, sha256 } from "../files.ts";
import type { Head } from "../model/head.ts";
import type { PretrainedEncoder } from "../model/pretrained.ts";
import { type FloatTensor, readSafetensors } from "../model/safetensors.ts";
import {
  labelsOf,
  type Recorded,
  readResult,
  RESULT,
  type TrainedResult,
} from "../record/result.ts";
import { adapterFile } from "../train/checkpoint.ts";

/** A run whose best checkpoint can answer. */
export interface TrainedRun {
  runDir: string;
  result: Recorded<TrainedResult>;
  experiment: Experiment;
  head: Head;
  /** Class names by index; empty for regression and spans. */
  labels: readonly string[];
  scoring: Scoring;
  /** The trained parameters of the best evaluation by name. */
  parameters: ReadonlyMap<string, FloatTensor>;
  /** SHA-256 of adapter.safetensors. */
  adapterSha256: string;
}

/** Reads a finished run. Throws UserError where it has none, or has nothing that was trained to use. */
export function readTrainedRun(runDir: string): TrainedRun {
  const result = readTrainedResult(runDir);
  const { experiment } = result;
  const file = adapterFile(runDir);
  if (result.best === null || !pathExists(file))
    throw new UserError(
      `${file}: ${result.best === null ? "no evaluation was completed" : "no such file"}: expected the parameters of the best evaluation`,
      { hint: `train it again: peft train --config ${join(runDir, "config.yaml")}` },
    );
  const labels = labelsOf(result);
  const outline = outlineOf(experiment.task, labels);
  const { metadata, tensors } = readSafetensors(file);
  const { labels: trained = JSON.stringify(labels) } = metadata;
  if (trained !== JSON.stringify(labels))
    throw new UserError(
      `${join(runDir, RESULT)}: labels: ${citeAll(labels)}: expected ${trained}, those in ${file}`,
      { hint: "one of the two files was changed: put it back, or train again" },
    );
  return {
    runDir,
    result,
    experiment,
    head: { kind: outline.kind, numOutputs: numOutputsOf({ kind: outline.kind, labels }) },
    labels,
    scoring: scoringOf(outline, experiment.task),
    parameters: tensors,
    adapterSha256: sha256(readBytes(file)),
  };
}

/** The result of a run that was trained to an end. Throws UserError for any other folder. */
export function readTrainedResult(runDir: string): Recorded<TrainedResult> {
  const hint = "peft list shows the runs and how they ended";
  if (!pathExists(runDir)) throw new UserError(`${runDir}: no such run folder`, { hint });
  if (!pathExists(join(runDir, RESULT)))
    throw new UserError(`${runDir}: no result.json: expected a finished run`, {
      hint: `if it was begun, go on with: peft train --resume ${runDir}`,
    });
  const result = readResult(runDir);
  if (typeof result === "string") throw new UserError(result, { hint });
  if (result.status === "failed")
    throw new UserError(`${runDir}: this run failed: expected one that was trained`, { hint });
  return result;
}

/** Throws UserError where the adapter file is not the one that was scored. */
export function checkAdapter({ adapterSha256, result, runDir }: TrainedRun): void {
  const { adapterSha256: recorded = adapterSha256 } = result; // runs of earlier versions did not record it
  if (recorded === adapterSha256) return;
  throw new UserError(
    `${adapterFile(runDir)}: SHA-256 ${adapterSha256}: expected ${recorded}, the file that was scored`,
    { hint: `see what differs with: peft verify ${runDir}; then put the file back or train again` },
  );
}

/** Throws UserError where the run was trained on other weights than these. */
export function checkEncoder({ result, runDir }: TrainedRun, encoder: PretrainedEncoder): void {
  if (result.encoderSha256 === encoder.weightsSha256) return;
  throw new UserError(
    `${runDir}: trained on an encoder of SHA-256 ${result.encoderSha256}: ${encoder.weightsFile} has ${encoder.weightsSha256}`,
    {
      hint: "an adapter is of use with the weights it was trained on only: put them back, or train again",
    },
  );
}
