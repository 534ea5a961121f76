// `peft check`: says of each config what it resolves to, one experiment or the cells of a sweep, or everything that is wrong with it.
import type { Command } from "commander";
import type { Rejected } from "../config/open.ts";
import type { LoadedSweep } from "../config/sweep.ts";
import { firstProblems, UserError } from "../errors.ts";
import { type Io, line, paint } from "./io.ts";
import { printNote } from "./read-runs.ts";
import { addSettingOptions, type SettingOptions, toLoadOptions } from "./settings.ts";

/** Adds `peft check`. */
export function addCheck(program: Command, io: Io): void {
  const command = program
    .command("check")
    .description("check experiment and sweep files without running them")
    .argument("<configs...>", "experiment or sweep files, here or among those that come with peft");
  addSettingOptions(command).action(async (configs: string[], options: SettingOptions) =>
    check(configs, options, io),
  );
}

async function check(configs: string[], options: SettingOptions, io: Io): Promise<void> {
  const { checkSweep } = await import("../config/sweep.ts");
  const { renderExperiment } = await import("./render.ts");
  let numProblems = 0;
  let numRejected = 0;
  for (const config of configs) {
    const result = checkSweep(config, toLoadOptions(options));
    if ("problems" in result) {
      numProblems += result.problems.length;
      numRejected += 1;
      printProblems(result, io);
    } else {
      const what =
        result.axes.length > 0 ? renderSweep(result) : renderExperiment(result.cells[0].experiment);
      io.stdout.write(`${paint(io.stdout, "green", "ok")} ${line`${config}: ${what}`}`);
      for (const note of result.notes) printNote(note, io);
    }
  }
  if (numRejected > 0)
    throw new UserError(
      `${count(numProblems, "problem")} in ${numRejected} of ${count(configs.length, "config")}`,
    );
}

/** How many cells, and how many values of what vary. */
function renderSweep({ cells, axes }: LoadedSweep): string {
  const varying = axes.flatMap((key) => {
    const values = new Set(cells.flatMap(({ values: { [key]: value } }) => value ?? []));
    return values.size > 1 ? [`${key} ${values.size}`] : [];
  });
  return [count(cells.length, "cell"), ...(varying.length > 0 ? [varying.join(", ")] : [])].join(
    ": ",
  );
}

function printProblems({ hint, problems }: Rejected, { stderr }: Io): void {
  for (const problem of firstProblems(problems)) stderr.write(line`${problem}`);
  if (hint !== undefined) stderr.write(`${paint(stderr, "cyan", "hint:")} ${line`${hint}`}`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
