// What an experiment needs before it can train: encoder, tokenizer and data, read, checked against each other and hashed.
import { resolve } from "node:path";
import type { Provenance } from "./record/run-folder.ts";
import type { Experiment } from "./config/schema.ts";
import { type EncodedSplit, encodeSplit } from "./data/encode.ts";
import { isSpan, type TaskSettings } from "./data/settings.ts";
import type { DataSource, Loaded, Task } from "./data/task.ts";
import { openTask } from "./data/tasks.ts";
import { encodeWindows } from "./data/windows.ts";
import { invariant, UserError } from "./errors.ts";
import { cacheFolder } from "./folders.ts";
import { locateEncoder } from "./model/locate.ts";
import { loadEncoder, type PretrainedEncoder } from "./model/pretrained.ts";
import type { EncoderShape } from "./model/shape.ts";
import { loadTokenizer, type TextTokenizer } from "./text/tokenizer.ts";
import type { Report } from "./train/events.ts";

/** A split, read and tokenized. */
export interface PreparedSplit {
  name: string;
  encoded: EncodedSplit;
  files: Loaded["files"];
}

export interface PreparedData {
  task: Task;
  train: PreparedSplit;
  evaluation: PreparedSplit[];
  /** Why the scores must not be compared with published ones. */
  caveats: string[];
}

/** Everything that is read before an experiment can run. */
export interface Inputs {
  encoder: PretrainedEncoder;
  tokenizer: TextTokenizer;
  data: PreparedData;
}

/** Reads what an experiment needs. */
export type Reader = (experiment: Experiment, report: Report) => Promise<Inputs>;

/**
 * A reader that remembers what it has read: the last encoder, and every task's tokens. A sweep reads each file once per
 * process that way.
 */
export function createReader(): Reader {
  let last: { source: string; encoder: PretrainedEncoder; tokenizer: TextTokenizer } | undefined;
  const datasets = new Map<string, PreparedData>();
  return async (experiment, report) => {
    const { dataDir, encoder: settings, seed, task } = experiment;
    if (last?.source !== settings.source) {
      const encoder = await readEncoder(settings.source, report);
      last = { source: settings.source, encoder, tokenizer: readTokenizer(encoder, report) };
      datasets.clear();
    }
    const { tokenizer } = last;
    const encoder = withSettings(last.encoder, experiment);
    const source = { dataDir: dataDir === undefined ? undefined : resolve(dataDir), seed };
    const keyFor = (bySeed: boolean) => JSON.stringify([task, dataDir, bySeed && seed]);
    const known = datasets.get(keyFor(false)) ?? datasets.get(keyFor(true));
    const data = known ?? (await prepareData(task, source, tokenizer, report));
    datasets.set(keyFor(data.task.isSplitBySeed), data);
    return { encoder, tokenizer, data };
  };
}

async function readEncoder(source: string, report: Report): Promise<PretrainedEncoder> {
  const encoder = await loadEncoder(locateEncoder(source));
  for (const text of encoder.notes) report({ type: "note", text });
  return encoder;
}

/** The encoder with the experiment's dropout. Throws UserError where texts may be longer than it reads. */
function withSettings(
  encoder: PretrainedEncoder,
  { encoder: { dropout }, task: { maxLength } }: Experiment,
): PretrainedEncoder {
  checkLength(maxLength, encoder.shape);
  if (dropout === undefined) return encoder;
  const shape = { ...encoder.shape, hiddenDropout: dropout, attentionDropout: dropout };
  return { ...encoder, shape };
}

function checkLength(maxLength: number, { maxPositions }: EncoderShape): void {
  if (maxLength > maxPositions)
    throw new UserError(
      `task.maxLength: ${maxLength}: expected at most the encoder's ${maxPositions} positions`,
      { hint: `set task.maxLength: ${maxPositions} or less` },
    );
}

/** The encoder's tokenizer. Throws UserError where it belongs to another checkpoint. */
function readTokenizer({ folder, shape }: PretrainedEncoder, report: Report): TextTokenizer {
  const tokenizer = loadTokenizer(folder, shape);
  for (const text of tokenizer.notes) report({ type: "note", text });
  return tokenizer;
}

/** Every split of the task, read and tokenized. */
async function prepareData(
  settings: TaskSettings,
  source: DataSource,
  tokenizer: TextTokenizer,
  report: Report,
): Promise<PreparedData> {
  const task = openTask(settings, source);
  const caveats: string[] = [];
  const prepare = async (name: string): Promise<PreparedSplit> => {
    const split = await prepareSplit({ task, settings, name }, source, tokenizer, report);
    caveats.push(...split.caveats);
    return split;
  };
  const train = await prepare("train");
  const evaluation: PreparedSplit[] = [];
  for (const name of task.evaluationSplits) evaluation.push(await prepare(name));
  return { task, train, evaluation, caveats };
}

/** One split of the task, read and tokenized; spans can be decoded where it is not for training. */
export async function prepareSplit(
  {
    keepSpans,
    name,
    settings,
    task,
  }: { task: Task; settings: TaskSettings; name: string; keepSpans?: boolean },
  source: DataSource,
  tokenizer: TextTokenizer,
  report: Report,
): Promise<PreparedSplit & { caveats: string[] }> {
  const tell = ({ notes, caveats = [] }: Loaded) => {
    for (const text of [...notes, ...caveats]) report({ type: "note", text });
    return caveats;
  };
  const onProgress = (done: number, total: number) =>
    report({ type: "progress", phase: "tokenize", done, total });
  const options = { cacheDir: cacheFolder(), onProgress };
  if (task.kind === "span") {
    invariant(isSpan(settings), `${task.name} has no windows`);
    const loaded = task.load(name, source);
    const caveats = tell(loaded);
    const windows = { ...settings, ...options, keepSpans: keepSpans ?? name !== "train" };
    const encoded = await encodeWindows(tokenizer, loaded.questions, windows);
    return { name, files: loaded.files, encoded, caveats };
  }
  const loaded = task.load(name, source);
  const caveats = tell(loaded);
  const { maxLength } = settings;
  const encoded = await encodeSplit(tokenizer, loaded.examples, { maxLength, ...options });
  return { name, files: loaded.files, encoded, caveats };
}

/** The bytes the experiment depends on, by hash. */
export function describeInputs({ data, encoder, tokenizer }: Inputs): Provenance {
  const files = [data.train, ...data.evaluation].flatMap((split) => split.files);
  return {
    weights: { path: encoder.weightsFile, sha256: encoder.weightsSha256 },
    tokenizer: { sha256: tokenizer.fingerprint },
    data: [...new Map(files.map((file) => [file.path, file])).values()],
  };
}
