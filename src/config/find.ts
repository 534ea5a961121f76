// Where experiment files are looked for: the current folder (or the path given), then the configs that come with the program.
import { readdirSync, statSync } from "node:fs";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { attempt } from "../files.ts";
import { suggest } from "./suggest.ts";

/** The folder of the configs that come with the program; the same from src/ and from dist/. */
export const configsFolder = fileURLToPath(new URL("../../configs", import.meta.url));

const endings = ["", ".yaml", ".yml"];

/** The path of the named experiment file, or what to say where there is none. */
export function findConfig(nameOrPath: string): string | { problem: string; hint: string } {
  const isBare = dirname(nameOrPath) === "." && !nameOrPath.startsWith(".");
  const folders = isBare ? [process.cwd(), configsFolder] : [process.cwd()];
  for (const folder of folders) {
    for (const ending of endings) {
      const path = resolve(folder, nameOrPath + ending);
      if (isFile(path)) return path;
    }
  }
  const looked = isBare ? folders.join(" and ") : dirname(resolve(nameOrPath));
  return {
    problem: `${nameOrPath}: no such config: looked in ${looked}`,
    hint: available(nameOrPath),
  };
}

function isFile(path: string): boolean {
  return attempt(path, () => statSync(path, { throwIfNoEntry: false })?.isDirectory() === false);
}

/** The names of the configs that come with the program. */
export function configNames(): string[] {
  return readdirSync(configsFolder)
    .filter((name) => name.endsWith(".yaml"))
    .toSorted();
}

/** A path as people write it: relative where it is below the current folder. */
export function displayPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") || isAbsolute(fromHere) ? path : fromHere || ".";
}

function available(wanted: string): string {
  const names = configNames();
  const near = suggest(wanted, names) ?? suggest(`${wanted}.yaml`, names);
  const question = near === undefined ? "" : `did you mean ${near}? `;
  return `${question}these come with peft: ${names.join(", ")}`;
}
