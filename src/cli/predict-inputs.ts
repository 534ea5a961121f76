// `peft predict` on the user's texts: one from the command line, or a file or stream of any length.
import { Interrupted, UserError } from "../errors.ts";
import type { OpenedRuns } from "../inference/evaluate.ts";
import type { InputKeys } from "../inference/inputs.ts";
import type { Answerer } from "../inference/predict.ts";
import type { Io } from "./io.ts";
import { withRuns } from "./opened-runs.ts";
import type { PredictOptions } from "./predict.ts";
import { renderAnswers } from "./predict-render.ts";
import { printNote } from "./read-runs.ts";
import { openSink } from "./sink.ts";

/** Prints a line per run for one text. */
export async function predictOne(runs: string[], options: PredictOptions, io: Io): Promise<void> {
  const { createAnswerer } = await import("../inference/predict.ts");
  const { context, pair = context, text } = options;
  await withRuns(runs, options, io, async (opened, { signal }) => {
    await checkPair(opened, pair);
    const answerer = createAnswerer(opened, {}, signal);
    const values = { text, ...(pair !== undefined && { pair }) };
    const [answers] = await answerer.answer([{ place: "--text", values }]);
    io.stdout.write(renderAnswers(answers));
    printTruncated(answerer, io);
  });
}

/** A second text that nobody reads is a mistake, as is one that is missing. */
async function checkPair({ runs }: OpenedRuns, pair: string | undefined): Promise<void> {
  const { formOf } = await import("../inference/inputs.ts");
  const readers = runs.filter((run) => formOf(run).pair);
  if (pair === undefined && readers.length > 0) {
    const [{ experiment, head }] = readers;
    const option = head.kind === "span" ? "--context" : "--pair";
    throw new UserError(
      `${option}: missing: expected the second text that ${experiment.task.name} reads`,
      {
        hint: `add ${option} "…"`,
      },
    );
  }
  if (pair !== undefined && readers.length === 0)
    throw new UserError(`--pair: ${runs[0].experiment.task.name} reads one text: expected none`, {
      hint: "leave it out",
    });
}

/** Answers every input of a file or stream, in its order. */
export async function predictInputs(
  runs: string[],
  options: PredictOptions,
  io: Io,
): Promise<void> {
  const { openInput } = await import("../inference/input-stream.ts");
  const { formOf } = await import("../inference/inputs.ts");
  const { inChunks } = await import("../inference/chunks.ts");
  const { createAnswerer } = await import("../inference/predict.ts");
  const { readRows } = await import("../inference/rows.ts");
  const { input = "-", output, pairKey, textKey } = options;
  if (output !== undefined) await checkOutput(output, input);
  const source = input === "-" ? { name: "stdin", stream: process.stdin } : openInput(input);
  const keys: InputKeys = {
    ...(textKey !== undefined && { text: textKey }),
    ...(pairKey !== undefined && { pair: pairKey }),
  };
  const sink = await openSink(output, io);
  const counter = createCounter(io);
  try {
    await withRuns(runs, options, io, async (opened, { signal }) => {
      const answerer = createAnswerer(opened, keys, signal);
      const textKeys = opened.runs.flatMap((run) => formOf(run, keys).text);
      for await (const rows of inChunks(readRows(source, textKeys, signal), answerer.check)) {
        await sink.write(await answerer.answer(rows));
        counter.add(rows.length);
        if (sink.isClosed()) break;
      }
      counter.clear();
      printTruncated(answerer, io);
    });
    sink.finish();
  } catch (error) {
    counter.clear();
    throw output === undefined ? withCount(error, counter.count) : error;
  } finally {
    source.stream.destroy();
    sink.discard();
  }
}

/** Answers over the texts would be the end of the texts. */
async function checkOutput(output: string, input: string): Promise<void> {
  const { checkNotInput } = await import("../inference/outputs.ts");
  const path = input === "-" ? "/dev/stdin" : input; // where there is none, as on Windows, nothing is refused
  checkNotInput({ called: "--output", path: output }, { called: "--input", path });
}

/** What was written to standard output before an interruption stays there. */
function withCount(error: unknown, count: number): unknown {
  if (!(error instanceof Interrupted) || count === 0) return error;
  return new Interrupted(`stopped after ${count} ${count === 1 ? "answer" : "answers"}`);
}

function printTruncated({ numTruncated }: Answerer, io: Io): void {
  if (numTruncated === 0) return;
  const what = numTruncated === 1 ? "1 text was" : `${numTruncated} texts were`;
  printNote(`${what} longer than task.maxLength and cut there`, io);
}

/** How many inputs are answered, on a terminal: how many there are is not known before the end. */
function createCounter({ stderr }: Io) {
  let count = 0;
  const show = (text: string) => void (stderr.isTTY && stderr.send(`\r\u001b[K${text}`)); // CSI K: clears the line
  return {
    add: (number: number) => show(`answered ${(count += number).toLocaleString("en-US")} inputs`),
    clear: () => show(""),
    get count() {
      return count;
    },
  };
}
