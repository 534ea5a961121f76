// npx tsx benchmarks/squad.ts --file dev-v1.1.json [--questions 500] [--rounds 3]
// Evaluating SQuAD beside PyTorch, alternating in one run: MiniLM with adapters m=64 and a span head, the same weights on both sides,
// windows of 384 that share 128. Questions per second of tokenizing, of evaluating and of both; whether the answers are the same.
// PyTorch comes from .venv (see peers/README.md) or from the interpreter named by PEFT_PYTHON; without it only ours is timed.
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../src/errors.ts";
import { readText } from "../src/files.ts";
import { type Contender, median, ownCommand, peerCommand, startContender } from "./contender.ts";

const { values } = parseArgs({
  options: {
    /** In SQuAD's layout. */
    file: { type: "string" },
    /** Evenly spread over the file. */
    questions: { type: "string", default: "500" },
    rounds: { type: "string", default: "3" },
    /** Windows in a batch of PyTorch's; ours decides by tokens. */
    batch: { type: "string", default: "8" },
  },
});

interface Side {
  title: string;
  tokenize: string[];
  evaluate: string[];
}

interface Result {
  title: string;
  tokenizeMs: number[];
  evaluateMs: number[];
  peakBytes: number;
  answers: string[];
}

function sides(file: string): Side[] {
  const data = ["--file", file, "--questions", values.questions];
  const ours = [...ownCommand("peft-squad"), ...data];
  const theirs = [...peerCommand("squad_eval.py"), ...data];
  const torch = (title: string, padding: string): Side => ({
    title,
    tokenize: [...theirs, "--phase", "tokenize"],
    evaluate: [...theirs, "--padding", padding, "--batch", values.batch],
  });
  return [
    { title: "peft", tokenize: [...ours, "--phase", "tokenize"], evaluate: ours },
    torch("PyTorch, by length", "longest"),
    torch("PyTorch, padded to 384", "max"),
  ];
}

async function start(side: Side, answersFile: string) {
  const run = ([command, ...args]: string[]) => startContender(side.title, command, args);
  const evaluate = await run([...side.evaluate, "--answers", answersFile]);
  const tokenize = evaluate && (await run(side.tokenize));
  return evaluate && tokenize && { side, evaluate, tokenize, answersFile };
}

async function measure(file: string, folder: string): Promise<Result[]> {
  const contenders = [];
  for (const [i, side] of sides(file).entries()) {
    const contender = await start(side, join(folder, `${i}.json`));
    if (contender) contenders.push({ ...contender, tokenizeMs: [], evaluateMs: [] });
  }
  const record = async (times: number[], contender: Contender, round: number) => {
    const ms = await contender.step();
    if (round >= 0) times.push(ms); // the first round warms up
  };
  for (let round = -1; round < Number(values.rounds); round++)
    for (const { evaluate, evaluateMs, tokenize, tokenizeMs } of contenders) {
      await record(tokenizeMs, tokenize, round);
      await record(evaluateMs, evaluate, round);
    }
  const results: Result[] = [];
  for (const { answersFile, evaluate, side, tokenize, ...times } of contenders) {
    await tokenize.quit();
    const answers = JSON.parse(readText(answersFile)) as string[];
    results.push({ title: side.title, peakBytes: await evaluate.quit(), answers, ...times });
  }
  return results;
}

function print(results: readonly Result[]): void {
  const cell = (times: readonly number[]) => {
    const seconds = times.map((ms) => ms / 1000);
    const range = `${Math.min(...seconds).toFixed(2)}-${Math.max(...seconds).toFixed(2)}`;
    return `${median(seconds).toFixed(2)} s (${range})`.padEnd(24);
  };
  const totalMs = ({ evaluateMs, tokenizeMs }: Result) => median(tokenizeMs) + median(evaluateMs);
  const [ours] = results;
  for (const result of results) {
    const perSecond = (Number(values.questions) / totalMs(result)) * 1000;
    const same = result.answers.filter((answer, i) => answer === ours.answers[i]).length;
    console.log(
      `${result.title.padEnd(24)}tokenize ${cell(result.tokenizeMs)}evaluate ${cell(result.evaluateMs)}` +
        `${perSecond.toFixed(1)} questions/s, ours takes ${(totalMs(ours) / totalMs(result)).toFixed(2)} of its time, ` +
        `${same} of ${result.answers.length} answers as ours, peak ${(result.peakBytes / 2 ** 20).toFixed(0)} MiB`,
    );
  }
}

async function main(): Promise<void> {
  if (values.file === undefined)
    throw new UserError("--file: expected a file in SQuAD's layout, such as dev-v1.1.json");
  console.log(
    `${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}, ${values.questions} questions, ${values.rounds} rounds`,
  );
  const folder = mkdtempSync(join(tmpdir(), "peft-squad-"));
  try {
    print(await measure(values.file, folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await main();
