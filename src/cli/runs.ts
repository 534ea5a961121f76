// `peft list` and `peft show`: what runs there are, and everything that is known of one.
import type { Command } from "commander";
import { listProblems, UserError } from "../errors.ts";
import { pathExists } from "../files.ts";
import type { Io } from "./io.ts";
import { DEFAULT_RUNS, findRun, readRunsIn } from "./read-runs.ts";

/** Adds `peft list`. */
export function addList(program: Command, io: Io): void {
  program
    .command("list")
    .description("list the runs in folders: status, score, steps, age")
    .argument("[runs...]", `run folders, or folders of run folders (default: ${DEFAULT_RUNS})`)
    .action(async (folders: string[]) => {
      const { listRuns } = await import("./runs-render.ts");
      io.stdout.write(listRuns(await readRunsIn(folders, io), Date.now()));
    });
}

/** Adds `peft show`. */
export function addShow(program: Command, io: Io): void {
  program
    .command("show")
    .description("show everything that is recorded of a run")
    .argument("<run>", `run folder, or its name in ${DEFAULT_RUNS}`)
    .action(async (run: string) => show(run, io));
}

async function show(run: string, io: Io): Promise<void> {
  const { isRunFolder, readRuns } = await import("../record/runs.ts");
  const { showResult, showUnfinished } = await import("./runs-render.ts");
  const runDir = findRun(run);
  if (pathExists(runDir) && !isRunFolder(runDir))
    throw new UserError(`${run}: expected a run folder, with a config.yaml in it`, {
      hint: "peft list names the runs",
    });
  const {
    problems,
    results: [result],
    unfinished: [begun],
  } = readRuns([runDir]);
  if (problems.length > 0) throw new UserError(listProblems(problems));
  io.stdout.write(result ? showResult(result) : showUnfinished(begun));
}
