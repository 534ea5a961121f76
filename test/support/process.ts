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
export function startTraining(place: Workplace, out: string): ChildProcess {
  return startCommand(place.folder, [...trainingArgs(place, out), "--quiet"]);
}

/** The command that trains, or goes on with the run that is in `out`. */
export function trainingArgs({ config }: Workplace, out: string): string[] {
  const run = runFolder(out);
  const begun = run !== undefined && existsSync(join(run, "config.yaml"));
  return ["train", ...(begun ? ["--resume", run] : ["--config", config, "--out", out])];
}

/** Starts any command, with a cache of its own in `folder`. */
export function startCommand(
  folder: string,
  args: readonly string[],
  { inTerminal = false, env = {}, ...options }: SpawnOptions & { inTerminal?: boolean } = {},
): ChildProcess {
  const all = { ...process.env, PEFT_CACHE: join(folder, "cache"), ...env };
  const command = [process.execPath, bin, ...args];
  // script(1) of util-linux gives it a terminal, which closes when script is killed.
  if (inTerminal)
    return spawn("script", ["-qfec", command.map(quote).join(" "), "/dev/null"], { ...options, env: all }); // prettier-ignore
  return spawn(command[0], command.slice(1), { ...options, env: all });
}

/** For a POSIX shell. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
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

/** What is in the folder of the finished run in `out`, without what depends on how it came about. */
export function filesOf(out: string): Record<string, string> {
  return contentsOf(runFolder(out) ?? out);
}

/** What is in the folder of a finished run, times and memory aside. */
export function contentsOf(run: string): Record<string, string> {
  const read = (name: string) => {
    const bytes = readFileSync(join(run, name));
    return name === "result.json" ? withoutTimes(bytes.toString()) : bytes.toString("base64");
  };
  return Object.fromEntries(
    readdirSync(run)
      .toSorted()
      .map((name) => [name, read(name)]),
  );
}

function withoutTimes(result: string): string {
  const ofMachine = ["seconds", "computeSeconds", "tokensPerSecond", "peakBytes", "finishedAt"];
  const keep = (key: string, value: unknown) => (ofMachine.includes(key) ? undefined : value);
  return JSON.stringify(JSON.parse(result, keep));
}
