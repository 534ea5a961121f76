// Programs that are killed at a given moment in every way that programs are: by signals, and by closing their terminal.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Ended, ended, startCommand } from "./process.ts";

export const kills = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "closed terminal"] as const;
export type Kill = (typeof kills)[number];

/** How a command ended that was killed, and the processes that it left. */
export interface Killed extends Ended {
  /** False where it had ended before. */
  wasHit: boolean;
  /** Processes that it started and that still ran after `GRACE_MS`. */
  left: number[];
}

const GRACE_MS = 60_000;

/** Runs `peft` with a cache of its own in `folder`, killed after so many seconds if it is still at work then. */
export async function runAndKill(
  folder: string,
  args: readonly string[],
  { kill, seconds }: { kill: Kill; seconds: number },
): Promise<Killed> {
  const mark = `${process.pid}-${performance.now()}`;
  const inTerminal = kill === "closed terminal";
  const child = startCommand(folder, args, { inTerminal, env: { PEFT_KILLS: mark } });
  const end = ended(child);
  await Promise.race([end, setTimeout(seconds * 1000)]);
  const wasHit = child.exitCode === null;
  child.kill(inTerminal ? "SIGKILL" : kill);
  const result = await end;
  return { ...result, wasHit, left: await waitForNone(mark) };
}

/** The processes of that mark that do not end. */
async function waitForNone(mark: string): Promise<number[]> {
  const start = performance.now();
  for (;;) {
    const left = processesOf(mark);
    if (left.length === 0 || performance.now() - start > GRACE_MS) return left;
    await setTimeout(50);
  }
}

/** Linux only: elsewhere none are found. */
function processesOf(mark: string): number[] {
  const names = existsSync("/proc") ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : []; // prettier-ignore
  return names.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "latin1").includes(`PEFT_KILLS=${mark}\0`);
    } catch {
      return false; // ended, or someone else's
    }
  });
}

/** What a program that is done must not leave in its folder: locks, states and half-written files. */
export function leftoversIn(out: string): string[] {
  const names = readdirSync(out, { recursive: true, encoding: "utf8" });
  const isLeft = (name: string) => /\.tmp$|state\.safetensors$/.test(name) || /^\.locks\/./.test(name); // prettier-ignore
  return names.filter((name) => isLeft(name)).map((name) => join(out, name));
}
