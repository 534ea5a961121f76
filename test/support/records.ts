// Invented runs, in memory and on disk, with everything a real result.json holds: for tests of what reads runs, and for the
// scale benchmark of the report.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { stringifyExperiment } from "../../src/config/load.ts";
import {
  type Experiment,
  type experimentSchema,
  resolveExperiment,
} from "../../src/config/schema.ts";
import { numOutputsOf, type Task } from "../../src/data/task.ts";
import { type TaskName, tasks } from "../../src/data/tasks.ts";
import { applyMethod } from "../../src/methods/methods.ts";
import {
  type FailedResult,
  type Recorded,
  RESULT,
  RESULT_VERSION,
  type RunResult,
  type TrainedResult,
} from "../../src/record/result.ts";
import { CONFIG, runName } from "../../src/record/run-folder.ts";
import type { Runs } from "../../src/record/runs.ts";
import type { Evaluation } from "../../src/train/events.ts";
import { countParameters } from "../../src/train/ledger.ts";
import type { SplitPredictions } from "../../src/train/predictions.ts";
import { bertBase } from "./shapes.ts";

type Settings = z.input<typeof experimentSchema>;

/** What sets an invented run apart from the usual one: MRPC, adapters of size 64, seed 0. */
export interface Changes extends Omit<Partial<Settings>, "task"> {
  task?: Settings["task"]["name"] | Settings["task"];
  /** Its score in the main metric on the deciding split, at the best evaluation; other metrics lie 0.01 lower each. */
  score?: number;
  /** What result.json says besides. */
  result?: Partial<TrainedResult>;
}

/** The experiment of such a run. */
export function experimentOf(changes: Changes = {}): Experiment {
  const { task = "mrpc", score: _score, result: _result, ...settings } = changes;
  return resolveExperiment({
    encoder: { source: "bert-base-uncased" },
    method: { name: "houlsby", size: 64 },
    training: { learningRate: 1e-3, epochs: 3 },
    ...settings,
    task: (typeof task === "string" ? { name: task } : task) as z.input<
      typeof experimentSchema
    >["task"],
  });
}

/** A run that ended well, on an encoder of BERT-base's shape: one evaluation per epoch, the last one the best. */
export function trainedResult(changes: Changes = {}): TrainedResult {
  const experiment = experimentOf(changes);
  const { score = 0.8, result = {} } = changes;
  const task: Task = tasks[experiment.task.name as TaskName];
  const evaluations = risingTo(score, task, experiment.training.epochs);
  const head = { kind: task.kind, numOutputs: numOutputsOf(task) };
  const ledger = countParameters(bertBase, applyMethod(bertBase, experiment.method), head);
  const steps = evaluations.at(-1)?.step ?? 0;
  const seconds = 100 + experiment.seed;
  return {
    ...ending(experiment),
    status: "ok",
    mainMetric: task.mainMetric,
    evaluations,
    best: evaluations.find(({ step }) => step === steps) ?? null,
    majority: Object.fromEntries(
      task.evaluationSplits.map((split) => [split, scoresOf(task, 0.5)]),
    ),
    parameters: ledger,
    adapterBytes: 4 * ledger.trained + 4096,
    encoderSha256: "ab".repeat(32),
    steps,
    totalSteps: steps,
    seconds,
    computeSeconds: seconds - 10,
    tokensPerSecond: 5000,
    paddingWaste: 0.1,
    peakBytes: 2e9,
    engine: "compiled programs on the CPU",
    ...result,
  };
}

/** A run whose loss stopped being a number after a first evaluation that looked good. */
export function divergedResult(changes: Changes = {}): TrainedResult {
  const { evaluations, best, ...rest } = trainedResult(changes);
  return {
    ...rest,
    evaluations,
    best,
    status: "diverged",
    reason: "the loss of step 7 is not a finite number",
  };
}

/** A run that ended in an error. */
export function failedResult(changes: Changes = {}): FailedResult {
  return {
    ...ending(experimentOf(changes)),
    status: "failed",
    reason: "method.size: 9999: expected at most the encoder's hidden size, 768",
    hint: "a bottleneck wider than the layer it sits in is not parameter-efficient",
  };
}

/** The results as if read from `runs`, each from the folder its settings name. */
export function runsOf(
  results: readonly RunResult[],
  unfinished: readonly Experiment[] = [],
): Runs {
  const inRuns = (experiment: Experiment) => join("runs", runName(experiment));
  return {
    results: results.map((result): Recorded => ({ ...result, runDir: inRuns(result.experiment) })),
    unfinished: unfinished.map((experiment) => ({ experiment, runDir: inRuns(experiment) })),
    problems: [],
    numForeign: 0,
  };
}

/** Writes a run folder below `folder` and returns it; predictions by split. */
export function writeRun(
  folder: string,
  result: RunResult,
  options: { name?: string; predictions?: Record<string, SplitPredictions> } = {},
): string {
  const { name = runName(result.experiment), predictions } = options;
  const runDir = writeUnfinished(folder, result.experiment, name);
  writeFileSync(join(runDir, RESULT), `${JSON.stringify(result, null, 2)}\n`);
  if (predictions) writeFileSync(join(runDir, "predictions.json"), JSON.stringify(predictions));
  return runDir;
}

/** Writes the folder of a run that was begun only. */
export function writeUnfinished(
  folder: string,
  experiment: Experiment,
  name = runName(experiment),
): string {
  const runDir = join(folder, name);
  mkdirSync(runDir, { recursive: true });
  writeFileSync(join(runDir, CONFIG), stringifyExperiment(experiment));
  return runDir;
}

function ending(experiment: Experiment) {
  return {
    resultVersion: RESULT_VERSION,
    experiment,
    software: { peft: "0.1.0", node: "v20.20.2", platform: "linux-x64" },
    finishedAt: "2026-11-22T12:00:00.000Z",
  } as const;
}

/** One evaluation per epoch and split, rising by 0.05 each to the score. */
function risingTo(score: number, task: Task, epochs: number): Evaluation[] {
  const STEPS_PER_EPOCH = 115; // MRPC in batches of 32
  return Array.from({ length: Math.ceil(epochs) }, (_, i) =>
    task.evaluationSplits.map((split): Evaluation => {
      const behind = 0.05 * (Math.ceil(epochs) - 1 - i);
      const step = STEPS_PER_EPOCH * (i + 1);
      return {
        step,
        epoch: i + 1,
        split,
        trainLoss: 0.6 / (i + 1),
        loss: 0.5 / (i + 1) + 0.1,
        metrics: scoresOf(task, score - behind),
        best: true,
      };
    }),
  ).flat();
}

function scoresOf({ mainMetric, metrics }: Task, score: number): Record<string, number> {
  const others = metrics.filter((name) => name !== mainMetric);
  return Object.fromEntries([mainMetric, ...others].map((name, i) => [name, score - 0.01 * i]));
}
