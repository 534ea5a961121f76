// The story of one experiment, from its settings to result.json.
import type { Experiment } from "./config/schema.ts";
import type { Task } from "./data/task.ts";
import { tasks } from "./data/tasks.ts";
import { fileBytes } from "./files.ts";
import { createEngine } from "./engine/create.ts";
import { applyMethod } from "./methods/methods.ts";
import { majorityScore } from "./metrics/metrics.ts";
import type { PretrainedEncoder } from "./model/pretrained.ts";
import {
  describeInputs,
  prepareData,
  type PreparedData,
  prepareEncoder,
  prepareTokenizer,
} from "./prepare.ts";
import { RESULT_VERSION, type Recorded, type TrainedResult } from "./record/result.ts";
import { openRun, software } from "./record/run-folder.ts";
import { adapterFile, removeState } from "./train/checkpoint.ts";
import type { Report } from "./train/events.ts";
import { countParameters } from "./train/ledger.ts";
import { Learner } from "./train/learner.ts";
import { bestOf, train, type TrainingOutcome } from "./train/trainer.ts";

export interface RunOptions {
  /** Where run folders are created. */
  outDir: string;
  /** The run folder to go on in. */
  resume?: string;
  signal: AbortSignal;
  report: Report;
}

/** Runs an experiment, or goes on with one. Throws UserError for what the user can fix and Interrupted after Ctrl-C. */
export async function runExperiment(
  experiment: Experiment,
  options: RunOptions,
): Promise<Recorded<TrainedResult>> {
  const { report, signal } = options;
  const task = tasks[experiment.task.name];
  const encoder = await prepareEncoder(experiment, report);
  const { shape, weights } = encoder;
  const tuning = applyMethod(shape, experiment.method);
  const numOutputs = task.kind === "regression" ? 1 : task.labels.length;
  const tokenizer = prepareTokenizer(encoder);
  const data = await prepareData(task, experiment, tokenizer, report);
  const folder = openRun(experiment, describeInputs(encoder, tokenizer, data), options);
  report({ type: "note", text: `run folder: ${folder.path}` });

  const parameters = countParameters(shape, tuning, numOutputs);
  report({ type: "ledger", ledger: parameters });
  const engine = await createEngine(experiment.device);
  report({ type: "note", text: `engine: ${engine.description}` });
  const { seed, training: optimizer } = experiment;
  const { kind, mainMetric } = task;
  const learner = new Learner({
    engine,
    shape,
    weights,
    tuning,
    kind,
    numOutputs,
    optimizer,
    seed,
  });
  const outcome = await train({
    learner,
    metadata: adapterMetadata(experiment, encoder),
    settings: experiment,
    task,
    runDir: folder.path,
    train: data.train.encoded,
    evaluationSplits: data.evaluation.map(({ encoded, name }) => ({ name, data: encoded })),
    maxTokens: engine.preferredTokens,
    signal,
    report,
  });
  const result: TrainedResult = {
    resultVersion: RESULT_VERSION,
    ...summarise(outcome),
    experiment,
    mainMetric,
    majority: majorityScores(task, data),
    parameters,
    adapterBytes: fileBytes(adapterFile(folder.path)),
    encoderSha256: encoder.weightsSha256,
    engine: engine.description,
    software: software(),
    finishedAt: new Date().toISOString(),
  };
  folder.finish(result);
  removeState(folder.path);
  await learner.dispose();
  await engine.dispose();
  return { ...result, runDir: folder.path };
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
    peakBytes: process.resourceUsage().maxRSS * 1024,
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
