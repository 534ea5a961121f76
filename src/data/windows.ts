// Questions on texts as windows `[CLS] question [SEP] part of the context [SEP]`: a context that does not fit is read in several
// parts, each of which repeats the last `stride` tokens of the one before. Reference: Hugging Face's run_qa.py, and the
// tokenizers' truncation "only_second", whose windows these are to the token.
import { UserError } from "../errors.ts";
import type { LocatedText, PairFrame, TextTokenizer } from "../text/tokenizer.ts";
import type { EncodedSplit, SpanTable } from "./encode.ts";
import type { Answer, Question } from "./task.ts";
import { encodeTexts, textOf } from "./texts.ts";

export interface WindowOptions {
  /** Of a window, in tokens, special ones included. */
  maxLength: number;
  /** Tokens of the context that neighbouring windows share. */
  stride: number;
  /** In tokens; what is longer is cut. */
  maxQuestionLength: number;
  /** Where encoded texts are remembered; undefined for nowhere. */
  cacheDir: string | undefined;
  /** Whether to keep what turns spans of tokens into answers. Training does not need it. */
  keepSpans: boolean;
  /** Told after every chunk of texts, and once at the end. */
  onProgress?: (done: number, total: number) => void;
}

/** The tokenizer's part in windows. */
export type WindowTokenizer = Pick<TextTokenizer, "fingerprint" | "locate" | "pairFrame"> &
  Partial<Pick<TextTokenizer, "check">>;

const SPECIAL_TOKENS = 3; // [CLS], [SEP] and [SEP]

/** A question and the part of its context that one window shows, both in tokens. */
interface Window {
  /** Index of the question. */
  index: number;
  question: Int32Array;
  /** The whole context. */
  context: LocatedText;
  /** The part: from this token up to and without that one. */
  from: number;
  to: number;
}

/**
 * The windows of all questions, in their order. The labels are the first and the last token of the question's first answer,
 * counted from the start of the window; 0, 0 ([CLS]) where there is none or it is not wholly in the window. Only tokens are
 * cached, so other windows of the same texts cost next to nothing. Throws UserError where `stride` leaves no way forward.
 */
export async function encodeWindows(
  tokenizer: WindowTokenizer,
  questions: readonly Question[],
  options: WindowOptions,
): Promise<EncodedSplit> {
  const frame = await tokenizer.pairFrame();
  const { contexts, contextOf } = distinctContexts(questions);
  const texts = [...contexts, ...questions.map(({ question }) => question)];
  const encoded = await encodeTexts(tokenizer, texts, options);
  let truncated = 0;
  const windows = questions.flatMap(({ id }, index) => {
    const question = textOf(encoded, contexts.length + index).ids;
    const context = textOf(encoded, contextOf[index]);
    if (question.length > options.maxQuestionLength) truncated++;
    const cut = question.subarray(0, options.maxQuestionLength);
    const parts = partsOf(id, context.ids.length, cut.length, options);
    return parts.map(([from, to]): Window => ({ index, question: cut, context, from, to }));
  });
  const tokens = layOut(windows, frame);
  tokenizer.check?.(tokens, (w) => questions[windows[w].index].question);
  return {
    ...tokens,
    truncated,
    labels: labelsOf(windows, questions),
    ...(options.keepSpans && { spans: placesOf(windows, questions, tokens) }),
  };
}

/** Each context once, and which one is whose. */
function distinctContexts(questions: readonly Question[]) {
  const indices = new Map<string, number>();
  const contextOf = questions.map(({ context }) => {
    const index = indices.get(context) ?? indices.size;
    indices.set(context, index);
    return index;
  });
  return { contexts: [...indices.keys()], contextOf };
}

/** From where to where the windows of a context of `length` tokens go; an empty context has one window as well. */
function partsOf(
  id: string,
  length: number,
  questionLength: number,
  { maxLength, stride }: WindowOptions,
): [from: number, to: number][] {
  const room = maxLength - questionLength - SPECIAL_TOKENS;
  if (length <= room) return [[0, length]];
  if (stride >= room) throw noWayForward(id, stride, room);
  const parts: [number, number][] = [];
  for (let from = 0; from + stride < length; from += room - stride)
    parts.push([from, Math.min(from + room, length)]);
  return parts;
}

function noWayForward(id: string, stride: number, room: number): UserError {
  const left = Math.max(room, 0);
  return new UserError(
    `task.stride: ${stride}: expected less than the ${left} tokens that question ${id} leaves for its context`,
    { hint: "set a lower task.stride or task.maxQuestionLength, or a higher task.maxLength" },
  );
}

/** The tokens of all windows in flat arrays. */
function layOut(
  windows: readonly Window[],
  { cls, sep }: PairFrame,
): Omit<EncodedSplit, "labels" | "truncated"> {
  const offsets = new Int32Array(windows.length + 1);
  for (const [w, { question, from, to }] of windows.entries())
    offsets[w + 1] = offsets[w] + question.length + to - from + SPECIAL_TOKENS;
  const ids = new Int32Array(offsets[windows.length]);
  const typeIds = new Uint8Array(ids.length);
  for (const [w, window] of windows.entries()) {
    const begin = offsets[w];
    const end = offsets[w + 1];
    const context = begin + contextStart(window);
    ids[begin] = cls;
    ids.set(window.question, begin + 1);
    ids[context - 1] = sep;
    ids.set(window.context.ids.subarray(window.from, window.to), context);
    ids[end - 1] = sep;
    typeIds.fill(1, context, end);
  }
  return { ids, typeIds, offsets, count: windows.length };
}

/** Where the context begins in the window: behind [CLS], the question and [SEP]. */
function contextStart({ question }: Window): number {
  return question.length + 2;
}

/** (count, 2): the first and the last token of the answer in each window. */
function labelsOf(windows: readonly Window[], questions: readonly Question[]): Float32Array {
  const labels = new Float32Array(2 * windows.length);
  for (const [w, window] of windows.entries()) {
    const { context, from, index, to } = window;
    const [answer] = questions[index].answers;
    const span = answer?.text && tokensOf(answer, context);
    if (!span || span.first < from || span.last >= to) continue;
    labels[2 * w] = contextStart(window) + span.first - from;
    labels[2 * w + 1] = contextStart(window) + span.last - from;
  }
  return labels;
}

/** The tokens that share a character with the answer; undefined where none does, as with characters the tokenizer drops. */
function tokensOf(
  { start, text }: Answer,
  { starts, ends }: LocatedText,
): { first: number; last: number } | undefined {
  const first = countBelow(ends, start + 1);
  const last = countBelow(starts, start + text.length) - 1;
  return first <= last ? { first, last } : undefined;
}

/** How many of the ascending values are below `limit`. */
function countBelow(values: Int32Array, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where each token of a context stands in it. */
function placesOf(
  windows: readonly Window[],
  questions: readonly Question[],
  { ids, offsets }: Pick<EncodedSplit, "ids" | "offsets">,
): SpanTable {
  const starts = new Int32Array(ids.length).fill(-1);
  const ends = new Int32Array(ids.length).fill(-1);
  for (const [w, window] of windows.entries()) {
    const { context, from, to } = window;
    const begin = offsets[w] + contextStart(window);
    starts.set(context.starts.subarray(from, to), begin);
    ends.set(context.ends.subarray(from, to), begin);
  }
  return { questions, questionOf: Int32Array.from(windows, ({ index }) => index), starts, ends };
}
