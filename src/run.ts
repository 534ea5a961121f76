// The story of one experiment, from its settings to result.json.
import type { Experiment } from "./config/schema.ts";
import type { Task } from "./data/task.ts";
import { tasks } from "./data/tasks.ts";
import { fileBytes } from "./files.ts";
import { createEngine, type EngineOptions } from "./engine/create.ts";
import type { Engine } from "./engine/engine.ts";
import { peakMemory, resetPeakMemory } from "./memory.ts";
import type { Tuning } from "./methods/method.ts";
import { applyMethod } from "./methods/methods.ts";
import { majorityScore } from "./metrics/metrics.ts";
import type { PretrainedEncoder } from "./model/pretrained.ts";
import {
  createReader,
  describeInputs,
  type Inputs,
  type PreparedData,
  type Reader,
} from "./prepare.ts";
import { RESULT_VERSION, type Recorded, type TrainedResult } from "./record/result.ts";
import { type OpenOptions, openRun, software } from "./record/run-folder.ts";
import { adapterFile, removeState } from "./train/checkpoint.ts";
import type { Report } from "./train/events.ts";
import { countParameters } from "./train/ledger.ts";
import { Learner } from "./train/learner.ts";
import { bestOf, train, type TrainingOutcome } from "./train/trainer.ts";

export interface RunOptions extends OpenOptions, EngineOptions {
  signal: AbortSignal;
  report: Report;
  /** Where encoder and data come from; a reader shared by several runs reads each file once. */
  read?: Reader;
}

/**
 * Runs an experiment, or goes on with one. Throws UserError for what the user can fix, RunFinished and RunLocked where there is
 * nothing to do, and Interrupted after Ctrl-C.
 */
export async function runExperiment(
  experiment: Experiment,
  options: RunOptions,
): Promise<Recorded<TrainedResult>> {
  const { report, read = createReader() } = options;
  resetPeakMemory();
  const inputs = await read(experiment, report);
  const tuning = applyMethod(inputs.encoder.shape, experiment.method);
  const folder = openRun(experiment, describeInputs(inputs), options);
  try {
    report({ type: "note", text: `run folder: ${folder.path}` });
    const result = await learn(experiment, { inputs, tuning, runDir: folder.path }, options);
    folder.finish(result);
    removeState(folder.path);
    return { ...result, runDir: folder.path };
  } finally {
    folder.release();
  }
}

/** Trains in an open run folder and puts together what there is to say of it. */
async function learn(
  experiment: Experiment,
  { inputs, runDir, tuning }: { inputs: Inputs; tuning: Tuning; runDir: string },
  { numThreads, report, signal }: RunOptions,
): Promise<TrainedResult> {
  const { data, encoder } = inputs;
  const task: Task = tasks[experiment.task.name];
  const numOutputs = task.kind === "regression" ? 1 : task.labels.length;
  const parameters = countParameters(encoder.shape, tuning, numOutputs);
  report({ type: "ledger", ledger: parameters });
  const engine = await createEngine(experiment.device, numThreads ? { numThreads } : {});
  report({ type: "note", text: `engine: ${engine.description}` });
  const learner = createLearner(experiment, { inputs, tuning, engine });
  try {
    const outcome = await train({
      learner,
      metadata: adapterMetadata(experiment, encoder),
      settings: experiment,
      task,
      runDir,
      train: data.train.encoded,
      evaluationSplits: data.evaluation.map(({ encoded, name }) => ({ name, data: encoded })),
      maxTokens: engine.preferredTokens,
      signal,
      report,
    });
    return {
      resultVersion: RESULT_VERSION,
      ...summarise(outcome),
      experiment,
      mainMetric: task.mainMetric,
      majority: majorityScores(task, data),
      parameters,
      adapterBytes: fileBytes(adapterFile(runDir)),
      encoderSha256: encoder.weightsSha256,
      engine: engine.description,
      software: software(),
      finishedAt: new Date().toISOString(),
    };
  } finally {
    await learner.dispose();
    await engine.dispose();
  }
}

/** The model of an experiment with its optimizer, before the first step. */
export function createLearner(
  { seed, task: { name }, training }: Experiment,
  { engine, inputs, tuning }: { inputs: Inputs; tuning: Tuning; engine: Engine },
): Learner {
  const { shape, weights } = inputs.encoder;
  const { kind, labels }: Task = tasks[name];
  const numOutputs = kind === "regression" ? 1 : labels.length;
  return new Learner({
    engine,
    shape,
    weights,
    tuning,
    kind,
    numOutputs,
    optimizer: training,
    seed,
  });
}

/** What training came to, in the words of result.json. */
function summarise({ reason, state, status, totalSteps }: TrainingOutcome) {
  const { computeSeconds, evaluations, positions, seconds, step, tokens } = state;
  return {
    status,
    ...(reason && { reason }),
    evaluations,
    best: bestOf(evaluations),
    steps: step,
    totalSteps,
    seconds,
    computeSeconds,
    tokensPerSecond: tokens / seconds,
    paddingWaste: positions > 0 ? 1 - tokens / positions : 0,
    peakBytes: peakMemory(),
  };
}

function adapterMetadata(
  experiment: Experiment,
  encoder: PretrainedEncoder,
): Record<string, string> {
  return {
    task: experiment.task.name,
    method: JSON.stringify(experiment.method),
    encoder: experiment.encoder.source,
    encoderSha256: encoder.weightsSha256,
  };
}

function majorityScores(task: Task, data: PreparedData): TrainedResult["majority"] {
  return Object.fromEntries(
    data.evaluation.map(({ encoded, name }) => [
      name,
      majorityScore(task.metrics, encoded.labels, data.train.encoded.labels, task.labels.length),
    ]),
  );
}
