// A score of now beside the one that the run recorded, which it must equal on the same bytes; and what it answered, example by
// example.
import { basename } from "node:path";
import type { EncodedSplit } from "../data/encode.ts";
import { tryProvenance } from "../record/run-folder.ts";
import type { Evaluated } from "./evaluate.ts";
import type { TrainedRun } from "./trained-run.ts";

/** Scores of a split at the run's best evaluation. */
export interface RecordedScores {
  metrics: Readonly<Record<string, number>>;
  /** Whether the split's files have the bytes that the run read; null where its provenance.json does not say what it read. */
  isSameData: boolean | null;
}

/** What the run recorded of the split; undefined where it was not evaluated on it. */
export function recordedScores(
  { result: { best, evaluations }, runDir }: TrainedRun,
  { data, split }: Pick<Evaluated, "data" | "split">,
): RecordedScores | undefined {
  const recorded = evaluations.find(
    ({ split: name, step }) => name === split && step === best?.step,
  );
  if (!recorded) return undefined;
  const known = tryProvenance(runDir)?.data.map(({ sha256 }) => sha256);
  const isSameData = known ? data.files.every(({ sha256 }) => known.includes(sha256)) : null;
  return { metrics: recorded.metrics, isSameData };
}

/** A line for every example: the answer beside the truth, and for questions what the answer scored. */
export function listAnswers(run: TrainedRun, { answers, split }: Evaluated): object[] {
  const { experiment, labels, runDir } = run;
  const origin = { run: basename(runDir), task: experiment.task.name, split };
  if ("ids" in answers)
    return answers.ids.map((id, i) => ({
      ...origin,
      id,
      answer: answers.answers[i].text,
      exactMatch: answers.scores.exactMatch[i],
      f1: answers.scores.f1[i],
    }));
  const toWords = wordsFor(labels);
  return Array.from(answers.predictions, (prediction, example) => ({
    ...origin,
    example,
    expected: toWords(answers.labels[example]),
    predicted: toWords(prediction),
  }));
}

/** A line for every example or question: which one, and what is right. */
export function truthsOf(
  { labels }: TrainedRun,
  { count, labels: truths, spans }: EncodedSplit,
): object[] {
  if (spans)
    return spans.questions.map(({ answers, id }) => ({
      id,
      expected: answers.map(({ text }) => text),
    }));
  const toWords = wordsFor(labels);
  return Array.from({ length: count }, (_, example) => ({
    example,
    expected: toWords(truths[example]),
  }));
}

function wordsFor(labels: readonly string[]): (value: number) => string | number {
  return (value) => (labels.length > 0 ? labels[value] : Number(value.toPrecision(9)));
}
