// Which spans are read from logits: as Hugging Face's run_qa.py has it (squad-spans.json names the script, which checks itself
// against transformers), and the edges that it leaves open.
import { describe, expect, test } from "vitest";
import { createSpanDecoder, type SpanAnswer, type SpanDecoding } from "../../src/answers/spans.ts";
import type { EncodedSplit } from "../../src/data/encode.ts";
import golden from "../golden/squad-spans.json" with { type: "json" };

interface TestWindow {
  starts: number[];
  ends: number[];
  /** (T, 2). */
  logits: number[];
}

interface TestQuestion {
  context: string;
  windows: TestWindow[];
}

/** The split of these questions and the logits of each of its windows. */
function splitOf(questions: readonly TestQuestion[]) {
  const windows = questions.flatMap((question) => question.windows);
  const starts = Int32Array.from(windows.flatMap((window) => window.starts));
  const ends = Int32Array.from(windows.flatMap((window) => window.ends));
  const offsets = new Int32Array(windows.length + 1);
  for (const [i, window] of windows.entries()) offsets[i + 1] = offsets[i] + window.starts.length;
  const split: EncodedSplit = {
    ids: new Int32Array(starts.length),
    typeIds: new Uint8Array(starts.length),
    offsets,
    count: windows.length,
    truncated: 0,
    labels: new Float32Array(2 * windows.length),
    spans: {
      questions: questions.map(({ context }, i) => ({
        id: `${i}`,
        question: "",
        context,
        answers: [],
      })),
      questionOf: Int32Array.from(questions.flatMap((q, i) => q.windows.map(() => i))),
      starts,
      ends,
    },
  };
  return { split, logits: windows.map((window) => Float32Array.from(window.logits)) };
}

function decode(questions: readonly TestQuestion[], decoding: SpanDecoding, reversed = false) {
  const { logits, split } = splitOf(questions);
  const decoder = createSpanDecoder(split, decoding);
  const order = logits.map((_, window) => window);
  for (const window of reversed ? order.toReversed() : order) {
    decoder.add(window, logits[window]);
    logits[window].fill(NaN); // the decoder must not have kept them
  }
  return decoder;
}

/** One window over "red kettle": [CLS], a word of the question, [SEP], two of the context, [SEP]. */
function oneWindow(...logits: [start: number, end: number][]): TestQuestion {
  const window = { starts: [-1, -1, -1, 0, 4, -1], ends: [-1, -1, -1, 3, 10, -1] };
  return { context: "red kettle", windows: [{ ...window, logits: logits.flat() }] };
}

const texts = (answers: readonly SpanAnswer[]) => answers.map(({ text }) => text);

describe.each(golden.cases)("against run_qa.py: $name", ({ decoding, questions }) => {
  const inUnits = questions.map(({ context, windows }) => ({
    context,
    windows: windows.map((window) => ({
      ...window,
      logits: window.logits.map((logit) => logit / golden.unit),
    })),
  }));

  test.each([false, true])("the same answers, windows backwards: %s", (reversed) => {
    const answers = decode(inUnits, decoding, reversed).answers();
    expect(answers).toEqual(
      questions.map(({ answer, nullDifference }) => ({
        ...answer,
        score: expect.closeTo(answer.score, 12) as number,
        nullDifference,
      })),
    );
  });

  test("the same candidates", () => {
    const decoder = decode(inUnits, decoding);
    for (const [i, { candidates, nullDifference, numCandidates }] of questions.entries()) {
      const actual = decoder.candidates(i);
      expect(actual).toHaveLength(numCandidates);
      expect(actual.slice(0, candidates.length)).toEqual(
        candidates.map((candidate) => ({
          ...candidate,
          score: expect.closeTo(candidate.score, 12) as number,
          nullDifference,
        })),
      );
    }
  });
});

describe("edges", () => {
  const decoding = { nBest: 20, maxAnswerLength: 30 };

  test("tokens outside the context take no place among the best", () => {
    const question = oneWindow([9, 9], [9, 9], [9, 9], [1, 0], [0, 1], [9, 9]);
    expect(texts(decode([question], { ...decoding, nBest: 1 }).answers())).toEqual(["red kettle"]);
  });

  test("where the best end comes before the best start there is still no answer backwards", () => {
    const question = oneWindow([0, 0], [0, 0], [0, 0], [0, 5], [5, 0], [0, 0]);
    expect(texts(decode([question], decoding).candidates(0))).toEqual([
      "red",
      "kettle",
      "red kettle",
    ]);
    expect(texts(decode([question], { ...decoding, nBest: 1 }).answers())).toEqual([""]);
  });

  test("an empty context has no answer, and a finite null difference", () => {
    const windows = [{ starts: [-1, -1, -1], ends: [-1, -1, -1], logits: [1, 2, 3, 4, 5, 6] }];
    const [answer] = decode([{ context: "", windows }], decoding).answers();
    expect(answer).toEqual({ text: "", start: 0, end: 0, score: 1, nullDifference: 3 });
  });

  test.each([
    [1.5, "kettle"],
    [1.25, "kettle"],
    [1, ""],
  ])("a null difference of 1.25 against a threshold of %d", (nullThreshold, expected) => {
    const question = oneWindow([3.25, 3], [0, 0], [0, 0], [0, 0], [3, 2], [0, 0]);
    for (const nBest of [1, 20]) {
      const [answer] = decode([question], { ...decoding, nBest, nullThreshold }).answers();
      expect(answer).toMatchObject({ text: expected, nullDifference: 1.25 });
    }
  });

  test("without a threshold the null difference is known and without effect", () => {
    const question = oneWindow([9, 9], [0, 0], [0, 0], [0, 0], [1, 1], [0, 0]);
    expect(decode([question], decoding).answers()).toMatchObject([
      { text: "kettle", nullDifference: 16 },
    ]);
  });

  test("logits that are not numbers are no candidates", () => {
    const question = oneWindow([0, 0], [0, 0], [0, 0], [NaN, NaN], [1, 1], [0, 0]);
    expect(texts(decode([question], decoding).candidates(0))).toEqual(["kettle"]);
    const diverged = oneWindow(...Array.from({ length: 6 }, (): [number, number] => [NaN, NaN]));
    expect(texts(decode([diverged], { ...decoding, nullThreshold: 0 }).answers())).toEqual([""]);
  });

  test("answers need all windows, and windows all their logits", () => {
    const { logits, split } = splitOf([oneWindow([0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0])]);
    const decoder = createSpanDecoder(split, decoding);
    expect(() => decoder.answers()).toThrow("internal: 0 of 1 windows were added");
    expect(() => decoder.add(0, logits[0].subarray(2))).toThrow("internal: 10 logits for the 6");
  });
});
