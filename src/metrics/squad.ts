// Scores of predicted answers to SQuAD's questions, defined as in its official scripts (evaluate-v1.1.py, evaluate-v2.0.py) to
// the last character, where Python and JavaScript disagree on Unicode as Python has it. All are fractions, never percent.
import { invariant } from "../errors.ts";

/** Which official script's rules. They differ in empty answers only; see `scoredTruths` and `f1Of`. */
export type SquadVersion = "1.1" | "2.0";

/** The part of a question that scores need. */
export interface AnsweredQuestion {
  /** None where the context has no answer (SQuAD 2.0). */
  answers: readonly { text: string }[];
}

/** What every question scored, 0 to 1, in their order. */
export interface SpanScores {
  exactMatch: number[];
  f1: number[];
}

type Summary = (scores: SpanScores, hasAnswer: readonly boolean[]) => number;

/** Every metric by the name that configs, result.json and tables use. Where there is no question to average over: 0. */
const summaries = {
  f1: ({ f1 }) => mean(f1),
  exactMatch: ({ exactMatch }) => mean(exactMatch),
  hasAnswerF1: ({ f1 }, hasAnswer) => mean(f1.filter((_, i) => hasAnswer[i])),
  hasAnswerExactMatch: ({ exactMatch }, hasAnswer) =>
    mean(exactMatch.filter((_, i) => hasAnswer[i])),
  noAnswerAccuracy: ({ exactMatch }, hasAnswer) => mean(exactMatch.filter((_, i) => !hasAnswer[i])),
} as const satisfies Record<string, Summary>;

export type SpanMetricName = keyof typeof summaries;

/** The named metrics of one predicted answer per question, "" for no answer, and what each question scored. */
export function spanMetrics(
  names: readonly SpanMetricName[],
  predictions: readonly string[],
  questions: readonly AnsweredQuestion[],
  version: SquadVersion,
): { metrics: Record<string, number>; scores: SpanScores } {
  invariant(
    predictions.length === questions.length,
    `${predictions.length} predictions for ${questions.length} questions`,
  );
  const scores: SpanScores = { exactMatch: [], f1: [] };
  for (const [i, { answers }] of questions.entries()) {
    const truths = answers.map(({ text }) => text);
    scores.exactMatch.push(exactMatchOf(predictions[i], truths, version));
    scores.f1.push(f1Of(predictions[i], truths, version));
  }
  const hasAnswer = questions.map(({ answers }) => answers.length > 0);
  const metrics = Object.fromEntries(
    names.map((name) => [name, summaries[name](scores, hasAnswer)]),
  );
  return { metrics, scores };
}

/** 1 if the prediction is one of the true answers once both are normalised, else 0. */
export function exactMatchOf(
  prediction: string,
  truths: readonly string[],
  version: SquadVersion,
): number {
  const normalised = normaliseAnswer(prediction);
  return scoredTruths(truths, version).some((truth) => normaliseAnswer(truth) === normalised)
    ? 1
    : 0;
}

/**
 * The F1 of the prediction's words and those of the true answer that suits it best, counting repeated words. Two answers
 * without a word agree (1) by the rules of 2.0 and have nothing in common (0) by those of 1.1.
 */
export function f1Of(prediction: string, truths: readonly string[], version: SquadVersion): number {
  const predicted = wordsOf(prediction);
  const scores = scoredTruths(truths, version).map((truth) => {
    const words = wordsOf(truth);
    if (version === "2.0" && words.length + predicted.length === 0) return 1;
    return wordF1(predicted, words);
  });
  return Math.max(0, ...scores);
}

/**
 * Lower case, without ASCII punctuation, without the articles, single spaces. A word ends where Python says so: at a combining
 * mark, for one, so that of "á" written as two characters only the accent is left.
 */
export function normaliseAnswer(answer: string): string {
  return wordsOf(answer).join(" ");
}

function wordsOf(answer: string): string[] {
  return answer
    .toLowerCase()
    .replace(punctuation, "")
    .replace(articles, " ")
    .split(whiteSpace)
    .filter((word) => word !== "");
}

const punctuation = /[!-/:-@[-`{-~]/g; // string.punctuation
const articles = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu; // Python's \w, on which its \b rests
// str.split(): unlike \s with the separators U+001C to U+001F and U+0085, and without the byte-order mark.
// oxlint-disable-next-line no-control-regex
const whiteSpace = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** By the rules of 2.0 an answer of nothing but articles and punctuation is none, and no answer is the answer "". */
function scoredTruths(truths: readonly string[], version: SquadVersion): readonly string[] {
  if (version === "1.1") return truths;
  const proper = truths.filter((truth) => wordsOf(truth).length > 0);
  return proper.length > 0 ? proper : [""];
}

function wordF1(predicted: readonly string[], truth: readonly string[]): number {
  const left = new Map<string, number>();
  for (const word of truth) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of predicted) {
    const count = left.get(word) ?? 0;
    if (count > 0) common++;
    left.set(word, count - 1);
  }
  if (common === 0) return 0;
  const precision = common / predicted.length;
  const recall = common / truth.length;
  return (2 * precision * recall) / (precision + recall);
}

/** What a search for the best threshold goes through, each in the order of the questions. */
export interface ThresholdSearch {
  /** The score of no answer minus that of the best span. */
  nullDifferences: ArrayLike<number>;
  /** The best spans, whatever the score of no answer. */
  predictions: readonly string[];
  /** What these score: exact matches or F1. */
  scores: readonly number[];
  questions: readonly AnsweredQuestion[];
}

/**
 * The threshold with the best mean score if every question whose null difference exceeds it were left unanswered, and that
 * score: best_f1 and best_f1_thresh of evaluate-v2.0.py, or best_exact and best_exact_thresh. As there, of equally good ones
 * the lowest, 0 where answering nothing is best, and of questions with the same null difference some may be taken without
 * the others. Chosen on the questions it is scored on, hence an upper bound.
 */
export function bestThreshold(search: ThresholdSearch): { threshold: number; score: number } {
  const { nullDifferences, predictions, questions, scores } = search;
  const order = questions
    .map((_, i) => i)
    .toSorted((a, b) => nullDifferences[a] - nullDifferences[b]);
  // Starts with no question answered and answers one after the other.
  let total = questions.filter(({ answers }) => answers.length === 0).length;
  let best = { threshold: 0, total };
  for (const i of order) {
    if (questions[i].answers.length > 0) total += scores[i];
    else if (predictions[i] !== "") total--;
    if (total > best.total) best = { threshold: nullDifferences[i], total };
  }
  return { threshold: best.threshold, score: ratio(best.total, questions.length) };
}

function mean(values: readonly number[]): number {
  return ratio(
    values.reduce((sum, value) => sum + value, 0),
    values.length,
  );
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}
