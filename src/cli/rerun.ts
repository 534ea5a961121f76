// `peft rerun`: repeats a recorded run and says whether the same numbers came out.
import type { Command } from "commander";
import { UserError } from "../errors.ts";
import type { TrainedResult } from "../record/result.ts";
import type { Difference } from "../record/run-folder.ts";
import { stopOnSignals } from "./interrupt.ts";
import { type Io, line } from "./io.ts";
import { DEFAULT_RUNS, findRun } from "./read-runs.ts";

interface RerunOptions {
  data?: string;
  quiet?: boolean;
}

/** Adds `peft rerun`. */
export function addRerun(program: Command, io: Io): void {
  program
    .command("rerun")
    .description("repeat a recorded run, elsewhere, and compare the scores")
    .argument("<run>", `run folder, or its name in ${DEFAULT_RUNS}`)
    .option("--data <folder>", "folder with the task's files, if they are elsewhere now")
    .option("--quiet", "print the comparison only")
    .action(async (run: string, options: RerunOptions) => replay(findRun(run), options, io));
}

async function replay(run: string, { data, quiet }: RerunOptions, io: Io): Promise<void> {
  const { createProgress } = await import("./progress.ts");
  const { rerun } = await import("../rerun.ts");
  const progress = createProgress(io.stderr, { quiet: quiet ?? false });
  const interrupt = stopOnSignals(io, () => progress.close());
  try {
    const { inputs, recorded, scores } = await rerun(run, {
      ...(data !== undefined && { dataDir: data }),
      signal: interrupt.signal,
      report: progress.report,
    });
    progress.close();
    const lines = [...inputs, ...scores].map(renderDifference).join("");
    if (inputs.length + scores.length === 0)
      io.stdout.write(line`identical: ${renderRecorded(recorded)} of ${run}`);
    else io.stdout.write(lines);
    if (scores.length > 0)
      throw new UserError(`${run}: ${scores.length} of the recorded values came out differently`, {
        hint:
          inputs.length > 0
            ? "the files have changed since the run was recorded"
            : "another processor, number of threads or version of peft may round differently; peft show has the recorded ones",
      });
  } finally {
    interrupt.dispose();
    progress.close();
  }
}

function renderRecorded({ evaluations, reason, status }: TrainedResult): string {
  const number = `${evaluations.length} ${evaluations.length === 1 ? "evaluation" : "evaluations"}`;
  return status === "diverged" ? `diverged again (${reason}), ${number}` : number;
}

function renderDifference({ after, before, key }: Difference): string {
  return `${key}: ${JSON.stringify(before)} recorded, ${JSON.stringify(after) ?? "nothing"} now\n`;
}
