// All runs below a folder: the finished ones with their results, the others with their settings, and what could not be used.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { loadExperiment } from "../config/load.ts";
import type { Experiment } from "../config/schema.ts";
import { UserError } from "../errors.ts";
import { attempt, pathExists } from "../files.ts";
import { type Recorded, readResult, RESULT } from "./result.ts";
import { CONFIG } from "./run-folder.ts";

/** A run without a result: still running, stopped, or killed. */
export interface UnfinishedRun {
  runDir: string;
  experiment: Experiment;
}

export interface Runs {
  results: Recorded[];
  unfinished: UnfinishedRun[];
  /** Run folders that cannot be used, each a sentence beginning with the path. */
  problems: string[];
  /** Folders and files that are no run folders. */
  numForeign: number;
}

/**
 * Every run in the folders; each is a run folder itself or a folder of run folders. A run met twice counts once. Throws
 * UserError where a folder does not exist.
 */
export function readRuns(folders: readonly string[]): Runs {
  const runs: Runs = { results: [], unfinished: [], problems: [], numForeign: 0 };
  for (const runDir of new Set(folders.flatMap(candidates))) readRun(runDir, runs);
  return runs;
}

/** The folder itself if it is a run folder, else everything in it in the order of names; dot folders are not for runs. */
function candidates(folder: string): string[] {
  if (!pathExists(folder))
    throw new UserError(`${folder}: no such folder: expected one with run folders`, {
      hint: "peft train and peft sweep create them, in ./runs unless --out says otherwise",
    });
  if (isRunFolder(folder)) return [folder];
  const names = attempt(folder, () => readdirSync(folder)).toSorted();
  return names.filter((name) => !name.startsWith(".")).map((name) => join(folder, name));
}

/** Whether a run was begun in the folder. */
export function isRunFolder(folder: string): boolean {
  return pathExists(join(folder, RESULT)) || pathExists(join(folder, CONFIG));
}

function readRun(runDir: string, runs: Runs): void {
  if (pathExists(join(runDir, RESULT))) {
    const result = readResult(runDir);
    if (typeof result === "string") runs.problems.push(result);
    else runs.results.push(result);
    return;
  }
  const config = join(runDir, CONFIG);
  if (!pathExists(config)) {
    runs.numForeign++;
    return;
  }
  try {
    const { experiment } = loadExperiment(config);
    runs.unfinished.push({ runDir, experiment });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    runs.problems.push(error.message);
  }
}
