// `peft train`: one experiment. Reads the settings, shows progress, prints the result; everything else is run.ts.
import { join } from "node:path";
import type { Command } from "commander";
import type { Experiment } from "../config/schema.ts";
import { UserError } from "../errors.ts";
import { pathExists } from "../files.ts";
import { stopOnSignals } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { addSettingOptions, type SettingOptions, toLoadOptions } from "./settings.ts";

interface TrainOptions extends SettingOptions {
  config?: string;
  out: string;
  resume?: string;
  quiet?: boolean;
}

const examples = `
Examples:
  peft train --config quickstart.yaml
  peft train --config glue-sst2.yaml --data path/to/glue --set method.size=8
  peft train --resume runs/RUN_FOLDER`;

/** Adds `peft train`. */
export function addTrain(program: Command, io: Io): void {
  const command = program
    .command("train")
    .description("train and evaluate one experiment")
    .option("--config <file>", "experiment file, here or among those that come with peft");
  addSettingOptions(command)
    .option("--out <folder>", "where run folders are created", "runs")
    .option("--resume <folder>", "go on with the run in this folder")
    .option("--quiet", "print the result only")
    .addHelpText("after", examples)
    .action(async (options: TrainOptions) => train(options, command, io));
}

async function train(options: TrainOptions, command: Command, io: Io): Promise<void> {
  const { out, resume, quiet } = options;
  const config = options.config ?? (resume === undefined ? undefined : configOf(resume));
  if (config === undefined)
    command.error(
      "error: which experiment? Expected --config FILE, such as --config quickstart.yaml, or --resume FOLDER",
    );
  const { loadExperiment } = await import("../config/load.ts");
  const { createProgress } = await import("./progress.ts");
  const { renderSummary } = await import("./render.ts");
  const { experiment, notes } = loadExperiment(config, toLoadOptions(options));
  const progress = createProgress(io.stderr, { quiet: quiet ?? false });
  for (const text of notes) progress.report({ type: "note", text });

  const { runExperiment } = await import("../run.ts");
  const interrupt = stopOnSignals(io, () => progress.close());
  try {
    const { signal } = interrupt;
    const result = await runExperiment(experiment, {
      outDir: out,
      retryFailed: true,
      ...(resume !== undefined && { resume }),
      signal,
      report: progress.report,
    });
    progress.close();
    io.stdout.write(renderSummary(result));
    if (result.status === "diverged") throw diverged(result.runDir, experiment);
  } finally {
    interrupt.dispose();
    progress.close();
  }
}

/** The settings a run was started with, which its folder keeps. */
function configOf(runDir: string): string {
  const path = join(runDir, "config.yaml");
  if (!pathExists(path))
    throw new UserError(`${runDir}: expected a run folder, with a config.yaml in it`, {
      hint: "peft train prints the run folder; by default it is in ./runs",
    });
  return path;
}

function diverged(runDir: string, { training }: Experiment): UserError {
  const lower = Number((training.learningRate / 3).toPrecision(1));
  return new UserError(`${runDir}: training diverged: the loss is no longer a number`, {
    hint: `try a lower learning rate: --set training.learningRate=${lower}`,
  });
}
