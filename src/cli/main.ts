// The command line: which commands there are, the only place that catches, and the only one that decides the exit code.
// Commands import what they need when they run, so that `peft --help` is instant.
import { Command, CommanderError } from "commander";
import { printable } from "../cite.ts";
import { Interrupted, UserError } from "../errors.ts";
import { addAblate } from "./ablate.ts";
import { addCheck } from "./check.ts";
import { addDoctor } from "./doctor.ts";
import { addEval } from "./eval.ts";
import { checkWritten, type Io, paint, processIo } from "./io.ts";
import { addMethods, addTasks } from "./catalogue.ts";
import { readPackage } from "./package.ts";
import { addPick } from "./pick.ts";
import { addPredict } from "./predict.ts";
import { addReport } from "./report.ts";
import { addRerun } from "./rerun.ts";
import { addList, addShow } from "./runs.ts";
import { addSetup } from "./setup.ts";
import { addSweep } from "./sweep.ts";
import { outliveTerminal } from "./terminal.ts";
import { addTrain } from "./train.ts";
import { addVerify } from "./verify.ts";

const exitCodes = { ok: 0, userError: 1, usage: 2, bug: 70, interrupted: 130 } as const;

/** Runs one command, such as `["train", "--config", "quickstart.yaml"]`, and returns the exit code; never throws. */
export async function main(argv: readonly string[], given?: Io): Promise<number> {
  const io = given ?? processIo();
  if (!given) outliveTerminal(io); // tests' own process is not ours
  const exitCode = await run(argv, io);
  await Promise.all([io.stdout.flush(), io.stderr.flush()]);
  if (exitCode !== exitCodes.ok) return exitCode;
  try {
    checkWritten(io);
    return exitCodes.ok;
  } catch (error) {
    return explain(error, io);
  }
}

async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    await createProgram(io, argv).parseAsync(argv, { from: "user" });
    return exitCodes.ok;
  } catch (error) {
    return explain(error, io);
  }
}

function createProgram(io: Io, argv: readonly string[]): Command {
  const program = new Command("peft")
    .description(
      "Fine-tune BERT-style encoders by training few parameters (adapters, Houlsby et al. 2019).",
    )
    .version(readPackage().version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) =>
        write(showArguments(text, argv).replace(/^error:/, paint(io.stderr, "red", "error:"))),
    })
    .showHelpAfterError("hint: add --help to see what is accepted")
    .addHelpText(
      "after",
      "\nFirst run, a few minutes, no download:\n  peft train --config quickstart.yaml",
    );
  addTrain(program, io);
  addSweep(program, io);
  addEval(program, io);
  addPredict(program, io);
  addReport(program, io);
  addPick(program, io);
  addList(program, io);
  addShow(program, io);
  addRerun(program, io);
  addAblate(program, io);
  addVerify(program, io);
  addCheck(program, io);
  addDoctor(program, io);
  addSetup(program, io);
  addTasks(program, io);
  addMethods(program, io);
  return program;
}

/** Commander's message, of whose lines none comes from the arguments that it quotes. */
function showArguments(message: string, argv: readonly string[]): string {
  const quoted = argv.flatMap((argument) => [argument, argument.slice(argument.indexOf("=") + 1)]);
  return quoted.reduce(
    (text, argument) =>
      argument.includes("\n") ? text.replaceAll(argument, () => printable(argument)) : text,
    message,
  );
}

/** Tells what went wrong and returns the exit code that says so. */
function explain(error: unknown, io: Io): number {
  // Commander has written its message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof UserError) return explainUserError(error, io);
  const stack = error instanceof Error ? error.stack : String(error);
  io.stderr.write(`${stack}\nThis is a bug in peft: please report it with the lines above.\n`);
  return exitCodes.bug;
}

function explainUserError(error: UserError, { stderr }: Io): number {
  const interrupted = error instanceof Interrupted;
  const label = interrupted ? "" : `${paint(stderr, "red", "error:")} `;
  stderr.write(`${label}${error.message}\n`);
  if (error.hint !== undefined) stderr.write(`${paint(stderr, "cyan", "hint:")} ${error.hint}\n`);
  return interrupted ? exitCodes.interrupted : exitCodes.userError;
}
