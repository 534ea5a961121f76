// Ctrl-C, or the end of a terminal or batch job: the first asks training to finish the step and save, the second ends the process at once.
import type { Io } from "./io.ts";

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
  const stop = () => {
    beforeMessage();
    // The only exit outside bin/peft.js: whoever asks twice does not want to wait for anything.
    if (controller.signal.aborted) process.exit(exitCode);
    io.stderr.write(`${activity} … (Ctrl-C again to end at once)\n`);
    controller.abort();
  };
  for (const name of signals) process.on(name, stop);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of signals) process.off(name, stop);
    },
  };
}
