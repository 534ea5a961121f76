// The options by which commands change an experiment file's settings.
import { devices } from "../device/devices.ts";
import type { Command } from "commander";
import type { LoadOptions } from "../config/load.ts";

/** The values of these options as commander returns them. */
export interface SettingOptions {
  set?: string[];
  data?: string;
  device?: string;
  seed?: string;
}

/** Adds `--set`, `--data`, `--device` and, unless seeds are an axis, `--seed`. */
export function addSettingOptions(command: Command, { seed = true } = {}): Command {
  command
    .option(
      "--set <path=value>",
      "change a setting, such as training.epochs=3; may be repeated",
      collect,
    )
    .option("--data <folder>", "folder with the task's files (dataDir)")
    .option("--device <name>", `what computes: ${devices.join(", ")} (device)`);
  return seed ? command.option("--seed <number>", "seed of everything random (seed)") : command;
}

function collect(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}

/** The options as settings; flags first, so that `--set` has the last word. */
export function toLoadOptions({ set, data, device, seed }: SettingOptions): LoadOptions {
  const flags = [
    { flag: "--data", key: "dataDir", given: data, value: data },
    { flag: "--device", key: "device", given: device, value: device },
    // What is no number stays text, for the schema to refuse by name.
    { flag: "--seed", key: "seed", given: seed, value: isNumber(seed) ? Number(seed) : seed },
  ]
    .filter(({ given }) => given !== undefined)
    .map(({ flag, key, given, value }) => ({ origin: `${flag} ${given}`, path: [key], value }));
  return { flags, overrides: set ?? [] };
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== "" && !Number.isNaN(Number(text));
}
