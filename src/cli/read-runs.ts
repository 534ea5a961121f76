// How commands that compare runs read them: what cannot be read is named and counted on stderr, and nothing at all is an error.
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { pathExists } from "../files.ts";
import type { Runs } from "../record/runs.ts";
import { type Io, line, paint } from "./io.ts";

/** Where runs are, unless the command line says otherwise. */
export const DEFAULT_RUNS = "runs";

const SHOWN_PROBLEMS = 20; // more of them scroll away what matters

/** The runs in the folders. Throws UserError where there are none. */
export async function readRunsIn(folders: readonly string[], io: Io): Promise<Runs> {
  const { readRuns } = await import("../record/runs.ts");
  const runs = readRuns(folders.length > 0 ? folders : [DEFAULT_RUNS]);
  printSkipped(runs, io);
  if (runs.results.length + runs.unfinished.length > 0) return runs;
  const where = folders.length > 0 ? folders.join(", ") : DEFAULT_RUNS;
  throw new UserError(`${where}: no runs to report: expected run folders that peft has written`, {
    hint: "start some with peft sweep or peft train, or name the folder that --out named",
  });
}

/** Writes one line to stderr, marked as a remark. */
export function printNote(text: string, { stderr }: Io): void {
  stderr.write(`${paint(stderr, "yellow", "note:")} ${line`${text}`}`);
}

function printSkipped({ numForeign, problems }: Runs, io: Io): void {
  for (const problem of problems.slice(0, SHOWN_PROBLEMS))
    printNote(`skipped ${problem.replaceAll("\n  ", "; ")}`, io);
  const numMore = problems.length - SHOWN_PROBLEMS;
  if (numMore > 0) printNote(`skipped ${numMore} more like these`, io);
  const counts = [
    ...(problems.length > 0 ? [`${problems.length} unreadable`] : []),
    ...(numForeign > 0 ? [`${numForeign} foreign`] : []),
  ];
  if (counts.length > 0) printNote(`skipped ${counts.join(", ")}`, io);
}

/** The run folder of that path or, where there is none, of that name in the default folder. */
export function findRun(run: string): string {
  const inRuns = join(DEFAULT_RUNS, run);
  return pathExists(run) || !pathExists(inRuns) ? run : inRuns;
}
