// The story of one experiment, from its settings to result.json.
import { join, resolve } from "node:path";
import { openRun, type Provenance } from "./config/run-folder.ts";
import type { Experiment } from "./config/schema.ts";
import { defaultCacheDir } from "./data/cache.ts";
import { type EncodedSplit, encodeSplit } from "./data/encode.ts";
import type { Task } from "./data/task.ts";
import { tasks } from "./data/tasks.ts";
import { createEngine } from "./engine/create.ts";
import { UserError } from "./errors.ts";
import { applyMethod } from "./methods/methods.ts";
import { majorityScore } from "./metrics/metrics.ts";
import { locateEncoder } from "./model/locate.ts";
import { loadEncoder, type PretrainedEncoder } from "./model/pretrained.ts";
import type { EncoderShape } from "./model/shape.ts";
import { loadTokenizer, type TextTokenizer } from "./text/tokenizer.ts";
import { removeState, saveParameters } from "./train/checkpoint.ts";
import type { Evaluation, ParameterLedger, Report } from "./train/events.ts";
import { countParameters } from "./train/ledger.ts";
import { Learner } from "./train/learner.ts";
import { bestOf, train } from "./train/trainer.ts";

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
export async function runExperiment(experiment: Experiment, options: RunOptions): Promise<RunResult> {
  const { report } = options;
  const task = tasks[experiment.task.name];
  const encoder = await prepareEncoder(experiment, report);
  const tuning = applyMethod(encoder.shape, experiment.method);
  const numOutputs = task.kind === "regression" ? 1 : task.labels.length;
  const tokenizer = prepareTokenizer(encoder);
  const data = await prepareData(task, experiment, tokenizer, report);
  const provenance = describeInputs(encoder, tokenizer, data);
  const folder = openRun(experiment, provenance, options);
  report({ type: "note", text: `run folder: ${folder.path}` });

  const parameters = countParameters(encoder.shape, tuning, numOutputs);
  report({ type: "ledger", ledger: parameters });
  const engine = await createEngine(experiment.device);
  report({ type: "note", text: `engine: ${engine.description}` });
  const { shape, weights } = encoder;
  const { seed, training } = experiment;
  const learner = new Learner({
    ...{ engine, shape, weights, tuning, numOutputs, seed },
    kind: task.kind,
    optimizer: training,
  });
  const metadata = adapterMetadata(experiment, encoder);
  const outcome = await train({
    ...{ learner, metadata, seed, training },
    runDir: folder.path,
    train: data.train.encoded,
    evaluationSplits: data.evaluation.map(({ encoded, name }) => ({ name, data: encoded })),
    kind: task.kind,
    metrics: task.metrics,
    mainMetric: task.mainMetric,
    evaluation: experiment.evaluation,
    checkpoint: experiment.checkpoint,
    maxTokens: engine.preferredTokens,
    signal: options.signal,
    report,
  });
  if (outcome.status === "ok")
    await saveParameters(join(folder.path, "last.safetensors"), learner, {
      ...metadata,
      step: String(outcome.state.step),
    });
  const { computeSeconds, evaluations, positions, seconds, step, tokens } = outcome.state;
  const result: RunResult = {
    runDir: folder.path,
    status: outcome.status,
    ...(outcome.reason && { reason: outcome.reason }),
    task: task.name,
    method: experiment.method,
    mainMetric: task.mainMetric,
    evaluations,
    best: bestOf(evaluations),
    majority: majorityScores(task, data),
    parameters,
    steps: step,
    totalSteps: outcome.totalSteps,
    seconds,
    computeSeconds,
    tokensPerSecond: tokens / seconds,
    paddingWaste: positions > 0 ? 1 - tokens / positions : 0,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    engine: engine.description,
  };
  folder.finish(result);
  removeState(folder.path);
  await learner.dispose();
  await engine.dispose();
  return result;
}

interface PreparedSplit {
  name: string;
  encoded: EncodedSplit;
  files: { path: string; sha256: string }[];
}

interface PreparedData {
  train: PreparedSplit;
  evaluation: PreparedSplit[];
}

async function prepareEncoder(experiment: Experiment, report: Report): Promise<PretrainedEncoder> {
  const { dropout, source } = experiment.encoder;
  const encoder = await loadEncoder(locateEncoder(source));
  for (const text of encoder.notes) report({ type: "note", text });
  if (dropout !== undefined) {
    encoder.shape.hiddenDropout = dropout;
    encoder.shape.attentionDropout = dropout;
  }
  checkLength(experiment.task.maxLength, encoder.shape);
  return encoder;
}

function checkLength(maxLength: number, { maxPositions }: EncoderShape): void {
  if (maxLength > maxPositions)
    throw new UserError(
      `task.maxLength: ${maxLength}: expected at most the encoder's ${maxPositions} positions`,
      { hint: `set task.maxLength: ${maxPositions} or less` },
    );
}

function prepareTokenizer(encoder: PretrainedEncoder): TextTokenizer {
  const tokenizer = loadTokenizer(encoder.folder);
  if (tokenizer.vocabSize > encoder.shape.vocabSize)
    throw new UserError(
      `${encoder.folder}: a vocabulary of ${tokenizer.vocabSize} tokens: expected at most the embedding table's ${encoder.shape.vocabSize} rows`,
      { hint: "the tokenizer belongs to another checkpoint: copy the one that came with these weights" },
    );
  return tokenizer;
}

async function prepareData(
  task: Task,
  { dataDir, seed, task: { maxLength } }: Experiment,
  tokenizer: TextTokenizer,
  report: Report,
): Promise<PreparedData> {
  const source = { dataDir: dataDir === undefined ? undefined : resolve(dataDir), seed };
  const prepare = async (name: string): Promise<PreparedSplit> => {
    const { examples, files, notes } = task.load(name, source);
    for (const text of notes) report({ type: "note", text });
    const onProgress = (done: number, total: number) =>
      report({ type: "progress", phase: "tokenize", done, total });
    const cacheDir = defaultCacheDir();
    return { name, files, encoded: await encodeSplit(tokenizer, examples, { maxLength, cacheDir, onProgress }) };
  };
  const prepared = { train: await prepare("train"), evaluation: [] as PreparedSplit[] };
  for (const name of task.evaluationSplits) prepared.evaluation.push(await prepare(name));
  return prepared;
}

function describeInputs(encoder: PretrainedEncoder, tokenizer: TextTokenizer, data: PreparedData): Provenance {
  const files = [data.train, ...data.evaluation].flatMap((split) => split.files);
  return {
    weights: { path: encoder.weightsFile, sha256: encoder.weightsSha256 },
    tokenizer: { sha256: tokenizer.fingerprint },
    data: [...new Map(files.map((file) => [file.path, file])).values()],
  };
}

function adapterMetadata(experiment: Experiment, encoder: PretrainedEncoder): Record<string, string> {
  return {
    task: experiment.task.name,
    method: JSON.stringify(experiment.method),
    encoder: experiment.encoder.source,
    encoderSha256: encoder.weightsSha256,
  };
}

function majorityScores(task: Task, { evaluation, train }: PreparedData): RunResult["majority"] {
  return Object.fromEntries(
    evaluation.map(({ encoded, name }) => [
      name,
      majorityScore(task.metrics, encoded.labels, train.encoded.labels, task.labels.length),
    ]),
  );
}

