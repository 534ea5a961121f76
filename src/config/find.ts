// Where experiment files are looked for: the current folder (or the path given), then the configs that come with the program.
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { attempt } from "../files.ts";
import { suggest } from "../suggest.ts";

/** The folder of the configs that come with the program; the same from src/ and from dist/. */
export const configsFolder = fileURLToPath(new URL("../../configs", import.meta.url));

/** Those of them that hold a sweep. */
const SWEEPS = "sweeps";

const endings = ["", ".yaml", ".yml"];

/** The path of the named experiment file, or what to say where there is none. */
export function findConfig(nameOrPath: string): string | { problem: string; hint: string } {
  const folders = foldersFor(nameOrPath);
  for (const folder of folders) {
    for (const ending of endings) {
      const path = resolve(folder, nameOrPath + ending);
      if (isFile(path)) return path;
    }
  }
  const looked =
    folders.length > 1 ? `${folders[0]} and ${configsFolder}` : dirname(resolve(nameOrPath));
  return {
    problem: `${nameOrPath}: no such config: looked in ${looked}`,
    hint: available(nameOrPath),
  };
}

/** A bare name may be one of ours, and so may `sweeps/NAME`, as they are listed; any other path means that place only. */
function foldersFor(nameOrPath: string): string[] {
  const here = process.cwd();
  const folder = dirname(nameOrPath);
  if (folder === "." && !nameOrPath.startsWith("."))
    return [here, configsFolder, join(configsFolder, SWEEPS)];
  return folder === SWEEPS ? [here, configsFolder] : [here];
}

function isFile(path: string): boolean {
  return attempt(path, () => statSync(path, { throwIfNoEntry: false })?.isDirectory() === false);
}

/** The names of the experiments that come with the program. */
export function configNames(): string[] {
  return yamlFilesIn(configsFolder);
}

/** The names of the sweeps that come with the program, such as `sweeps/init-scale.yaml`. */
export function sweepNames(): string[] {
  return yamlFilesIn(join(configsFolder, SWEEPS)).map((name) => `${SWEEPS}/${name}`);
}

function yamlFilesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".yaml"))
    .toSorted();
}

/** A path as people write it: relative where it is below the current folder. */
export function displayPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") || isAbsolute(fromHere) ? path : fromHere || ".";
}

function available(wanted: string): string {
  const names = [...configNames(), ...sweepNames()];
  const near =
    nearest(wanted, names, (name) => name) ?? nearest(wanted, names, (name) => basename(name));
  const question = near === undefined ? "" : `did you mean ${near}? `;
  return `${question}these come with peft: ${names.join(", ")}`;
}

/** The name that is nearest in a form that people write, with or without its ending. */
function nearest(
  wanted: string,
  names: readonly string[],
  toForm: (name: string) => string,
): string | undefined {
  const forms = names.map(toForm);
  const near = suggest(wanted, forms) ?? suggest(`${wanted}.yaml`, forms);
  return near === undefined ? undefined : names[forms.indexOf(near)];
}
