// `peft doctor`: what this machine offers, which engines work on it, and the command for everything that is missing.
import type { Command } from "commander";
import type { CheckEngines } from "../device/report.ts";
import { UserError } from "../errors.ts";
import type { Hardware } from "../hardware/hardware.ts";
import type { Io } from "./io.ts";

/** Adds `peft doctor`. */
export function addDoctor(program: Command, io: Io): void {
  program
    .command("doctor")
    .description(
      "show what this machine offers, which engines work on it, and how to mend the rest",
    )
    .option("--json", "as JSON, sizes in bytes")
    .option("--no-self-test", "only load the engines, without a step on each")
    .action(async (options: DoctorOptions) => {
      const { inspectHardware } = await import("../hardware/hardware.ts");
      const { checkEngines } = await import("../device/check-engines.ts");
      await doctor(options, io, { inspectHardware, checkEngines });
    });
}

export interface DoctorOptions {
  json?: boolean;
  selfTest: boolean;
}

/** Who is asked. */
export interface Examiners {
  inspectHardware: () => Promise<Hardware>;
  checkEngines: CheckEngines;
}

/** Writes the diagnosis; throws UserError if not even the cpu engine works. */
export async function doctor(
  { json = false, selfTest }: DoctorOptions,
  io: Io,
  { inspectHardware, checkEngines }: Examiners,
): Promise<void> {
  const { diagnose } = await import("./doctor-diagnosis.ts");
  const hardware = await inspectHardware();
  const diagnosis = diagnose(hardware, await checkEngines(hardware, { selfTest }));
  const { renderDiagnosis } = await import("./doctor-render.ts");
  if (json) io.stdout.writeData(`${JSON.stringify(diagnosis, null, 2)}\n`);
  else io.stdout.write(renderDiagnosis(diagnosis, io.stdout));
  const cpu = diagnosis.engines.find(({ device }) => device === "cpu");
  if (cpu?.status !== "ok")
    throw new UserError(
      `cpu: ${cpu?.reason ?? "not checked"}: expected the engine that works everywhere`,
      cpu?.remedy === undefined ? {} : { hint: cpu.remedy },
    );
}
