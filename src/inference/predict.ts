// What runs answer to texts: a class with the probabilities of all, a score, or a part of a context. One pass over the inputs for
// all runs: texts are tokenized once for those that read them alike, and every run answers before the next texts are read.
import { basename } from "node:path";
import { argmax } from "../answers/collect.ts";
import { createSpanDecoder, type SpanAnswer } from "../answers/spans.ts";
import { encodeSplit, type EncodedSplit } from "../data/encode.ts";
import { isSpan } from "../data/settings.ts";
import { encodeWindows } from "../data/windows.ts";
import { Interrupted } from "../errors.ts";
import type { TextInput } from "../text/tokenizer.ts";
import { predictAll } from "../train/evaluate.ts";
import { Pieces } from "../train/pieces.ts";
import type { OpenedRuns } from "./evaluate.ts";
import { formOf, type InputKeys, toInput } from "./inputs.ts";
import type { Row } from "./rows.ts";
import type { TrainedRun } from "./trained-run.ts";

/** A class, and the probability of each. */
export interface PredictedClass {
  label: string;
  /** In the order of the labels: a map, because an object would put names such as "2" and "1" into the order of numbers. */
  probabilities: ReadonlyMap<string, number>;
}

/** A score, in regression. */
export interface PredictedScore {
  score: number;
}

/** A part of the context. */
export interface PredictedSpan {
  /** "" where the answer is that there is none. */
  answer: string;
  /** Its probability among the candidates. */
  score: number;
  /** Where it begins and ends in the context, in Unicode characters as SQuAD's files count; null for no answer. */
  start: number | null;
  end: number | null;
}

export type Prediction = PredictedClass | PredictedScore | PredictedSpan;

/** Answers rows of inputs. */
export interface Answerer {
  /** How answers are told apart: tasks or, where several runs share one, run names. */
  names: readonly string[];
  /** Throws UserError naming the row unless all runs can read it. */
  check: (row: Row) => void;
  /** The answers to each row by the run's name. Throws UserError naming the row that cannot be read or answered. */
  answer(rows: readonly Row[]): Promise<Record<string, Prediction>[]>;
  /** Texts (of questions the question) that were cut to fit, so far; a text that several runs cut counts for each length once. */
  readonly numTruncated: number;
}

/** An answerer with all the runs. */
export function createAnswerer(opened: OpenedRuns, keys: InputKeys, signal: AbortSignal): Answerer {
  const { runs } = opened;
  const names = namesOf(runs);
  const readings = runs.map((run) => readingOf(run, keys));
  let numTruncated = 0;
  const answer = async (rows: readonly Row[]) => {
    const encoded = new Map<string, EncodedSplit>();
    const answers = rows.map((): Record<string, Prediction> => ({}));
    for (const [i, run] of runs.entries()) {
      const { key, read } = readings[i];
      const split = encoded.get(key) ?? (await read(opened, rows));
      if (!encoded.has(key)) numTruncated += split.truncated;
      encoded.set(key, split);
      const questionOf = split.spans?.questionOf;
      const placeOf = (example: number) => rows[questionOf?.[example] ?? example].place;
      const predictions = await predictSplit(opened, run, split, { signal, placeOf });
      for (const [row, prediction] of predictions.entries()) answers[row][names[i]] = prediction;
    }
    return answers;
  };
  return {
    names,
    check: (row) => {
      for (const { form } of readings) toInput(row, form);
    },
    answer,
    get numTruncated() {
      return numTruncated;
    },
  };
}

/**
 * The run's answer to every example, or question, in the order of the split. `placeOf` names an example, or a window, for messages.
 * Throws Interrupted when stopped, and NotFiniteError naming run and example.
 */
export async function predictSplit(
  { engine, models }: OpenedRuns,
  run: TrainedRun,
  split: EncodedSplit,
  {
    placeOf,
    ...options
  }: {
    signal: AbortSignal;
    onProgress?: (done: number, total: number) => void;
    placeOf: (example: number) => string;
  },
): Promise<Prediction[]> {
  const spans = run.scoring.spans && createSpanDecoder(split, run.scoring.spans);
  const predictions: Prediction[] = [];
  const done = await predictAll(models.of(run), split, {
    ...options,
    pieces: new Pieces(engine.preferredTokens),
    placeOf: (example) => `${placeOf(example)}: ${run.runDir}`,
    onOutputs: (i, outputs) => {
      if (spans) spans.add(i, outputs);
      else predictions[i] = toValue(run, outputs);
    },
  });
  if (done === null) throw new Interrupted("stopped; nothing was written");
  if (!spans) return predictions;
  return spans.answers().map((answer, i) => toSpan(answer, split.spans!.questions[i].context));
}

/** Texts as a split without labels. */
export function encodeTexts(
  { tokenizer }: Pick<OpenedRuns, "tokenizer">,
  { experiment: { task } }: TrainedRun,
  places: readonly string[],
  texts: readonly TextInput[],
): Promise<EncodedSplit> {
  const cacheDir = undefined;
  if (!isSpan(task)) {
    const examples = texts.map((text) => ({ ...text, label: 0 }));
    return encodeSplit(tokenizer, examples, { maxLength: task.maxLength, cacheDir });
  }
  const questions = texts.map(({ text: question, textPair: context = "" }, i) => {
    return { id: places[i], question, context, answers: [] };
  });
  return encodeWindows(tokenizer, questions, { ...task, cacheDir, keepSpans: true });
}

/** How a run reads rows; runs with the same `key` read the same. */
function readingOf(run: TrainedRun, keys: InputKeys) {
  const { task } = run.experiment;
  const form = formOf(run, keys);
  const { maxLength } = task;
  const lengths = isSpan(task) ? [maxLength, task.stride, task.maxQuestionLength] : [maxLength];
  const read = (opened: OpenedRuns, rows: readonly Row[]) =>
    encodeTexts(
      opened,
      run,
      rows.map(({ place }) => place),
      rows.map((row) => toInput(row, form)),
    );
  return { key: JSON.stringify([form, lengths]), form, read };
}

/** The task of each run; where several share one, the name of the run, and the path where that is not enough. */
export function namesOf(runs: readonly TrainedRun[]): string[] {
  const candidates = runs.map(({ experiment, runDir }) => [
    experiment.task.name,
    basename(runDir),
    runDir,
  ]);
  const isUnique = (name: string, level: number) =>
    candidates.filter((names) => names[level] === name).length === 1;
  return candidates.map((names) => names.find(isUnique) ?? names[2]);
}

function toValue({ head, labels }: TrainedRun, outputs: Float32Array): Prediction {
  if (head.kind === "regression") return { score: digits(outputs[0], 9) };
  const probabilities = softmax(outputs);
  return {
    label: labels[argmax(outputs)],
    probabilities: new Map(labels.map((label, i) => [label, digits(probabilities[i], 7)])),
  };
}

function toSpan({ end, score, start, text }: SpanAnswer, context: string): PredictedSpan {
  const isNone = text === "";
  return {
    answer: text,
    score: digits(score, 7),
    start: isNone ? null : numCharacters(context, 0, start),
    end: isNone ? null : numCharacters(context, 0, start) + numCharacters(context, start, end),
  };
}

/** In double precision, like every sum of probabilities. */
function softmax(logits: Float32Array): number[] {
  const highest = logits.reduce((max, logit) => Math.max(max, logit), -Infinity);
  const weights = Array.from(logits, (logit) => Math.exp(logit - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Seven digits are more than float32 logits warrant; nine bring a float32 back exactly. */
function digits(value: number, precision: number): number {
  return Number(value.toPrecision(precision));
}

/** Unicode characters between two places in UTF-16 code units. */
function numCharacters(text: string, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; count++) i += text.codePointAt(i)! > 0xffff ? 2 : 1;
  return count;
}
