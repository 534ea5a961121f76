// The story of one experiment, from its settings to result.json.
import { withCleanup } from "./cleanup.ts";
import type { Experiment } from "./config/schema.ts";
import { majorityScores } from "./answers/majority.ts";
import { scoringOf } from "./answers/scoring.ts";
import { isOwn } from "./data/settings.ts";
import { numOutputsOf, type Task } from "./data/task.ts";
import { fileBytes } from "./files.ts";
import { openEngine } from "./device/open.ts";
import type { EngineName } from "./engine/create.ts";
import type { Engine } from "./engine/engine.ts";
import { peakMemory, resetPeakMemory } from "./memory.ts";
import type { Tuning } from "./methods/method.ts";
import { applyMethod } from "./methods/methods.ts";
import type { Head } from "./model/head.ts";
import { createReader, describeInputs, type Inputs, type Reader } from "./prepare.ts";
import { RESULT_VERSION, type Recorded, type TrainedResult } from "./record/result.ts";
import {
  begunOn,
  type OpenOptions,
  openRun,
  type RunFolder,
  software,
} from "./record/run-folder.ts";
import { adapterFile, removeState } from "./train/checkpoint.ts";
import type { Report } from "./train/events.ts";
import { countParameters } from "./train/ledger.ts";
import { Learner } from "./train/learner.ts";
import { Pieces } from "./train/pieces.ts";
import { bestOf, train, type TrainingOutcome } from "./train/trainer.ts";

export interface RunOptions extends OpenOptions {
  /** Threads that compute one operation, where the engine lets us choose; all cores by default. */
  numThreads?: number;
  /** The engine that `device: auto` takes if it works; that of an earlier session of the run goes before. */
  prefer?: EngineName;
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
  const { numThreads, report, read = createReader() } = options;
  resetPeakMemory();
  // Before anything is read: that a device cannot be had should not take minutes to hear.
  const prefer = begunOn(experiment, options) ?? options.prefer;
  const engine = await openEngine({
    ...experiment,
    numThreads,
    prefer,
    report,
    signal: options.signal,
  });
  const work = async () => {
    const inputs = await read(experiment, report);
    const tuning = applyMethod(inputs.encoder.shape, experiment.method);
    const provenance = { engine: engine.name, ...describeInputs(inputs) };
    const note = (text: string) => report({ type: "note", text });
    const folder = await openRun(experiment, provenance, { ...options, note });
    return withCleanup(
      () => runIn(folder, { inputs, tuning, engine }, options),
      () => folder.release(),
    );
  };
  return withCleanup(work, () => engine.dispose());
}

/** Runs the experiment in its open folder, to its result. */
async function runIn(
  folder: RunFolder,
  prepared: Prepared,
  options: RunOptions,
): Promise<Recorded<TrainedResult>> {
  options.report({ type: "note", text: `run folder: ${folder.path}` });
  const result = await learn(folder.begun, { ...prepared, folder }, options);
  folder.finish(result);
  removeState(folder.path);
  return { ...result, runDir: folder.path };
}

/** What a model is made of. */
interface Prepared {
  inputs: Inputs;
  tuning: Tuning;
  engine: Engine;
}

/** Trains in an open run folder and puts together what there is to say of it. */
async function learn(
  experiment: Experiment,
  { engine, folder, inputs, tuning }: Prepared & { folder: RunFolder },
  { report, signal }: RunOptions,
): Promise<TrainedResult> {
  const { data, encoder } = inputs;
  const { task } = data;
  const { guard, path: runDir } = folder;
  const scoring = scoringOf(task, experiment.task);
  const parameters = countParameters(encoder.shape, tuning, headOf(task));
  report({ type: "ledger", ledger: parameters });
  const learner = createLearner(experiment, { inputs, tuning, engine });
  const work = async (): Promise<TrainedResult> => {
    const outcome = await train({
      learner,
      metadata: adapterMetadata(experiment, inputs),
      settings: experiment,
      scoring,
      runDir,
      guard,
      train: data.train.encoded,
      evaluationSplits: data.evaluation.map(({ encoded, name }) => ({ name, data: encoded })),
      pieces: new Pieces(engine.preferredTokens, report),
      signal,
      report,
    });
    return {
      resultVersion: RESULT_VERSION,
      ...summarise(outcome),
      experiment,
      mainMetric: task.mainMetric,
      majority: Object.fromEntries(
        data.evaluation.map(({ encoded, name }) => [
          name,
          majorityScores(scoring, encoded, data.train.encoded.labels, task.labels.length),
        ]),
      ),
      ...(isOwn(experiment.task) && { labels: task.labels }),
      ...(data.caveats.length > 0 && { caveats: data.caveats }),
      parameters,
      adapterBytes: fileBytes(adapterFile(runDir)),
      ...outcome.state.best, // the hashes of its files
      encoderSha256: encoder.weightsSha256,
      engine: engine.description,
      software: software(),
      finishedAt: new Date().toISOString(),
    };
  };
  return withCleanup(work, () => learner.dispose());
}

/** The model of an experiment with its optimizer, before the first step. */
export function createLearner(
  { seed, training }: Experiment,
  { engine, inputs, tuning }: Prepared,
): Learner {
  const { shape, weights } = inputs.encoder;
  const head = headOf(inputs.data.task);
  return new Learner({ engine, shape, weights, tuning, head, optimizer: training, seed });
}

/** The head that a task needs. */
export function headOf(task: Task): Head {
  return { kind: task.kind, numOutputs: numOutputsOf(task) };
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
  { data, encoder }: Inputs,
): Record<string, string> {
  return {
    task: experiment.task.name,
    kind: data.task.kind,
    labels: JSON.stringify(data.task.labels),
    method: JSON.stringify(experiment.method),
    encoder: experiment.encoder.source,
    encoderSha256: encoder.weightsSha256,
  };
}
