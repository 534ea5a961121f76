// `peft verify`: whether runs over one encoder leave it, and each other, as they were.
import type { Command } from "commander";
import { UserError } from "../errors.ts";
import type { Verification } from "../inference/verification.ts";
import { stopOnSignals } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { DEFAULT_RUNS, findRun } from "./read-runs.ts";

interface VerifyOptions {
  data?: string;
  encoder?: string;
  json?: boolean;
  quick?: boolean;
}

const help = `
The encoder is loaded once, the runs are added to it in the order given, and each is scored when
it is added and again when all are there. The exit code is 0 if every check passed.

Examples:
  peft verify runs/*houlsby*
  peft verify mrpc-houlsby-64-seed0-3fa033ff cola-houlsby-64-seed0-5c1d2e90 --data ~/glue`;

/** Adds `peft verify`. */
export function addVerify(program: Command, io: Io): void {
  program
    .command("verify")
    .description("prove that runs over one encoder leave it and each other untouched")
    .argument("<runs...>", `run folders, or their names in ${DEFAULT_RUNS}`)
    .option("--data <folder>", "folder with the tasks' files, if they are elsewhere now")
    .option("--encoder <source>", "where the encoder is, if it is elsewhere now")
    .option("--quick", "compare hashes and tensors only, without scoring the runs")
    .option("--json", "print what was found as JSON")
    .addHelpText("after", help)
    .action(async (runs: string[], options: VerifyOptions) =>
      verifyRuns(runs.map(findRun), options, io),
    );
}

async function verifyRuns(runDirs: string[], options: VerifyOptions, io: Io): Promise<void> {
  const found = await examine(runDirs, options, io);
  const { failures, renderVerification } = await import("./verify-render.ts");
  io.stdout.write(
    options.json ? `${JSON.stringify(found, null, 2)}\n` : renderVerification(found, io.stdout),
  );
  const [first, ...others] = failures(found);
  if (!first) return;
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  throw new UserError(`${first.remark}${more}`, first.hint === undefined ? {} : { hint: first.hint }); // prettier-ignore
}

async function examine(
  runDirs: string[],
  { data, encoder, quick = false }: VerifyOptions,
  io: Io,
): Promise<Verification> {
  const { createProgress } = await import("./progress.ts");
  const { openRuns } = await import("../inference/evaluate.ts");
  const { verify } = await import("../inference/verify.ts");
  const progress = createProgress(io.stderr, { quiet: false });
  const { report } = progress;
  const interrupt = stopOnSignals(io, () => progress.close());
  try {
    const opened = await openRuns(runDirs, { report, ...(encoder !== undefined && { encoder }) });
    try {
      const dataDir = data === undefined ? {} : { dataDir: data };
      return await verify(opened, { ...dataDir, quick, signal: interrupt.signal, report });
    } finally {
      await opened.dispose();
    }
  } finally {
    interrupt.dispose();
    progress.close();
  }
}
