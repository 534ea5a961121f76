// Ctrl-C, or the end of a terminal or batch job: the first asks training to finish the step and save, the second ends the process at once.
import type { Io } from "./io.ts";
import { hasTerminal } from "./terminal.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const exitCode = 130; // 128 + SIGINT, as shells report it

/**
 * Aborts `signal` on Ctrl-C until it is disposed of. `beforeMessage` clears the line the message goes to; `activity` is what still
 * goes on after the first one.
 */
export function stopOnSignals(
  io: Io,
  beforeMessage: () => void,
  activity = "finishing the step, saving",
) {
  const controller = new AbortController();
  const seen = new Set<NodeJS.Signals>();
  // Without a terminal, as after nohup, the end of one is no reason to stop.
  const heeded = hasTerminal(io) ? signals : signals.filter((name) => name !== "SIGHUP");
  const stop = (name: NodeJS.Signals) => {
    beforeMessage();
    // The only exit outside bin/peft.js: whoever asks twice does not want to wait for anything. A terminal that is closed may tell
    // more than once, and nobody is there to ask.
    if (seen.has(name) && name !== "SIGHUP") process.exit(exitCode);
    seen.add(name);
    if (controller.signal.aborted) return;
    io.stderr.write(`${activity} … (Ctrl-C again to end at once)\n`);
    controller.abort();
  };
  for (const name of heeded) process.on(name, stop);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of heeded) process.off(name, stop);
    },
  };
}
