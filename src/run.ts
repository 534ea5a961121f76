// The story of one experiment, from its settings to result.json.
import { openRun } from "./config/run-folder.ts";
import type { Experiment } from "./config/schema.ts";
import type { Task } from "./data/task.ts";
import { tasks } from "./data/tasks.ts";
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
import { removeState } from "./train/checkpoint.ts";
import type { Evaluation, ParameterLedger, Report } from "./train/events.ts";
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

/** What result.json holds. */
export interface RunResult {
  runDir: string;
  status: "ok" | "diverged";
  /** Why training ended before the last planned step, if it did. */
  reason?: string;
  task: string;
  method: Experiment["method"];
  mainMetric: string;
  evaluations: Evaluation[];
  /** The best evaluation on the deciding split, whose parameters adapter.safetensors holds. */
  best: Evaluation | null;
  /** Split -> metric -> score of always answering the training set's most frequent class (its mean score in regression). */
  majority: Record<string, Record<string, number>>;
  parameters: ParameterLedger;
  steps: number;
  totalSteps: number;
  /** Wall time of training and evaluation, over all sessions of the run. */
  seconds: number;
  /** The part of `seconds` spent in training steps on the engine. */
  computeSeconds: number;
  tokensPerSecond: number;
  /** Share of padding among the positions computed while training. */
  paddingWaste: number;
  /** Largest resident memory of the last session's process. */
  peakBytes: number;
  engine: string;
}

/** Runs an experiment, or goes on with one. Throws UserError for what the user can fix and Interrupted after Ctrl-C. */
export async function runExperiment(
  experiment: Experiment,
  options: RunOptions,
): Promise<RunResult> {
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
  const result: RunResult = {
    runDir: folder.path,
    task: task.name,
    method: experiment.method,
    mainMetric,
    majority: majorityScores(task, data),
    parameters,
    engine: engine.description,
    ...summarise(outcome),
  };
  folder.finish(result);
  removeState(folder.path);
  await learner.dispose();
  await engine.dispose();
  return result;
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

function majorityScores(task: Task, data: PreparedData): RunResult["majority"] {
  return Object.fromEntries(
    data.evaluation.map(({ encoded, name }) => [
      name,
      majorityScore(task.metrics, encoded.labels, data.train.encoded.labels, task.labels.length),
    ]),
  );
}
