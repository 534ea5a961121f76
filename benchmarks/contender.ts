// A program that runs one training step for every line "go", driven over its standard input: how benchmarks alternate ours and
// the Python peers step by step, so that a noisy machine disturbs both alike.
import { type ChildProcess, spawn } from "node:child_process";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { pathExists } from "../src/files.ts";

/** What a program says, one line of JSON. */
export type Answer = Readonly<Record<string, unknown>>;

export interface Contender {
  title: string;
  pid: number;
  /** The first thing it said. */
  ready: Answer;
  /** Gives the answer to a line. Throws an Error with the reason if the program fails, ends or takes longer than the limit. */
  ask(line: string): Promise<Answer>;
  /** Runs one step and gives its milliseconds. */
  step(): Promise<number>;
  /** Ends the program and gives its peak resident memory in bytes. */
  quit(): Promise<number>;
  /** Ends the program whatever it does. */
  kill(): Promise<void>;
}

export interface ContenderOptions {
  /** Limit of each answer. */
  timeoutMs?: number;
  /** Whether to keep what it writes to standard error for the reason of a failure, instead of showing it. */
  isQuiet?: boolean;
}

/** Starts the program and waits until it is ready. Null if it cannot start (a peer that is not installed). */
export async function startContender(
  title: string,
  command: string,
  args: readonly string[],
): Promise<Contender | null> {
  return openContender(title, [command, ...args]).catch(() => null);
}

/** The same, and throws an Error with the reason if it cannot start. */
export async function openContender(
  title: string,
  [command, ...args]: readonly string[],
  { isQuiet = false, timeoutMs }: ContenderOptions = {},
): Promise<Contender> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", isQuiet ? "pipe" : "inherit"] });
  const program = new Program(child, timeoutMs);
  const ready = await program.answer();
  return {
    title,
    pid: child.pid!,
    ready,
    ask: (line) => program.ask(line),
    step: async () => (await program.ask("go")).ms as number,
    quit: async () => {
      const { peakRssBytes } = await program.ask("quit");
      child.stdin?.end(); // an open one keeps a Node process alive
      await program.ended;
      return peakRssBytes as number;
    },
    kill: () => program.kill(),
  };
}

class Program {
  /** How it ended. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #timeoutMs: number | undefined;
  readonly #lines: AsyncIterator<string>;
  #stderr = "";

  constructor(child: ChildProcess, timeoutMs: number | undefined) {
    this.#child = child;
    this.#timeoutMs = timeoutMs;
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    child.stderr?.on("data", (chunk) => (this.#stderr = (this.#stderr + String(chunk)).slice(-MAX_STDERR))); // prettier-ignore
    child.stdin?.on("error", () => {}); // it has ended, which the missing answer tells
    this.ended = new Promise((resolve) => {
      child.once("error", ({ message }) => resolve(message));
      child.once("close", (code, signal) =>
        resolve(lastLine(this.#stderr) ?? `it ended with ${signal ?? `exit code ${code}`}`),
      );
    });
  }

  ask(line: string): Promise<Answer> {
    this.#child.stdin?.write(`${line}\n`);
    return this.answer();
  }

  async answer(): Promise<Answer> {
    const { done, value } = await this.#limited(this.#lines.next());
    if (done) throw new Error(await this.ended);
    const answer = JSON.parse(value) as Answer;
    if (typeof answer.error !== "string") return answer;
    await this.kill();
    throw new Error(answer.error);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  async #limited<T>(answer: Promise<T>): Promise<T> {
    const limit = this.#timeoutMs;
    if (limit === undefined) return answer;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), limit);
    });
    const first = await Promise.race([answer, late]);
    clearTimeout(timer);
    if (first !== undefined) return first;
    await this.kill();
    throw new Error(`it gave no answer in ${(limit / 1000).toFixed(0)} s`);
  }
}

const MAX_STDERR = 100_000; // characters kept

/** What a process that fails has said last is why. */
function lastLine(text: string): string | undefined {
  return text
    .split("\n")
    .map((line) => line.trim())
    .findLast((line) => line !== "");
}

const here = import.meta.dirname;

/** The command that runs a script of this folder, as sources or compiled. */
export function ownCommand(name: string): string[] {
  const extension = extname(import.meta.filename);
  const loader = extension === ".ts" ? ["--import", "tsx"] : [];
  return [process.execPath, ...loader, join(here, name + extension)];
}

/** The command that runs a script of `peers`: with .venv, see peers/README.md, or the interpreter named by PEFT_PYTHON. */
export function peerCommand(name: string): string[] {
  // Compiled, this file lies in dist/bench/benchmarks.
  const root = [join(here, ".."), join(here, "..", "..", "..")].find((folder) =>
    pathExists(join(folder, "package.json")),
  )!;
  const venv = join(root, ".venv", "bin", "python");
  const python = process.env.PEFT_PYTHON ?? (pathExists(venv) ? venv : "python3");
  return [python, join(root, "benchmarks", "peers", name)];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
