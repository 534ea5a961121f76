// `peft sweep`: a grid of experiments. Reads the grid, shows progress, prints what became of every cell; the rest is src/sweep.
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import type { LoadedSweep } from "../config/sweep.ts";
import { Interrupted, UserError } from "../errors.ts";
import { makeFolder } from "../files.ts";
import type { PlannedCell } from "../sweep/plan.ts";
import type { EndedCell } from "../sweep/sweep.ts";
import { stopOnSignals } from "./interrupt.ts";
import { type Io, line } from "./io.ts";
import { printNote } from "./read-runs.ts";
import type { SweepProgress } from "./sweep-progress.ts";
import { addSettingOptions, type SettingOptions, toLoadOptions } from "./settings.ts";

interface SweepCommandOptions extends Omit<SettingOptions, "seed"> {
  config: string;
  sizes?: string;
  lrs?: string;
  epochs?: string;
  seeds?: string;
  methods?: string;
  layers?: string;
  tasks?: string;
  out: string;
  jobs: string;
  retryFailed?: boolean;
  dryRun?: boolean;
  quiet?: boolean;
}

const details = `
Every combination is a cell, a run like any other, in a folder named by a hash of its settings: the same command again runs only
what is missing, and an added size leaves everything else as it is. A config may have the grid itself, in a section "sweep:".

Examples:
  peft sweep --sizes 8,64,256 --data path/to/glue
  peft sweep --config glue-mrpc.yaml --sizes 8,64 --lrs 3e-4,1e-3,3e-3 --seeds 3 --data path/to/glue
  peft sweep --config mrpc-tradeoff --data path/to/glue --dry-run`;

/** Adds `peft sweep`. */
export function addSweep(program: Command, io: Io): void {
  const command = program
    .command("sweep")
    .description("train a grid of experiments: every size, learning rate, seed, …")
    .option(
      "--config <file>",
      "experiment or sweep file, here or among those that come with peft",
      "glue-sst2.yaml",
    )
    .option("--sizes <list>", "bottleneck sizes (method.size), such as 8,64,256")
    .option("--lrs <list>", "learning rates (training.learningRate)")
    .option("--epochs <list>", "numbers of epochs (training.epochs)")
    .option("--seeds <count or list>", "5 for seeds 0 to 4, or 0,1,2 for just these (seed)")
    .option("--methods <list>", "methods (method.name), such as houlsby,full")
    .option("--layers <list>", "for top-layers: how many train (method.layers)")
    .option("--tasks <list>", "tasks (task.name)");
  addSettingOptions(command, { seed: false })
    .option("--out <folder>", "where run folders are created", "runs")
    .option("--jobs <number>", "cells that run at the same time, sharing the cores", "1")
    .option("--retry-failed", "run again the cells that ended in an error")
    .option(
      "--dry-run",
      "say what would run and what it would take, from a few steps of each method",
    )
    .option("--quiet", "print the outcome only")
    .addHelpText("after", details)
    .action(async (options: SweepCommandOptions) => sweep(options, io));
}

async function sweep(options: SweepCommandOptions, io: Io): Promise<void> {
  const numJobs = readJobs(options.jobs);
  const numThreads = Math.max(1, Math.floor(availableParallelism() / numJobs));
  if (!options.dryRun) makeFolder(options.out); // a place that cannot be written to is said before anything is read
  const { loadSweep, parseAxisFlags } = await import("../config/sweep.ts");
  const { createSweepProgress } = await import("./sweep-progress.ts");
  const loaded = loadSweep(options.config, {
    ...toLoadOptions(options),
    axes: parseAxisFlags(options),
  });
  const progress = createSweepProgress(io.stderr, { quiet: options.quiet ?? false });
  const interrupt = stopOnSignals(io, () => progress.close());
  try {
    const cells = await plan(loaded, options, progress);
    const retryFailed = options.retryFailed ?? false;
    if (options.dryRun)
      return await dryRun(cells, { numJobs, numThreads, retryFailed, progress, io });
    const { runSweep } = await import("../sweep/sweep.ts");
    progress.begin(cells, { numJobs, retryFailed });
    const { signal } = interrupt;
    const ended = await runSweep(cells, {
      outDir: options.out,
      numJobs,
      numThreads,
      retryFailed,
      signal,
      report: progress.report,
    });
    progress.close();
    await conclude(ended, { out: options.out, wasStopped: signal.aborted }, io);
  } finally {
    interrupt.dispose();
    progress.close();
  }
}

async function plan(
  { cells, notes }: LoadedSweep,
  { out }: SweepCommandOptions,
  progress: Pick<SweepProgress, "note">,
): Promise<PlannedCell[]> {
  const { planSweep } = await import("../sweep/plan.ts");
  for (const text of notes) progress.note(text);
  const said = new Set<string>();
  return planSweep(cells, {
    outDir: out,
    report: (event) => {
      // The same file may be read for several cells.
      if (event.type !== "note" || said.has(event.text)) return;
      said.add(event.text);
      progress.note(event.text);
    },
  });
}

async function dryRun(
  cells: PlannedCell[],
  options: {
    numJobs: number;
    numThreads: number;
    retryFailed: boolean;
    progress: SweepProgress;
    io: Io;
  },
): Promise<void> {
  const { numJobs, numThreads, retryFailed, progress, io } = options;
  const { estimateCells } = await import("../sweep/estimate.ts");
  const { renderPlan } = await import("./sweep-render.ts");
  const { estimates, problems } = await estimateCells(cells, {
    numThreads,
    retryFailed,
    onProgress: progress.probing,
  });
  progress.close();
  for (const text of problems) printNote(`not measured: ${text}`, io);
  io.stdout.write(renderPlan(estimates, { numJobs, retryFailed }));
}

/** Prints what became of the cells. Throws where some have no result. */
async function conclude(
  cells: readonly EndedCell[],
  { out, wasStopped }: { out: string; wasStopped: boolean },
  io: Io,
): Promise<void> {
  const { renderOutcome } = await import("./sweep-render.ts");
  io.stdout.write(renderOutcome(cells));
  const numOk = cells.filter(({ state }) => state === "ok").length;
  const ofAll = `${numOk} of ${cells.length} cells are finished`;
  if (wasStopped)
    throw new Interrupted(`stopped: ${ofAll}, and nothing is lost`, {
      hint: "go on with the same command",
    });
  if (numOk < cells.length)
    throw new UserError(`${ofAll}; the others are above`, {
      hint: cells.some(({ unrecorded }) => unrecorded !== null)
        ? "some could not be recorded in their folders; put that right and give the same command with --retry-failed"
        : cells.some(({ state }) => state === "failed")
          ? "try the failed ones again with --retry-failed; tables show them as holes"
          : `tables show them as holes: peft report ${out}`,
    });
  io.stderr.write(line`table: peft report ${out}`);
}

function readJobs(text: string): number {
  const number = Number(text);
  const most = availableParallelism();
  if (!Number.isInteger(number) || number < 1 || number > most)
    throw new UserError(
      `--jobs ${text}: expected an integer from 1 to the number of cores, ${most}`,
      {
        hint: "each job runs one cell at a time on its share of the cores",
      },
    );
  return number;
}
