// Processes whose output cannot be written: a full disk, a reader that has left, a terminal that closes, and nohup. Needs the built
// program.
import type { ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  ended,
  filesOf,
  isFinished,
  runFolder,
  startCommand,
  type Workplace,
  writeWorkplace,
} from "../support/process.ts";
import { openTerminal } from "../support/pty.ts";
import { temporaryFolders } from "../support/temp.ts";

const place = writeWorkplace(temporaryFolders()());
const full = "/dev/full"; // takes nothing: ENOSPC
const commands = [["tasks"], ["methods"], ["--help"], ["doctor", "--no-self-test", "--json"]];

describe.skipIf(!existsSync(full))("a full disk", () => {
  test.each(commands)("under standard output: %s %s", async (...args) => {
    const stdio = ["ignore", openSync(full, "w"), "pipe"] as const;
    const end = await ended(startCommand(place.folder, args, { stdio: [...stdio] }));
    expect(end.stderr).toMatch(/^error: standard output: no space left on the device\nhint: .*\n$/);
    expect(end.code).toBe(1);
  });

  test("under standard error does not keep a run from its end", async () => {
    const stdio = ["ignore", "pipe", openSync(full, "w")] as const;
    const out = join(place.folder, "full");
    const end = await ended(startCommand(place.folder, trainArgs(place, out), { stdio: [...stdio] })); // prettier-ignore
    expect(end.stdout).toContain("adapter file");
    expect(end.code).toBe(0);
    expect(isFinished(out)).toBe(true);
  });
});

test.each(commands)("a reader that has left is no error: %s %s", async (...args) => {
  const child = startCommand(place.folder, args);
  child.stdout!.destroy();
  expect(await ended(child)).toMatchObject({ code: 0, stderr: "" });
});

test("without a terminal, as after nohup, SIGHUP does not stop a run", async () => {
  const out = join(place.folder, "nohup");
  const child = startCommand(place.folder, trainArgs(place, out));
  await hasBegun(out);
  child.kill("SIGHUP");
  expect(await ended(child)).toMatchObject({ code: 0 });
  expect(isFinished(out)).toBe(true);
});

test("when its terminal closes a run is saved, and goes on to the same end", async (context) => {
  const terminal = openTerminal();
  if (!terminal) return context.skip("no terminal can be opened here");
  const { inner, outer } = terminal;
  const out = join(place.folder, "closed");
  const few = ["--set", "checkpoint.everySteps=100000"]; // what is saved then is saved for the signal
  const args = trainArgs(place, out, few);
  const child = startCommand(place.folder, args, { stdio: [inner, inner, inner] });
  closeSync(inner);
  await isTraining(outer);
  closeSync(outer);
  child.kill("SIGHUP"); // as the system does for the terminal's own processes
  child.kill("SIGHUP"); // and then the shell
  expect(await exit(child)).toEqual({ code: 130, signal: null });
  expect(existsSync(join(runFolder(out)!, "state.safetensors"))).toBe(true);
  const resumed = startCommand(place.folder, ["train", "--resume", runFolder(out)!, "--quiet"]);
  expect(await ended(resumed)).toMatchObject({ code: 0 });

  const undisturbed = join(place.folder, "undisturbed");
  await ended(startCommand(place.folder, trainArgs(place, undisturbed, few)));
  expect(filesOf(out)).toEqual(filesOf(undisturbed));
}, 180_000);

function trainArgs({ config }: Workplace, out: string, more: readonly string[] = []): string[] {
  return ["train", "--config", config, "--set", "training.epochs=5", "--out", out, ...more];
}

async function hasBegun(out: string): Promise<void> {
  while (!existsSync(join(runFolder(out) ?? out, "metrics.jsonl"))) await setTimeout(20);
}

/** Reads the terminal until the first evaluation. */
async function isTraining(terminal: number): Promise<void> {
  const chunk = Buffer.alloc(4096);
  for (let shown = ""; !shown.includes("step 5,"); await setTimeout(1))
    shown += chunk.toString("latin1", 0, readSync(terminal, chunk));
}

async function exit(child: ChildProcess) {
  return new Promise((resolve) => child.on("exit", (code, signal) => resolve({ code, signal })));
}
