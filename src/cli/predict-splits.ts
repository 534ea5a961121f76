// `peft predict` on the files of the runs' own tasks: a split whose labels are known, or GLUE's test files as a zip to upload.
import { UserError } from "../errors.ts";
import type { OpenedRuns } from "../inference/evaluate.ts";
import type { Report } from "../train/events.ts";
import { type Io, line } from "./io.ts";
import { withRuns } from "./opened-runs.ts";
import type { PredictOptions } from "./predict.ts";
import { printNote } from "./read-runs.ts";
import { openSink } from "./sink.ts";

interface Watch {
  report: Report;
  signal: AbortSignal;
}

/** A line for every example of the split, with the answers of all runs and the truth. */
export async function predictTheSplit(
  runs: string[],
  options: PredictOptions,
  io: Io,
): Promise<void> {
  const { split = "" } = options;
  const sink = await openSink(options.output, io);
  try {
    await withRuns(runs, options, io, async (opened, watch) => {
      checkOneTask(opened, split);
      const lines = await answerSplit(opened, options, watch);
      for (let i = 0; i < lines.length && !sink.isClosed(); i += WRITTEN_AT_ONCE)
        await sink.write(lines.slice(i, i + WRITTEN_AT_ONCE));
    });
    sink.finish();
  } finally {
    sink.discard();
  }
}

const WRITTEN_AT_ONCE = 512; // lines

async function answerSplit(
  opened: OpenedRuns,
  { data, output, split = "" }: PredictOptions,
  watch: Watch,
): Promise<object[]> {
  const { checkNotInput } = await import("../inference/outputs.ts");
  const { readSplit } = await import("../inference/evaluate.ts");
  const { namesOf, predictSplit } = await import("../inference/predict.ts");
  const { truthsOf } = await import("../inference/recorded.ts");
  const { nameOf } = await import("../train/evaluate.ts");
  const names = namesOf(opened.runs);
  let lines: object[] = [];
  for (const [i, run] of opened.runs.entries()) {
    const options = { split, ...(data !== undefined && { dataDir: data }), ...watch };
    const { encoded, files } = await readSplit(opened, run, options);
    if (output !== undefined)
      for (const { path } of files)
        checkNotInput({ called: "--output", path: output }, { called: split, path });
    const answers = await predictSplit(opened, run, encoded, {
      signal: watch.signal,
      placeOf: (example) => `${split}: ${nameOf(encoded, example)}`,
      onProgress: (done, total) =>
        watch.report({ type: "progress", phase: "evaluate", done, total }),
    });
    if (i === 0) lines = truthsOf(run, encoded);
    lines = lines.map((truth, example) => ({ ...truth, [names[i]]: answers[example] }));
  }
  return lines;
}

/** A line is one example, which runs of other tasks do not have. */
function checkOneTask({ runs: [first, ...others] }: OpenedRuns, split: string): void {
  const settings = JSON.stringify(first.experiment.task);
  const other = others.find(({ experiment }) => JSON.stringify(experiment.task) !== settings);
  if (!other) return;
  throw new UserError(
    `${other.runDir}: task ${other.experiment.task.name}: expected the task of ${first.runDir}, settings and all, to answer ${split} beside it`,
    { hint: "give the runs of one task at a time" },
  );
}

/** Writes the zip that GLUE's server scores. */
export async function predictTests(runs: string[], options: PredictOptions, io: Io): Promise<void> {
  const { predictGlueTests } = await import("../inference/glue-tests.ts");
  const { glueSubmission: path = "", allowIncomplete = false, data } = options;
  const remarks = await withRuns(runs, options, io, (opened, watch) =>
    predictGlueTests(opened, path, { dataDir: data, allowIncomplete, ...watch }),
  );
  for (const remark of remarks) printNote(remark, io);
  io.stdout.write(line`${path}`);
}
