import { beforeAll, describe, expect, test, vi } from "vitest";
import { UserError } from "../../src/errors.ts";
import { evaluateRun, openRuns } from "../../src/inference/evaluate.ts";
import { inChunks } from "../../src/inference/chunks.ts";
import { renderJsonl } from "../../src/inference/outputs.ts";
import {
  createAnswerer,
  namesOf,
  type PredictedClass,
  type PredictedSpan,
  type Prediction,
} from "../../src/inference/predict.ts";
import type { Row } from "../../src/inference/rows.ts";
import { openTask } from "../../src/data/tasks.ts";
import type { Example } from "../../src/data/task.ts";
import type { Recorded, TrainedResult } from "../../src/record/result.ts";
import { readPredictions, type ValuePredictions } from "../../src/train/predictions.ts";
import { temporaryFolders } from "../support/temp.ts";
import { writeTinyEncoder, writeTinyGlue } from "../support/tiny.ts";
import { type TinyInputs, trainTiny } from "../support/tiny-runs.ts";
import { writeTinySquad } from "../support/tiny-squad.ts";

const temporaryFolder = temporaryFolders();
const { signal } = new AbortController();
const report = () => {};

let inputs: TinyInputs;
let sst2: Recorded<TrainedResult>;
let stsb: Recorded<TrainedResult>;
let squad2: Recorded<TrainedResult>;
beforeAll(async () => {
  const dataDir = writeTinySquad(writeTinyGlue(temporaryFolder()), "2.0");
  const encoder = writeTinyEncoder(temporaryFolder());
  inputs = { encoder, dataDir, outDir: temporaryFolder() };
  vi.stubEnv("PEFT_CACHE", temporaryFolder());
  sst2 = await trainTiny(inputs);
  stsb = await trainTiny(inputs, { task: { name: "stsb", maxLength: 24 } });
  const windows = { maxLength: 20, stride: 4, maxQuestionLength: 6, maxAnswerLength: 4 };
  squad2 = await trainTiny(inputs, { task: { name: "squad2", ...windows } });
  return () => vi.unstubAllEnvs();
}, 60_000);

const toRows = (values: readonly Row["values"][]): Row[] =>
  values.map((one, i) => ({ place: `in.jsonl:${i + 1}`, values: one }));

/** The answers of these runs to these inputs, and how many texts were cut. */
async function predict(runDirs: readonly string[], values: readonly Row["values"][], keys = {}) {
  const opened = await openRuns(runDirs, { report });
  try {
    const answerer = createAnswerer(opened, keys, signal);
    const answers = await answerer.answer(toRows(values));
    return { answers, numTruncated: answerer.numTruncated };
  } finally {
    await opened.dispose();
  }
}

/** The dev set's texts under the keys of inputs, as `peft predict --input` would get them. */
function devTexts(name: "sst2" | "stsb"): Row["values"][] {
  const task = openTask({ name, maxLength: 16 }, { dataDir: inputs.dataDir, seed: 0 });
  const { examples } = task.load("dev", { dataDir: inputs.dataDir, seed: 0 }) as { examples: Example[] }; // prettier-ignore
  return examples.map(({ text, textPair }) => ({ text, ...(textPair !== undefined && { pair: textPair }) })); // prettier-ignore
}

const predictionsOf = ({ runDir }: { runDir: string }) =>
  readPredictions(runDir)!.dev as ValuePredictions;

describe("the dev set's texts are answered as the run recorded", () => {
  test("classes, with probabilities that give the recorded loss", async () => {
    const { answers } = await predict([sst2.runDir], devTexts("sst2"));
    const classes = answers.map((answer) => answer.sst2 as PredictedClass);
    const { labels, predictions } = predictionsOf(sst2);
    const names = ["negative", "positive"];
    expect(classes.map(({ label }) => names.indexOf(label))).toEqual(predictions);
    const logs = classes.map(({ probabilities }, i) =>
      Math.log(probabilities.get(names[labels[i]])!),
    );
    const loss = -logs.reduce((sum, log) => sum + log, 0) / logs.length;
    expect(loss).toBeCloseTo(sst2.best!.loss, 5);
    for (const { label, probabilities } of classes) {
      expect([...probabilities.keys()]).toEqual(names);
      const all = [...probabilities.values()];
      expect(all[0] + all[1]).toBeCloseTo(1, 6);
      expect(probabilities.get(label)).toBe(Math.max(...all));
    }
  });

  test("scores", async () => {
    const { answers } = await predict([stsb.runDir], devTexts("stsb"));
    const scores = answers.map((answer) => (answer.stsb as { score: number }).score);
    expect(scores).toEqual(predictionsOf(stsb).predictions);
  });
});

test("spans are places in characters of the context, and no answer has none", async () => {
  const contexts = [
    "\u{1f3a5}\u{1f3a5} the cat sat and a film ran home very long not good",
    "a dog \u{1f3a5}",
  ];
  const questions = ["was cat good", "was dog bad", "a long home"];
  const values = contexts.flatMap((context) =>
    questions.map((question) => ({ question, context })),
  );
  const { answers } = await predict([squad2.runDir], values);
  const spans = answers.map((answer) => answer.squad2 as PredictedSpan);
  for (const [i, { answer, end, score, start }] of spans.entries()) {
    const quoted = start === null ? "" : Array.from(values[i].context).slice(start, end!).join(""); // prettier-ignore
    expect({ quoted, hasEnd: end !== null }).toEqual({ quoted: answer, hasEnd: answer !== "" });
    expect(score).toBeGreaterThan(0);
    expect(score).toBeLessThanOrEqual(1);
  }
  expect(spans.some(({ start }) => start !== null)).toBe(true);
  const other = await predict(
    [squad2.runDir],
    values.map(({ context, question }) => ({ pair: context, text: question })),
  );
  expect(other.answers).toEqual(answers);
});

describe("several runs in one pass", () => {
  const values = ["good", "bad film very long home", "a cat sat"].map((text) => ({
    text,
    pair: "the dog ran home",
  }));

  test("answer what each answers alone, under the names of their tasks", async () => {
    const together = await predict([sst2.runDir, stsb.runDir, squad2.runDir], values);
    const alone: Record<string, Prediction>[] = values.map(() => ({}));
    for (const { runDir } of [sst2, stsb, squad2]) {
      const { answers } = await predict([runDir], values);
      for (const [i, answer] of answers.entries()) Object.assign(alone[i], answer);
    }
    expect(together.answers).toEqual(alone);
    expect(Object.keys(together.answers[0])).toEqual(["sst2", "stsb", "squad2"]);
  });

  test("of one task are told apart by their names", async () => {
    const second = await trainTiny(inputs, { seed: 1 });
    const opened = await openRuns([sst2.runDir, second.runDir, stsb.runDir], { report });
    const names = namesOf(opened.runs);
    await opened.dispose();
    expect(names[0]).toMatch(/^sst2-houlsby-4-seed0-/);
    expect(names[1]).toMatch(/^sst2-houlsby-4-seed1-/);
    expect(names[2]).toBe("stsb");
  });
});

test("the order of inputs is that of answers, whatever they are batched with", async () => {
  const texts = devTexts("sst2");
  const { answers } = await predict([sst2.runDir], texts);
  const backwards = await predict([sst2.runDir], texts.toReversed());
  expect(backwards.answers).toEqual(answers.toReversed());
  expect(new Set(answers.map((answer) => renderJsonl([answer]))).size).toBeGreaterThan(1);
});

test("rows are answered in groups of bounded size", async () => {
  async function* rows(count: number, length: number) {
    for (const row of toRows(Array.from({ length: count }, () => ({ text: "x".repeat(length) }))))
      yield row;
  }
  const sizes = async (count: number, length: number) => {
    const chunks: number[] = [];
    for await (const chunk of inChunks(rows(count, length))) chunks.push(chunk.length);
    return chunks;
  };
  expect(await sizes(1200, 10)).toEqual([512, 512, 176]);
  expect(await sizes(7, 2 ** 20)).toEqual([4, 3]);
});

test("rows that are followed by none for a moment are answered, and those before a bad one", async () => {
  const [first, second, bad] = toRows([{ text: "a" }, { text: "b" }, { text: "" }]);
  let goOn = () => {};
  async function* rows() {
    yield first;
    await new Promise<void>((resolve) => (goOn = resolve));
    yield second;
    yield bad;
  }
  const error = new UserError("in.jsonl:3: bad");
  const check = (row: Row) => {
    if (row === bad) throw error;
  };
  const chunks = inChunks(rows(), check);
  expect((await chunks.next()).value).toEqual([first]);
  goOn();
  expect((await chunks.next()).value).toEqual([second]);
  await expect(chunks.next()).rejects.toBe(error);
});

test("a reader that leaves does not wait for rows that never come", async () => {
  async function* rows() {
    yield* toRows([{ text: "a" }]);
    await new Promise(() => {});
  }
  for await (const chunk of inChunks(rows())) {
    expect(chunk).toHaveLength(1);
    break;
  }
});

test("a text of a megabyte is cut, and counted once for all runs that cut it alike", async () => {
  const second = await trainTiny(inputs, { seed: 2 });
  const long = { text: "very long film ".repeat(70_000) };
  const { answers, numTruncated } = await predict([sst2.runDir, second.runDir], [long, { text: "good" }]); // prettier-ignore
  expect(numTruncated).toBe(1);
  const cut = await predict([sst2.runDir], [{ text: "very long film ".repeat(10) }]);
  expect(cut.answers[0].sst2).toEqual(answers[0][Object.keys(answers[0])[0]]);
});

describe("refuses", () => {
  test.each<[Row["values"], string]>([
    [{ sentence: "a", label: 1 }, 'in.jsonl:1: no "text": found "sentence", "label"'],
    [{}, 'in.jsonl:1: no "text": found no keys'],
    [{ text: 3 }, 'in.jsonl:1: "text" is a number: expected a text'],
    [{ text: " " }, 'in.jsonl:1: "text" is empty: expected text'],
  ])("%j", async (values, message) => {
    const error: unknown = await predict([sst2.runDir], [values]).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toBe(message);
  });

  test("two columns of the name that is read, not of others", async () => {
    const header = { place: "in.csv:1", names: ["text", "id", "id"] };
    const row = (names: string[]) => [{ place: "in.csv:2", values: { text: "a", id: "1" }, header: { ...header, names } }]; // prettier-ignore
    const opened = await openRuns([sst2.runDir], { report });
    const answerer = createAnswerer(opened, {}, signal);
    expect(await answerer.answer(row(header.names))).toHaveLength(1);
    expect(() => answerer.check(row(["text", "id", "text"])[0])).toThrow(
      'in.csv:1: two columns named "text": expected one',
    );
    await opened.dispose();
  });

  test("a text without its second", async () => {
    const error: unknown = await predict([stsb.runDir], [{ text: "a" }]).catch((reason: unknown) => reason); // prettier-ignore
    expect((error as UserError).message).toBe('in.jsonl:1: no "pair": found "text"');
  });
});

test("keys may be named otherwise", async () => {
  const usual = await predict([stsb.runDir], [{ text: "a cat", pair: "a dog" }]);
  const named = await predict([stsb.runDir], [{ one: "a cat", two: "a dog" }], { text: "one", pair: "two" }); // prettier-ignore
  expect(named).toEqual(usual);
});

test("stops between two batches", async () => {
  const controller = new AbortController();
  const opened = await openRuns([sst2.runDir], { report });
  controller.abort();
  const options = { split: "dev", signal: controller.signal, report };
  await expect(evaluateRun(opened, opened.runs[0], options)).rejects.toThrow("stopped");
  await opened.dispose();
});
