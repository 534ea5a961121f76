// Runs of GLUE's tasks on its test files, whose labels only its server has: from texts to the zip that is uploaded.
import { layouts, type GlueName } from "../data/glue-layouts.ts";
import { type GlueTest, readGlueTest } from "../data/glue-test.ts";
import { isOwn } from "../data/settings.ts";
import { UserError } from "../errors.ts";
import { type SubmissionFile, toSubmissionFile } from "../submission/render.ts";
import { checkTests, type SubmissionOptions, writeSubmission } from "../submission/write.ts";
import type { Report } from "../train/events.ts";
import type { OpenedRuns } from "./evaluate.ts";
import { encodeTexts, type Prediction, predictSplit } from "./predict.ts";
import type { TrainedRun } from "./trained-run.ts";

export interface GlueTestOptions extends SubmissionOptions {
  dataDir: string | undefined;
  signal: AbortSignal;
  report: Report;
}

/**
 * Answers the test files of every run's task and writes the submission. Returns remarks. Throws UserError for runs of other tasks,
 * and for every problem of the files before anything is predicted.
 */
export async function predictGlueTests(
  opened: OpenedRuns,
  path: string,
  options: GlueTestOptions,
): Promise<string[]> {
  const tests = opened.runs.flatMap((run) => {
    const dataDir = options.dataDir ?? run.experiment.dataDir;
    return readGlueTest(glueNameOf(run), dataDir).map((test) => ({ run, test }));
  });
  checkTests(
    tests.map(({ test }) => test),
    options,
  );
  const files: SubmissionFile[] = [];
  for (const { run, test } of tests) files.push(await answerTest(opened, run, test, options));
  return writeSubmission(path, files, options);
}

function glueNameOf({ experiment: { task }, runDir }: TrainedRun): GlueName {
  if (!isOwn(task) && task.name in layouts) return task.name as GlueName;
  throw new UserError(
    `${runDir}: task ${task.name}: expected one of GLUE's, ${Object.keys(layouts).join(", ")}`,
    {
      hint: "a submission holds the answers of GLUE's tasks only: leave the run out",
    },
  );
}

async function answerTest(
  opened: OpenedRuns,
  run: TrainedRun,
  test: GlueTest,
  { report, signal }: GlueTestOptions,
): Promise<SubmissionFile> {
  const encoded = await encodeTexts(opened, run, test.ids, test.texts);
  const onProgress = (done: number, total: number) =>
    report({ type: "progress", phase: "evaluate", done, total });
  const placeOf = (example: number) => `${test.path}: ${test.ids[example]}`;
  const predictions = await predictSplit(opened, run, encoded, { signal, onProgress, placeOf });
  return toSubmissionFile(
    test,
    predictions.map((prediction) => outputOf(run, prediction)),
  );
}

function outputOf({ labels }: TrainedRun, prediction: Prediction): number {
  return "label" in prediction ? labels.indexOf(prediction.label) : prediction.score;
}
