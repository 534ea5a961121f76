// `peft pick`: the smallest setting that meets a rule, and the rows that prove it.
import { type Command, Option } from "commander";
import { listProblems, UserError } from "../errors.ts";
import type { Denominator, Rule } from "../report/pick.ts";
import { type Io, line } from "./io.ts";
import { DEFAULT_RUNS, printNote, readRunsIn } from "./read-runs.ts";

interface PickOptions {
  within?: string;
  budget?: string;
  of: Denominator;
}

const examples = `
Examples:
  peft pick --within 1%                 fewest trained parameters at most 1 point below full fine-tuning
  peft pick --budget 0.5%               highest mean with at most 0.5 % of the model trained
  peft pick --budget 600k --within 2%   fewest parameters that meet both

The mean is over seeds, points are those of the deciding metric. Where full fine-tuning was not run, the best row takes its place.`;

/** Adds `peft pick`. */
export function addPick(program: Command, io: Io): void {
  const command = program
    .command("pick")
    .description("name the smallest setting that is good enough")
    .argument("[runs...]", `run folders, or folders of run folders (default: ${DEFAULT_RUNS})`)
    .option("--within <points>", "how far below full fine-tuning the mean may be, such as 1%")
    .option("--budget <amount>", "most trained parameters: a share such as 0.5%, or 600k")
    .addOption(
      new Option("--of <what>", "what the share is of: the whole model or its encoder layers")
        .choices(["model", "layers"] satisfies Denominator[])
        .default("model"),
    )
    .addHelpText("after", examples);
  command.action(async (folders: string[], options: PickOptions) =>
    pick(folders, options, command, io),
  );
}

async function pick(
  folders: string[],
  { budget, of, within }: PickOptions,
  command: Command,
  io: Io,
): Promise<void> {
  if (within === undefined && budget === undefined)
    command.error("error: by which rule? Expected --within POINTS, --budget AMOUNT, or both");
  const { describePick, parseBudget, parseWithin, pickRows } = await import("../report/pick.ts");
  const rule: Rule = {
    ...(within !== undefined && { within: parseWithin(within) }),
    ...(budget !== undefined && { budget: parseBudget(budget, of) }),
  };
  const { tabulate } = await import("../report/rows.ts");
  const { renderTable } = await import("./render.ts");
  const { notes, rows } = tabulate(await readRunsIn(folders, io));
  for (const note of notes) printNote(note, io);
  const { misses, picks } = pickRows(rows, rule);
  const blocks = picks.map((one) => {
    const { encoder, metric, split, task } = one.row;
    return line`${task}, ${encoder}: ${metric} on ${split}` + renderTable(describePick(one));
  });
  io.stdout.write(blocks.join("\n"));
  if (misses.length === 0) return;
  const asked = [
    ...(within === undefined ? [] : [`--within ${within}`]),
    ...(budget === undefined ? [] : [`--budget ${budget}`]),
  ].join(" ");
  throw new UserError(
    listProblems(
      misses.map(({ nearest, place }) => `${place}: nothing meets ${asked}: ${nearest}`),
    ),
    { hint: "ask for less, or sweep more sizes: peft sweep --sizes" },
  );
}
