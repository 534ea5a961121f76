// `peft ablate`: which layers' adapters matter. Says what is written where; src/inference and src/report make it.
import { join } from "node:path";
import type { Command } from "commander";
import { UserError } from "../errors.ts";
import { writeAtomic } from "../files.ts";
import type { Ablation } from "../report/ablation.ts";
import { type Io, line } from "./io.ts";
import { addOpenOptions, type OpenOptions, withRuns } from "./opened-runs.ts";
import { printNote } from "./read-runs.ts";

interface AblateOptions extends OpenOptions {
  data?: string;
  split?: string;
  out?: string;
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
  addOpenOptions(program.command("ablate"), "<run>")
    .description("score a run without the adapters of every span of layers")
    .option("--data <folder>", "folder with the task's files, if they are elsewhere now")
    .option(
      "--split <name>",
      "split to score (default: the one that decided which checkpoint is best)",
    )
    .option("--out <folder>", "where to write (default: the run folder)")
    .addHelpText("after", help)
    .action(async (run: string, options: AblateOptions) => ablateRun(run, options, io));
}

async function ablateRun(name: string, options: AblateOptions, io: Io): Promise<void> {
  const { data, split } = options;
  const { ablate } = await import("../inference/ablate.ts");
  const { ablation, fileFor } = await withRuns([name], options, io, async (opened, watch) => {
    const [run] = opened.runs;
    const out = options.out ?? run.runDir;
    // A second split beside the first would replace it.
    const files = (ending: string) => join(out, `ablation${split ? `-${split}` : ""}.${ending}`);
    const settings = {
      ...(data !== undefined && { dataDir: data }),
      ...(split !== undefined && { split }),
      memoryFile: files("json"),
    };
    return { ablation: await ablate(opened, run, { ...settings, ...watch }), fileFor: files };
  });
  const { renderAblationCsv } = await import("../report/ablation.ts");
  const { renderAblation } = await import("./ablate-render.ts");
  writeAtomic(fileFor("csv"), renderAblationCsv(ablation));
  await draw(ablation, fileFor, io);
  io.stdout.write(renderAblation(ablation));
  for (const ending of ["csv", "svg", "png"]) io.stdout.write(line`${fileFor(ending)}`);
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
