// From the start and end logits of a question's windows to its answer, as Hugging Face's run_qa.py chooses it. Differs from
// google-research's run_squad.py in having no max-context filter and in quoting the context instead of rebuilding the words.
import type { EncodedSplit } from "../data/encode.ts";
import { invariant } from "../errors.ts";

export interface SpanDecoding {
  /** Best starts and ends that are combined in each window, and answers that are kept for each question. */
  nBest: number;
  /** In tokens. */
  maxAnswerLength: number;
  /** The null difference above which a question is left unanswered; undefined where every question has an answer. */
  nullThreshold?: number;
}

/** An answer in the words of its context, or none. */
export interface SpanAnswer {
  /** "" for no answer. */
  text: string;
  /** Where it begins in the context, in UTF-16 code units; 0 for no answer. */
  start: number;
  /** One past its last code unit; 0 for no answer. */
  end: number;
  /** Probability among the question's candidates: softmax of their summed logits. */
  score: number;
  /** The question's score of no answer minus that of its best span; where no span is possible, minus 0. */
  nullDifference: number;
}

/** Takes the logits of windows in any order; of them it keeps the best candidates only. */
export interface SpanDecoder {
  /** `logits` (T, 2): start and end logit of each token of the window, without padding. Once for each window. */
  add(window: number, logits: Float32Array): void;
  /** The chosen answer of every question, in their order. Needs all windows. */
  answers(): SpanAnswer[];
  /** A question's most probable answers, best first: about `nBest`, and with a threshold always no answer among them. */
  candidates(question: number): SpanAnswer[];
}

/** A span by its first and last token, indices into the split's `ids`. Those of earlier windows are lower. */
interface Candidate {
  /** Sum of the start and the end logit. */
  score: number;
  first: number;
  last: number;
}

/** Stands for no answer among the candidates. */
const NONE = -1;

/** A decoder of a span task's split. Equal scores are told apart by window and token, the first ones win. */
export function createSpanDecoder(split: EncodedSplit, decoding: SpanDecoding): SpanDecoder {
  const { offsets, spans } = split;
  invariant(spans, "a split without questions has no spans to decode");
  const { questions, questionOf, starts, ends } = spans;
  const best: Candidate[][] = questions.map(() => []);
  const nullScores = new Float64Array(questions.length).fill(Infinity);
  let numAdded = 0;

  const candidates = (question: number): SpanAnswer[] => {
    const { context } = questions[question];
    const nullDifference = nullScores[question] - (best[question][0]?.score ?? 0);
    const ranked = withNone(best[question], nullScores[question], decoding);
    return softmax(ranked.map(({ score }) => score)).map((score, i) => {
      const { first, last } = ranked[i];
      const [start, end] = first === NONE ? [0, 0] : [starts[first], ends[last]];
      return { text: context.slice(start, end), start, end, score, nullDifference };
    });
  };

  return {
    add(window, logits) {
      const [from, to] = [offsets[window], offsets[window + 1]];
      invariant(
        logits.length === 2 * (to - from),
        `${logits.length} logits for the ${to - from} tokens of window ${window}`,
      );
      const question = questionOf[window];
      nullScores[question] = Math.min(nullScores[question], logits[0] + logits[1]);
      keepBest(best[question], logits, starts.subarray(from, to), { from, ...decoding });
      numAdded++;
    },
    answers() {
      invariant(numAdded === split.count, `${numAdded} of ${split.count} windows were added`);
      return questions.map((_, question) => choose(candidates(question), decoding.nullThreshold));
    },
    candidates,
  };
}

/** Adds the spans of one window to the sorted candidates of its question, as far as they are among the best. */
function keepBest(
  candidates: Candidate[],
  logits: Float32Array,
  starts: Int32Array,
  { from, maxAnswerLength, nBest }: SpanDecoding & { from: number },
): void {
  const lasts = bestTokens(logits, 1, starts, nBest);
  for (const first of bestTokens(logits, 0, starts, nBest))
    for (const last of lasts) {
      if (last < first || last - first >= maxAnswerLength) continue;
      const score = logits[2 * first] + logits[2 * last + 1];
      insertRanked(candidates, { score, first: from + first, last: from + last }, nBest, precedes);
    }
}

function precedes(a: Candidate, b: Candidate): boolean {
  if (a.score !== b.score) return a.score > b.score;
  return a.first !== b.first ? a.first < b.first : a.last < b.last;
}

/**
 * The tokens of the context with the highest logits, best first. Differs from run_qa.py, where those of the question and of the
 * padding take part and are dropped afterwards, so that what is left depends on the padding and may be nothing.
 */
function bestTokens(logits: Float32Array, side: 0 | 1, starts: Int32Array, n: number): number[] {
  const best: number[] = [];
  const isHigher = (a: number, b: number) => logits[2 * a + side] > logits[2 * b + side];
  for (let token = 0; token < starts.length; token++) {
    // A diverged model's NaN has no rank.
    if (starts[token] < 0 || Number.isNaN(logits[2 * token + side])) continue;
    insertRanked(best, token, n, isHigher);
  }
  return best;
}

/** Puts the item where it belongs in the sorted list, of which only the first `limit` stay. */
function insertRanked<T>(
  list: T[],
  item: T,
  limit: number,
  isBefore: (a: T, b: T) => boolean,
): void {
  if (list.length === limit) {
    if (!isBefore(item, list[limit - 1])) return;
    list.pop();
  }
  let i = list.length;
  while (i > 0 && isBefore(item, list[i - 1])) i--;
  list.splice(i, 0, item);
}

/** The spans, and no answer in its place where it is allowed or all there is: among the `nBest`, or else one more. */
function withNone(
  spans: readonly Candidate[],
  nullScore: number,
  { nBest, nullThreshold }: SpanDecoding,
): readonly Candidate[] {
  if (nullThreshold === undefined && spans.length > 0) return spans;
  const numBetter = spans.filter(({ score }) => score >= nullScore).length;
  const none = { score: nullScore, first: NONE, last: NONE };
  return [...spans.slice(0, numBetter), none, ...spans.slice(numBetter, Math.max(1, nBest - 1))];
}

function choose(candidates: readonly SpanAnswer[], nullThreshold: number | undefined): SpanAnswer {
  const none = candidates.find(({ text }) => text === "");
  const span = candidates.find(({ text }) => text !== "");
  const unanswered = nullThreshold !== undefined && candidates[0].nullDifference > nullThreshold;
  return (unanswered ? none : span) ?? candidates[0];
}

function softmax(scores: readonly number[]): number[] {
  const highest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
