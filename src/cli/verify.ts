// `peft verify`: whether runs over one encoder leave it, and each other, as they were.
import type { Command } from "commander";
import { UserError } from "../errors.ts";
import type { Io } from "./io.ts";
import { addOpenOptions, type OpenOptions, withRuns } from "./opened-runs.ts";

interface VerifyOptions extends OpenOptions {
  data?: string;
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
  addOpenOptions(program.command("verify"))
    .description("prove that runs over one encoder leave it and each other untouched")
    .option("--data <folder>", "folder with the tasks' files, if they are elsewhere now")
    .option("--quick", "compare hashes and tensors only, without scoring the runs")
    .option("--json", "print what was found as JSON")
    .addHelpText("after", help)
    .action(async (runs: string[], options: VerifyOptions) => verifyRuns(runs, options, io));
}

async function verifyRuns(names: string[], options: VerifyOptions, io: Io): Promise<void> {
  const { verify } = await import("../inference/verify.ts");
  const { data, quick = false } = options;
  const where = data === undefined ? {} : { dataDir: data };
  const found = await withRuns(names, { ...options, allowChanged: true }, io, (opened, watch) =>
    verify(opened, { ...where, quick, ...watch }),
  );
  const { failures, renderVerification } = await import("./verify-render.ts");
  if (options.json) io.stdout.writeData(`${JSON.stringify(found, null, 2)}\n`);
  else io.stdout.write(renderVerification(found, io.stdout));
  const [first, ...others] = failures(found);
  if (!first) return;
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  throw new UserError(`${first.remark}${more}`, first.hint === undefined ? {} : { hint: first.hint }); // prettier-ignore
}
