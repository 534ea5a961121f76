// What commands that use finished runs share: how runs are named, the options that say where their encoder and data are now, and
// an end in order.
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { type Command, Option } from "commander";
import { type Device, devices } from "../device/devices.ts";
import { UserError } from "../errors.ts";
import { attempt, pathExists } from "../files.ts";
import type { OpenedRuns } from "../inference/evaluate.ts";
import type { Report } from "../train/events.ts";
import { stopOnSignals } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { DEFAULT_RUNS, findRun } from "./read-runs.ts";

/** The values of these options as commander returns them. */
export interface OpenOptions {
  encoder?: string;
  device?: Device;
}

/** Adds the runs as arguments, or the one run, and the options. */
export function addOpenOptions(
  command: Command,
  argument: "<run>" | "<runs...>" = "<runs...>",
): Command {
  const what = argument === "<run>" ? "run folder, or its name" : "run folders, or their names";
  return command
    .argument(argument, `${what} in ${DEFAULT_RUNS}`)
    .option("--encoder <source>", "where the encoder is, if it is elsewhere now")
    .addOption(
      new Option("--device <name>", "what computes (default: as the first run)").choices(devices),
    );
}

/** Opens the runs, does the work and closes them whatever happens. Progress is shown on a terminal only. */
export async function withRuns<T>(
  names: readonly string[],
  { allowChanged = false, device, encoder }: OpenOptions & { allowChanged?: boolean },
  io: Io,
  work: (opened: OpenedRuns, watch: { report: Report; signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const runDirs = [...new Set(names.map(findNearRun))];
  const { createProgress } = await import("./progress.ts");
  const { openRuns } = await import("../inference/evaluate.ts");
  const progress = createProgress(io.stderr, { quiet: false });
  const interrupt = stopOnSignals(io, () => progress.close(), "finishing the batch");
  const report: Report = (event) => {
    if (event.type !== "progress" || io.stderr.isTTY) progress.report(event);
  };
  try {
    const opened = await openRuns(runDirs, {
      allowChanged,
      ...(device !== undefined && { device }),
      ...(encoder !== undefined && { encoder }),
      report,
    });
    const { withCleanup } = await import("../cleanup.ts");
    return await withCleanup(
      () => work(opened, { report, signal: interrupt.signal }),
      () => opened.dispose(),
    );
  } finally {
    interrupt.dispose();
    progress.close();
  }
}

/** The run of that path or name. Throws UserError naming the one that may have been meant. */
function findNearRun(name: string): string {
  const found = findRun(name);
  if (pathExists(found)) return found;
  const known = pathExists(DEFAULT_RUNS) ? attempt(DEFAULT_RUNS, () => readdirSync(DEFAULT_RUNS)) : []; // prettier-ignore
  const near = known.filter((run) => run.startsWith(basename(name)));
  const hint =
    near.length > 0
      ? `did you mean ${near.slice(0, 3).join(", ")}?`
      : "peft list shows the runs in ./runs; of others, give the path";
  throw new UserError(`${name}: no such run folder, and none of that name in ${DEFAULT_RUNS}`, {
    hint,
  });
}
