// A program that runs one training step for every line "go", driven over its standard input: how benchmarks alternate ours and
// the Python peers step by step, so that a noisy machine disturbs both alike.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface Contender {
  title: string;
  /** Runs one step and gives its milliseconds. */
  step(): Promise<number>;
  /** Ends the program and gives its peak resident memory in bytes. */
  quit(): Promise<number>;
}

/** Starts the program and waits until it is ready. Null if it cannot start (a peer that is not installed). */
export async function startContender(
  title: string,
  command: string,
  args: string[],
): Promise<Contender | null> {
  const child = spawn(command, args, {
    stdio: ["pipe", "pipe", "inherit"],
  }) as unknown as ChildProcessWithoutNullStreams;
  const failed = new Promise<null>((resolve) => child.once("error", () => resolve(null)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (line?: string) => {
    if (line) child.stdin.write(`${line}\n`);
    const { done, value } = await lines.next();
    if (done) throw new Error(`${title} ended early`);
    return JSON.parse(value) as Record<string, number>;
  };
  const ready = await Promise.race([failed, ask().catch(() => null)]);
  if (!ready) return null;
  return {
    title,
    step: async () => (await ask("go")).ms,
    quit: async () => {
      const { peakRssBytes } = await ask("quit");
      child.stdin.end(); // an open one keeps a Node process alive
      return peakRssBytes;
    },
  };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
