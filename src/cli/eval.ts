// `peft eval`: the scores of finished runs, computed again from their adapter files, beside those that were recorded.
import { basename } from "node:path";
import type { Command } from "commander";
import type { Evaluated, OpenedRuns } from "../inference/evaluate.ts";
import type { AtomicFile } from "../files.ts";
import type { Renderer } from "../inference/outputs.ts";
import type { TrainedRun } from "../inference/trained-run.ts";
import type { Report } from "../train/events.ts";
import type { Io } from "./io.ts";
import { addOpenOptions, type OpenOptions, withRuns } from "./opened-runs.ts";
import { printNote } from "./read-runs.ts";
import type { ScoredSplit } from "./eval-render.ts";

interface EvalOptions extends OpenOptions {
  data?: string;
  split?: string;
  json?: boolean;
  out?: string;
}

const examples = `
Examples:
  peft eval mrpc-houlsby-64-seed0-3fa033ff
  peft eval runs/mrpc-* --data ~/glue --split train
  peft eval own-data-houlsby-8-seed0-1f2e3d4c --data new-reviews.csv --out answers.csv`;

/** Adds `peft eval`. */
export function addEval(program: Command, io: Io): void {
  addOpenOptions(program.command("eval"))
    .description("score finished runs again, and compare with what they recorded")
    .option("--data <path>", "folder with the tasks' files now; of own data, or another file")
    .option("--split <name>", "split to score (default: all that the run was evaluated on)")
    .option("--json", "print JSON")
    .option("--out <file>", "write every answer: .jsonl, .csv or .tsv")
    .addHelpText("after", examples)
    .action(async (runs: string[], options: EvalOptions) => evaluate(runs, options, io));
}

async function evaluate(runs: string[], options: EvalOptions, io: Io): Promise<void> {
  const { checkNotInput, openOutput, rendererFor } = await import("../inference/outputs.ts");
  const { renderScores } = await import("./eval-render.ts");
  const { data, out } = options;
  if (data !== undefined && out !== undefined)
    checkNotInput({ called: "--out", path: out }, { called: "--data", path: data });
  const answers =
    out === undefined ? undefined : { render: rendererFor(out), file: openOutput(out) };
  try {
    const scored = await withRuns(runs, options, io, (opened, watch) =>
      scoreAll(opened, options, watch, answers),
    );
    answers?.file.finish();
    if (options.json) io.stdout.writeData(`${JSON.stringify(scored, null, 2)}\n`);
    else {
      io.stdout.write(renderScores(scored));
      for (const note of new Set(scored.flatMap(({ notes }) => notes))) printNote(note, io);
    }
  } finally {
    answers?.file.discard();
  }
}

async function scoreAll(
  opened: OpenedRuns,
  { data, out, split }: EvalOptions,
  watch: { report: Report; signal: AbortSignal },
  answers: { render: Renderer; file: AtomicFile } | undefined,
): Promise<ScoredSplit[]> {
  const { evaluateRun, readSplit } = await import("../inference/evaluate.ts");
  const { checkNotInput } = await import("../inference/outputs.ts");
  const { listAnswers } = await import("../inference/recorded.ts");
  const { outlineOf } = await import("../data/tasks.ts");
  const scored: ScoredSplit[] = [];
  for (const run of opened.runs) {
    const { evaluationSplits } = outlineOf(run.experiment.task);
    for (const name of split === undefined ? evaluationSplits : [split]) {
      const options = { split: name, ...(data !== undefined && { dataDir: data }), ...watch };
      const { files } = await readSplit(opened, run, options);
      if (out !== undefined)
        for (const { path } of files)
          checkNotInput({ called: "--out", path: out }, { called: name, path });
      const evaluated = await evaluateRun(opened, run, options);
      answers?.file.write(answers.render(listAnswers(run, evaluated)));
      scored.push(await describe(run, evaluated));
    }
  }
  return scored;
}

/** What is printed of a scored split; its answers may be forgotten. */
async function describe(run: TrainedRun, evaluated: Evaluated): Promise<ScoredSplit> {
  const { recordedScores } = await import("../inference/recorded.ts");
  const { bestThresholds, loss, metrics, split } = evaluated;
  const recorded = recordedScores(run, evaluated);
  return {
    run: basename(run.runDir),
    runDir: run.runDir,
    task: run.experiment.task.name,
    split,
    loss,
    metrics,
    recorded: recorded?.metrics ?? null,
    isSameData: recorded?.isSameData ?? null,
    ...(bestThresholds && { bestThresholds }),
    notes: notesOf(run, evaluated),
  };
}

function notesOf({ result, runDir }: TrainedRun, { bestThresholds, caveats, split }: Evaluated) {
  const diverged =
    result.status === "diverged"
      ? [`${runDir}: this run diverged; scored are its parameters of the best evaluation before`]
      : [];
  const thresholds = Object.entries(bestThresholds ?? {}).map(
    ([metric, { score, threshold }]) =>
      `${runDir}: ${split}: best ${metric} ${score.toFixed(4)} with nullThreshold ${threshold.toFixed(4)}, chosen on this split`,
  );
  return [...diverged, ...caveats, ...thresholds];
}
