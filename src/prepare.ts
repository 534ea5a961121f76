// What an experiment needs before it can train: encoder, tokenizer and data, read, checked against each other and hashed.
import { resolve } from "node:path";
import type { Provenance } from "./record/run-folder.ts";
import type { Experiment } from "./config/schema.ts";
import { defaultCacheDir } from "./data/cache.ts";
import { type EncodedSplit, encodeSplit } from "./data/encode.ts";
import type { Task } from "./data/task.ts";
import { UserError } from "./errors.ts";
import { locateEncoder } from "./model/locate.ts";
import { loadEncoder, type PretrainedEncoder } from "./model/pretrained.ts";
import type { EncoderShape } from "./model/shape.ts";
import { loadTokenizer, type TextTokenizer } from "./text/tokenizer.ts";
import type { Report } from "./train/events.ts";

/** A split, read and tokenized. */
export interface PreparedSplit {
  name: string;
  encoded: EncodedSplit;
  files: { path: string; sha256: string }[];
}

export interface PreparedData {
  train: PreparedSplit;
  evaluation: PreparedSplit[];
}

/** The pretrained encoder, with the dropout that the experiment asks for. Throws UserError where texts may be longer than it reads. */
export async function prepareEncoder(
  experiment: Experiment,
  report: Report,
): Promise<PretrainedEncoder> {
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

/** The encoder's tokenizer. Throws UserError where it belongs to another checkpoint. */
export function prepareTokenizer(encoder: PretrainedEncoder): TextTokenizer {
  const tokenizer = loadTokenizer(encoder.folder);
  if (tokenizer.vocabSize > encoder.shape.vocabSize)
    throw new UserError(
      `${encoder.folder}: a vocabulary of ${tokenizer.vocabSize} tokens: expected at most the embedding table's ${encoder.shape.vocabSize} rows`,
      {
        hint: "the tokenizer belongs to another checkpoint: copy the one that came with these weights",
      },
    );
  return tokenizer;
}

/** Every split of the task, read and tokenized. */
export async function prepareData(
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
    return {
      name,
      files,
      encoded: await encodeSplit(tokenizer, examples, { maxLength, cacheDir, onProgress }),
    };
  };
  const prepared = { train: await prepare("train"), evaluation: [] as PreparedSplit[] };
  for (const name of task.evaluationSplits) prepared.evaluation.push(await prepare(name));
  return prepared;
}

/** The bytes the experiment depends on, by hash. */
export function describeInputs(
  encoder: PretrainedEncoder,
  tokenizer: TextTokenizer,
  data: PreparedData,
): Provenance {
  const files = [data.train, ...data.evaluation].flatMap((split) => split.files);
  return {
    weights: { path: encoder.weightsFile, sha256: encoder.weightsSha256 },
    tokenizer: { sha256: tokenizer.fingerprint },
    data: [...new Map(files.map((file) => [file.path, file])).values()],
  };
}
