// Finished runs in use: one encoder for all of them, and the scores of each on the splits of its task. Nothing is trained and
// nothing is written here.
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { isOwn, type TaskSettings } from "../data/settings.ts";
import type { DataSource } from "../data/task.ts";
import { ownFileTask } from "../data/own/own.ts";
import { openTask, outlineOf } from "../data/tasks.ts";
import type { Experiment } from "../config/schema.ts";
import type { Device } from "../device/devices.ts";
import { openEngine } from "../device/open.ts";
import type { Engine } from "../engine/engine.ts";
import { Interrupted, UserError } from "../errors.ts";
import { attempt, pathExists } from "../files.ts";
import { locateEncoder } from "../model/locate.ts";
import { loadEncoder, type PretrainedEncoder } from "../model/pretrained.ts";
import type { FloatTensor } from "../model/safetensors.ts";
import { type PreparedSplit, prepareSplit } from "../prepare.ts";
import { tryProvenance } from "../record/run-folder.ts";
import { loadTokenizer, type TextTokenizer } from "../text/tokenizer.ts";
import type { Report } from "../train/events.ts";
import { score, type Scores } from "../train/evaluate.ts";
import { Pieces } from "../train/pieces.ts";
import { Models } from "./models.ts";
import { applyThreshold, type BestThresholds, withoutThreshold } from "./threshold.ts";
import { checkAdapter, checkEncoder, readTrainedRun, type TrainedRun } from "./trained-run.ts";

/** A split, and why scores on it must not be compared with published ones. */
export type EvaluationData = PreparedSplit & { caveats: string[] };

/** Runs over one encoder, ready to answer. */
export interface OpenedRuns {
  /** In the order in which they were named. */
  runs: readonly TrainedRun[];
  encoder: PretrainedEncoder;
  tokenizer: TextTokenizer;
  models: Models;
  engine: Engine;
  /** Splits that were read, by what decides their content: several runs of a task share one. */
  splits: Map<string, Promise<EvaluationData>>;
  dispose(): Promise<void>;
}

/** What came of scoring a run on a split. */
export interface Evaluated extends Scores {
  split: string;
  caveats: string[];
  data: PreparedSplit;
  /** Of SQuAD 2.0: the thresholds that would have been best on this split. */
  bestThresholds?: BestThresholds;
}

/** How runs are opened. */
export interface OpenRunsOptions {
  /** Where the encoder is now; by default where the first run found it. */
  encoder?: string;
  /** By default the one that the first run was trained on. */
  device?: Device;
  /** Threads that compute one operation; all cores by default. */
  numThreads?: number;
  /** Whether adapter files may differ from those that were scored: for who examines them. */
  allowChanged?: boolean;
  report: Report;
}

/** What a run is scored on. */
export interface EvaluateOptions {
  /** `train` or one of the task's evaluation splits. */
  split: string;
  /**
   * The folder with the task's files, by default the run's own; or a file, of runs on the user's own data, that is read in place
   * of their evaluation file.
   */
  dataDir?: string;
  signal: AbortSignal;
  report: Report;
  /** In place of the run's own, of the same names and shapes. */
  parameters?: ReadonlyMap<string, FloatTensor>;
}

/**
 * Opens several runs over one encoder. Throws UserError for what is no finished run and, naming both SHA-256, where they were
 * trained on different encoders, the encoder has other weights now, or an adapter file is not the one that was scored.
 */
export async function openRuns(
  runDirs: readonly string[],
  { allowChanged = false, device, encoder: source, numThreads, report }: OpenRunsOptions,
): Promise<OpenedRuns> {
  const runs = runDirs.map(readTrainedRun);
  if (!allowChanged) for (const run of runs) checkAdapter(run);
  checkOneEncoder(runs);
  const { experiment } = runs[0];
  const encoder = await loadEncoder(locate(source ?? experiment.encoder.source));
  for (const text of encoder.notes) report({ type: "note", text });
  for (const run of runs) checkEncoder(run, encoder);
  const tokenizer = loadTokenizer(encoder.folder, encoder.shape);
  for (const text of tokenizer.notes) report({ type: "note", text });
  for (const run of runs) noteOtherTokenizer(run, tokenizer, report);
  const engine = await openEngine({ ...deviceOf(experiment, device, report), numThreads, report });
  const models = new Models(encoder, engine);
  const dispose = async () => {
    await models.dispose();
    await engine.dispose();
  };
  return { runs, encoder, tokenizer, models, engine, splits: new Map(), dispose };
}

/** What computes: as the run was trained, or on a device that was asked for, which need not have 16-bit floats. */
function deviceOf({ device, precision }: Experiment, asked: Device | undefined, report: Report) {
  if (asked === undefined) return { device, precision };
  if (precision !== undefined)
    report({
      type: "note",
      text: `trained with products in ${precision}: computing in float32, scores may differ by rounding`,
    });
  return { device: asked };
}

/** Scores one run on one split of its task. Throws Interrupted when stopped, and NotFiniteError naming the example. */
export async function evaluateRun(
  opened: OpenedRuns,
  run: TrainedRun,
  { parameters, ...options }: EvaluateOptions,
): Promise<Evaluated> {
  const { report, signal, split } = options;
  const data = await readSplit(opened, run, options);
  const onProgress = (done: number, total: number) =>
    report({ type: "progress", phase: "evaluate", done, total });
  const model = opened.models.of(run, parameters);
  const scores = await score(model, data.encoded, {
    title: `${run.runDir}: ${split}`,
    scoring: withoutThreshold(run.scoring),
    pieces: new Pieces(opened.engine.preferredTokens, report),
    signal,
    onProgress,
  });
  if (!scores) throw new Interrupted("stopped; nothing was written");
  return {
    ...applyThreshold(scores, data.encoded, run.scoring),
    split,
    caveats: data.caveats,
    data,
  };
}

/** The split of the run's task; several runs of one task share it. Throws UserError listing the splits where there is no such. */
export async function readSplit(
  { splits, tokenizer }: OpenedRuns,
  run: TrainedRun,
  { dataDir, report, split: name }: Omit<EvaluateOptions, "signal">,
): Promise<EvaluationData> {
  const { file, settings, source } = dataOf(run, dataDir);
  const { evaluationSplits } = outlineOf(settings);
  if (file !== undefined && !evaluationSplits.includes(name))
    throw new UserError(`split ${name}: --data names one file: expected ${evaluationSplits.join(" or ")}`, { hint: "leave --split out, or name the folder with the run's files" }); // prettier-ignore
  if (name !== "train" && !evaluationSplits.includes(name))
    throw new UserError(
      `split ${name}: ${settings.name} has no such split: expected ${[...evaluationSplits, "train"].join(", ")}`,
      { hint: "leave --split out to use the splits that the run was evaluated on" },
    );
  const key = JSON.stringify([settings, source, file, name]);
  const known = splits.get(key);
  if (known) return known;
  const task =
    file !== undefined && isOwn(settings)
      ? ownFileTask(settings, file)
      : openTask(settings, source);
  const options = { task, settings, name, keepSpans: true };
  const split = prepareSplit(options, source, tokenizer, report);
  splits.set(key, split);
  return split;
}

/** What a run read, from where it lies now. */
function dataOf(
  { experiment, labels }: TrainedRun,
  data: string | undefined,
): { settings: TaskSettings; source: DataSource; file?: string } {
  const { dataDir, seed, task } = experiment;
  const isFile = isFileGiven(data);
  const folder = isFile || data === undefined ? dataDir : data;
  const source = { dataDir: folder === undefined ? undefined : resolve(folder), seed };
  if (isFile && !isOwn(task))
    throw new UserError(
      `--data: ${data}: is a file, expected the folder with ${task.name}'s files`,
      {
        hint: "single files are for runs on your own data; a folder may hold other files by the same names",
      },
    );
  if (!isOwn(task)) return { settings: task, source };
  // The classes in the order of the head, whatever is in the files now; a config that lists them says what they are made of, too.
  const known = labels.length > 0 && !task.labels ? { ...task, labels: [...labels] } : task;
  return { settings: known, source, ...(isFile && { file: resolve(data) }) };
}

function isFileGiven(data: string | undefined): data is string {
  return data !== undefined && pathExists(data) && attempt(data, () => statSync(data).isFile());
}

function locate(source: string): string {
  try {
    return locateEncoder(source);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const hint =
      "an adapter needs the encoder that it was trained on: say where it is now with --encoder";
    throw new UserError(error.message, { hint, cause: error });
  }
}

function checkOneEncoder([first, ...others]: readonly TrainedRun[]): void {
  const other = others.find(({ result }) => result.encoderSha256 !== first.result.encoderSha256);
  if (!other) return;
  throw new UserError(
    `${other.runDir}: trained on an encoder of SHA-256 ${other.result.encoderSha256}: ${first.runDir} on one of ${first.result.encoderSha256}`,
    {
      hint: "runs that are used together share one encoder: give those of each encoder on their own",
    },
  );
}

function noteOtherTokenizer(
  { runDir }: TrainedRun,
  { fingerprint }: TextTokenizer,
  report: Report,
): void {
  const recorded = tryProvenance(runDir)?.tokenizer.sha256;
  if (recorded === fingerprint) return;
  const text =
    recorded === undefined
      ? `${runDir}: provenance.json is missing or damaged: whether tokenizer and data are those of the run is not known`
      : `${runDir}: trained with a tokenizer of SHA-256 ${recorded}: the encoder's has ${fingerprint}`;
  report({ type: "note", text });
}
