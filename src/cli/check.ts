// `peft check`: says of each config what it resolves to, or everything that is wrong with it.
import type { Command } from "commander";
import { UserError } from "../errors.ts";
import { type Io, paint } from "./io.ts";
import { addSettingOptions, type SettingOptions, toLoadOptions } from "./settings.ts";

/** Adds `peft check`. */
export function addCheck(program: Command, io: Io): void {
  const command = program
    .command("check")
    .description("check experiment files without running them")
    .argument("<configs...>", "experiment files, here or among those that come with peft");
  addSettingOptions(command).action(async (configs: string[], options: SettingOptions) =>
    check(configs, options, io),
  );
}

async function check(configs: string[], options: SettingOptions, io: Io): Promise<void> {
  const { checkExperiment } = await import("../config/load.ts");
  const { renderExperiment } = await import("./render.ts");
  let numProblems = 0;
  let numRejected = 0;
  for (const config of configs) {
    const result = checkExperiment(config, toLoadOptions(options));
    if ("problems" in result) {
      numProblems += result.problems.length;
      numRejected += 1;
      printProblems(result.problems, result.hint, io);
    } else {
      io.stdout.write(
        `${paint(io.stdout, "green", "ok")} ${config}: ${renderExperiment(result.experiment)}\n`,
      );
      for (const note of result.notes)
        io.stderr.write(`${paint(io.stderr, "yellow", "note:")} ${note}\n`);
    }
  }
  if (numRejected > 0)
    throw new UserError(
      `${count(numProblems, "problem")} in ${numRejected} of ${count(configs.length, "config")}`,
    );
}

function printProblems(problems: string[], hint: string | undefined, { stderr }: Io): void {
  for (const problem of problems) stderr.write(`${problem}\n`);
  if (hint !== undefined) stderr.write(`${paint(stderr, "cyan", "hint:")} ${hint}\n`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
