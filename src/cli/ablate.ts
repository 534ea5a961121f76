// `peft ablate`: which layers' adapters matter. Says what is written where; src/inference and src/report make it.
import { join } from "node:path";
import type { Command } from "commander";
import { UserError } from "../errors.ts";
import { writeAtomic } from "../files.ts";
import type { Ablation } from "../report/ablation.ts";
import { stopOnSignals } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { DEFAULT_RUNS, findRun, printNote } from "./read-runs.ts";

interface AblateOptions {
  data?: string;
  split?: string;
  out?: string;
  encoder?: string;
}

const help = `
Adapters are removed from every span of layers next to each other, and the model is scored as it
is, without training it again (Houlsby et al. 2019, Fig. 6). LayerNorms and head stay as trained.
Written are ablation.csv, .svg and .png, and ablation.json, from which a stopped command goes on.

Examples:
  peft ablate runs/mrpc-houlsby-64-seed0-3fa033ff
  peft ablate mrpc-houlsby-64-seed0-3fa033ff --data ~/glue --out ablation`;

/** Adds `peft ablate`. */
export function addAblate(program: Command, io: Io): void {
  program
    .command("ablate")
    .description("score a run without the adapters of every span of layers")
    .argument("<run>", `run folder, or its name in ${DEFAULT_RUNS}`)
    .option("--data <folder>", "folder with the task's files, if they are elsewhere now")
    .option(
      "--split <name>",
      "split to score (default: the one that decided which checkpoint is best)",
    )
    .option("--out <folder>", "where to write (default: the run folder)")
    .option("--encoder <source>", "where the encoder is, if it is elsewhere now")
    .addHelpText("after", help)
    .action(async (run: string, options: AblateOptions) => ablateRun(findRun(run), options, io));
}

async function ablateRun(runDir: string, options: AblateOptions, io: Io): Promise<void> {
  const { out = runDir, split } = options;
  // A second split beside the first would replace it.
  const fileFor = (ending: string) => join(out, `ablation${split ? `-${split}` : ""}.${ending}`);
  const ablation = await measure(runDir, options, fileFor("json"), io);
  const { renderAblationCsv } = await import("../report/ablation.ts");
  const { renderAblation } = await import("./ablate-render.ts");
  writeAtomic(fileFor("csv"), renderAblationCsv(ablation));
  await draw(ablation, fileFor, io);
  io.stdout.write(renderAblation(ablation));
  for (const ending of ["csv", "svg", "png"]) io.stdout.write(`${fileFor(ending)}\n`);
}

async function measure(
  runDir: string,
  { data, encoder, split }: AblateOptions,
  memoryFile: string,
  io: Io,
): Promise<Ablation> {
  const { createProgress } = await import("./progress.ts");
  const { ablate } = await import("../inference/ablate.ts");
  const { openRuns } = await import("../inference/evaluate.ts");
  const progress = createProgress(io.stderr, { quiet: false });
  const { report } = progress;
  const interrupt = stopOnSignals(io, () => progress.close());
  try {
    const opened = await openRuns([runDir], { report, ...(encoder !== undefined && { encoder }) });
    try {
      return await ablate(opened, opened.runs[0], {
        ...(data !== undefined && { dataDir: data }),
        ...(split !== undefined && { split }),
        memoryFile,
        signal: interrupt.signal,
        report,
      });
    } finally {
      await opened.dispose();
    }
  } finally {
    interrupt.dispose();
    progress.close();
  }
}

/** The pictures; where one cannot be drawn on this machine the rest is not withheld. */
async function draw(ablation: Ablation, fileFor: (ending: string) => string, io: Io) {
  const { ablationSpec } = await import("../report/plots/ablation.ts");
  const { renderPng, renderSvg } = await import("../report/plots/render.ts");
  const spec = ablationSpec(ablation);
  writeAtomic(fileFor("svg"), await renderSvg(spec));
  try {
    writeAtomic(fileFor("png"), await renderPng(spec));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    printNote(`no ${fileFor("png")}: ${error.message}`, io);
  }
}
