// Where a split of SQuAD is: the file that the settings name, or an official one in the data folder.
import { readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { attempt, pathExists } from "../../files.ts";
import type { SpanSettings } from "../settings.ts";
import type { Version } from "./layout.ts";

/** The path of the split's file. Throws UserError naming every place that was looked at. */
export function findSplit(
  settings: SpanSettings,
  version: Version,
  split: string,
  dataDir: string | undefined,
): string {
  const named = split === "train" ? settings.train : settings.dev;
  const official = `${split}-v${version}.json`;
  if (named !== undefined) return ownFile(named, split, dataDir);
  if (dataDir === undefined) {
    throw new UserError(`data: no folder given: expected the one with ${official}`, {
      hint: hintFor(settings, split, official),
    });
  }
  const folders = [dataDir, join(dataDir, "squad")];
  const paths = folders.flatMap((folder) => [
    join(folder, official),
    join(folder, `${official}.gz`),
  ]);
  const found = paths.find(pathExists) ?? partOfTraining(folders, split, version);
  if (found !== undefined) return found;
  const missing = pathExists(dataDir) ? official : dataDir;
  throw new UserError(
    `${missing}: no such ${missing === official ? "file" : "folder"}: looked for ${paths.join(", ")}`,
    { hint: hintFor(settings, split, official) },
  );
}

function ownFile(named: string, split: string, dataDir: string | undefined): string {
  const path = resolve(dataDir ?? ".", named);
  if (pathExists(path)) return path;
  const base = dataDir === undefined ? "the current folder" : "the folder given by --data";
  throw new UserError(`task.${split}: ${path}: no such file`, {
    hint: `the path is relative to ${base}`,
  });
}

/** The one file that begins like the official training file, such as a selection of its articles. */
function partOfTraining(folders: readonly string[], split: string, version: string) {
  if (split !== "train") return undefined;
  const parts = folders
    .filter((folder) => pathExists(folder))
    .flatMap((folder) =>
      attempt(folder, () => readdirSync(folder)).map((name) => join(folder, name)),
    )
    .filter((path) => isPart(path, version));
  if (parts.length > 1) {
    throw new UserError(`task.train: several files: expected one of ${parts.join(", ")}`, {
      hint: "name the one to train on: task.train: FILE",
    });
  }
  return parts.at(0);
}

function isPart(path: string, version: string): boolean {
  const name = basename(path);
  return name.startsWith(`train-v${version}`) && /\.json(\.gz)?$/.test(name);
}

function hintFor({ name }: SpanSettings, split: string, official: string): string {
  return (
    `${name} reads ${official} in the folder given by --data DIR, or the file named by task.${split}; ` +
    "SQuAD is not part of this package, download it from https://rajpurkar.github.io/SQuAD-explorer"
  );
}
