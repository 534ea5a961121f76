// `peft train` and other commands in processes of their own, from the built program, on the tiny encoder.
import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { join } from "node:path";
import { stringifyExperiment } from "../../src/config/load.ts";
import { type Experiment, resolveExperiment } from "../../src/config/schema.ts";
import { writeTinyEncoder, writeTinyGlue } from "./tiny.ts";

const bin = join(import.meta.dirname, "..", "..", "bin", "peft.js");

export interface Workplace {
  folder: string;
  config: string;
}

/** Writes encoder and data; gives an experiment with them of 6 steps an epoch that is evaluated and saved often. */
export function writeInputs(folder: string, epochs: number): Experiment {
  return resolveExperiment({
    task: { name: "sst2", maxLength: 16 },
    encoder: { source: writeTinyEncoder(join(folder, "encoder")) },
    method: { name: "houlsby", size: 4 },
    training: { epochs, batchSize: 4, learningRate: 3e-3 },
    evaluation: { every: 5 },
    checkpoint: { everySteps: 3 },
    dataDir: writeTinyGlue(join(folder, "glue")),
  });
}

/** A folder with encoder, data and an experiment of 60 steps. */
export function writeWorkplace(folder: string): Workplace {
  const experiment = writeInputs(folder, 10);
  const config = join(folder, "experiment.yaml");
  writeFileSync(config, stringifyExperiment(experiment));
  return { folder, config };
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

/** Starts training, or goes on with the run that is in `out`. */
export function startTraining({ config, folder }: Workplace, out: string): ChildProcess {
  const run = runFolder(out);
  const begun = run !== undefined && existsSync(join(run, "config.yaml"));
  const what = begun ? ["--resume", run] : ["--config", config, "--out", out];
  return startCommand(folder, ["train", ...what, "--quiet"]);
}

/** Starts any command, with a cache of its own in `folder`. */
export function startCommand(
  folder: string,
  args: readonly string[],
  { env = {}, ...options }: SpawnOptions = {},
): ChildProcess {
  const all = { ...process.env, PEFT_CACHE: join(folder, "cache"), ...env };
  return spawn(process.execPath, [bin, ...args], { ...options, env: all });
}

/** Waits for a process. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const start = performance.now();
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => void child.on("close", resolve));
  return { code, stdout, stderr, seconds: (performance.now() - start) / 1000 };
}

/** Trains, killed without warning after so many seconds if it is still at work then. */
export async function trainAndKill(place: Workplace, out: string, seconds: number): Promise<Ended> {
  const child = startTraining(place, out);
  const end = ended(child);
  await Promise.race([end, setTimeout(seconds * 1000)]);
  child.kill("SIGKILL");
  return end;
}

/** The run folder in `out`, once it is there. */
export function runFolder(out: string): string | undefined {
  const names = existsSync(out) ? readdirSync(out) : [];
  const name = names.find((entry) => !entry.startsWith(".")); // locks are in a dot folder
  return name === undefined ? undefined : join(out, name);
}

/** Whether the run in `out` has its result. */
export function isFinished(out: string): boolean {
  const run = runFolder(out);
  return run !== undefined && existsSync(join(run, "result.json"));
}

/** The files of the finished run in `out` that must not depend on how it came about. */
export function filesOf(out: string): Record<string, string> {
  const names = ["adapter.safetensors", "last.safetensors", "metrics.jsonl"];
  const read = (name: string) => readFileSync(join(runFolder(out) ?? out, name)).toString("base64");
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}
