// A small grid on the tiny encoder, swept by processes of their own.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { stringify } from "yaml";
import { machineColumns } from "../../src/report/columns.ts";
import { type Ended, ended, startCommand, writeInputs } from "./process.ts";

export interface Grid {
  folder: string;
  config: string;
}

/** Two sizes and two seeds of 30 steps each, saved often. */
export function writeGrid(
  folder: string,
  axes: object = { "method.size": [2, 4], seed: [0, 1] },
): Grid {
  const experiment = writeInputs(folder, 5);
  const config = join(folder, "grid.yaml");
  writeFileSync(config, stringify({ ...experiment, sweep: axes }));
  return { folder, config };
}

/** `peft sweep` on the grid, to its end. */
export function sweep(grid: Grid, out: string, ...flags: string[]): Promise<Ended> {
  return ended(startSweep(grid, out, ...flags));
}

/** `peft sweep` on the grid. */
export function startSweep({ config, folder }: Grid, out: string, ...flags: string[]) {
  return startCommand(folder, [...sweepArgs({ config }, out), ...flags], { detached: true }); // a process group of its own, to be signalled as one
}

/** The command that sweeps the grid. */
export function sweepArgs({ config }: Pick<Grid, "config">, out: string): string[] {
  return ["sweep", "--config", config, "--out", out];
}

/** Sweeps, killed without warning after so many seconds if it is still at work then. */
export async function sweepAndKill(grid: Grid, out: string, seconds: number): Promise<Ended> {
  const child = startSweep(grid, out);
  const end = ended(child);
  await Promise.race([end, setTimeout(seconds * 1000)]);
  child.kill("SIGKILL");
  return end;
}

/** `peft report` as CSV without the columns that depend on time and machine. */
export async function reportOf({ folder }: Grid, out: string): Promise<string> {
  const { stdout } = await ended(startCommand(folder, ["report", out, "--all"]));
  const [header, ...rows] = stdout.trim().split("\n").map((line) => line.split(",")); // prettier-ignore
  const kept = header.flatMap((name, i) => (machineColumns.includes(name) ? [] : [i]));
  return [header, ...rows].map((row) => kept.map((i) => row[i]).join(",")).join("\n");
}

/** The run folders in `out`. */
export function cellsOf(out: string): string[] {
  return existsSync(out) ? readdirSync(out).filter((name) => !name.startsWith(".")) : [];
}

/** When each finished run ended, by its folder: what was run again has another time. */
export function endings(out: string): Record<string, string> {
  const finished = cellsOf(out).filter((name) => existsSync(join(out, name, "result.json")));
  const read = (name: string) =>
    (JSON.parse(readFileSync(join(out, name, "result.json"), "utf8")) as { finishedAt: string })
      .finishedAt;
  return Object.fromEntries(finished.map((name) => [name, read(name)]));
}
