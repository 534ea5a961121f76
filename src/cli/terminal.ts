// The terminal that the process was started from, which may close before the work is done.
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { isatty } from "node:tty";
import type { Io } from "./io.ts";

/** Whether any stream leads to a terminal. */
export function hasTerminal({ stderr, stdout }: Io): boolean {
  return isatty(0) || stdout.isTTY || stderr.isTTY;
}

/** Lets the process go on, or end in order, when its terminal closes. */
export function outliveTerminal(io: Io): void {
  // nohup has SIGHUP ignored, which Node undoes when it starts; what remains to be seen is that no stream leads to a terminal.
  if (!hasTerminal(io)) process.on("SIGHUP", () => {});
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  process.on("exit", () => {
    for (const descriptor of terminals) if (!isatty(descriptor)) replace(descriptor);
  });
}

/** Node gives a terminal its settings back at the end, and aborts where that fails, unless the descriptor leads elsewhere by then. */
function replace(descriptor: number): void {
  closeSync(descriptor);
  openSync(devNull, "r+"); // takes the lowest number that is free
}
