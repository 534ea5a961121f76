// Writes a submission to GLUE, and refuses early: what cannot become one is said before hours of predictions.
import { dirname } from "node:path";
import type { GlueTest } from "../data/glue-test.ts";
import { listProblems, UserError } from "../errors.ts";
import { makeFolder, writeAtomic } from "../files.ts";
import { packSubmission } from "./archive.ts";
import {
  checkContents,
  checkIds,
  checkMissing,
  checkNames,
  missingFiles,
  officialRows,
  type RowCounts,
} from "./check.ts";
import type { SubmissionFile } from "./render.ts";

const completeHint =
  "GLUE's server takes complete sets only: name one run of each of the nine tasks; " +
  "--allow-incomplete writes the zip as it is";
const officialHint = "are these GLUE's official test files, and one run of each task?";

/** What a submission has to be. */
export interface SubmissionOptions {
  /**
   * Whether files may be missing. The server refuses such a zip, and nothing is made up in their place: a constant says nothing of
   * the model and yet counts in its score. Default false.
   */
  allowIncomplete?: boolean;
  /** Rows of each file. Default: those of the official test files. */
  numRows?: RowCounts;
}

/**
 * Checks, before anything is predicted, whether answers to these tests make a submission. Returns remarks; throws UserError
 * listing every problem.
 */
export function checkTests(tests: readonly GlueTest[], options: SubmissionOptions = {}): string[] {
  const { numRows = officialRows } = options;
  const names = tests.map(({ file }) => file);
  return settle("GLUE's test files", names, options, [
    ...checkNames(names),
    ...tests.flatMap(({ file, ids }) => checkIds(file, ids, numRows[file])),
  ]);
}

/** Writes the zip to upload. Returns remarks; throws UserError listing every problem, and then writes nothing. */
export function writeSubmission(
  path: string,
  files: readonly SubmissionFile[],
  options: SubmissionOptions = {},
): string[] {
  const names = files.map(({ name }) => name);
  const remarks = settle(path, names, options, [
    ...checkNames(names),
    ...checkContents(files, options.numRows ?? officialRows),
  ]);
  makeFolder(dirname(path));
  writeAtomic(path, packSubmission(files));
  return remarks;
}

/** Throws what is wrong as one UserError; what is merely missing becomes a remark where that is allowed. */
function settle(
  place: string,
  names: readonly string[],
  { allowIncomplete = false }: SubmissionOptions,
  wrong: readonly string[],
): string[] {
  const missing = missingFiles(names);
  const isRefused = missing.length > 0 && !allowIncomplete;
  // What is missing may be many lines, and is no news to whoever has just begun.
  const problems = isRefused ? [...wrong, ...checkMissing(names)] : wrong;
  if (problems.length > 0) {
    const hints = [
      ...(wrong.length > 0 ? [officialHint] : []),
      ...(isRefused ? [completeHint] : []),
    ];
    const [first, ...others] = problems;
    throw new UserError(
      others.length === 0 ? `${place}: ${first}` : listProblems(problems, ` in ${place}`),
      { hint: hints.join(" ") },
    );
  }
  if (missing.length === 0) return [];
  return [`incomplete, GLUE's server refuses it: without ${missing.join(", ")}`];
}
