// A folder that is there only when it is complete: built beside its place and renamed into it. A build that fails, or is killed,
// leaves what was there before.
import { accessSync, constants, readdirSync, renameSync, rmSync } from "node:fs";

import { basename, dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import { attempt, makeFolder, pathExists, tolerate, writeAtomic } from "../files.ts";
import { tryJsonFile } from "../json.ts";
import { isNear, isRunning, processExists, processSchema, thisProcess } from "../processes.ts";

/**
 * Builds in a temporary folder beside `folder`, which it replaces in the end. What killed builds have left is cleared first.
 */
export async function replaceFolder<T>(
  folder: string,
  build: (temporary: string) => Promise<T>,
): Promise<T> {
  makePlace(dirname(folder));
  clearLeftovers(folder);
  const temporary = besides(folder, "new", process.pid);
  makeFolder(temporary);
  writeAtomic(join(temporary, OWNER), JSON.stringify(thisProcess()));
  try {
    const result = await build(temporary);
    attempt(temporary, () => rmSync(join(temporary, OWNER), { force: true }));
    putInPlace(temporary, folder);
    return result;
  } finally {
    tolerate(() => rmSync(temporary, { recursive: true, force: true })); // the next build removes it
  }
}

/** Where everything is put; the user may name another place. */
function makePlace(parent: string): void {
  try {
    makeFolder(parent);
    accessSync(parent, constants.W_OK);
  } catch {
    throw new UserError(`${parent}: expected a folder that can be written to`, {
      hint: "name one that can: export PEFT_HOME=FOLDER",
    });
  }
}

/** Removes the folder; says whether there was one. */
export function removeFolder(folder: string): boolean {
  clearLeftovers(folder);
  if (!pathExists(folder)) return false;
  attempt(folder, () => rmSync(folder, { recursive: true }));
  return true;
}

/** Folders cannot be exchanged in one step: between the two renames the old one has another name, which clearLeftovers knows. */
function putInPlace(temporary: string, folder: string): void {
  const old = besides(folder, "old", process.pid);
  attempt(folder, () => {
    if (pathExists(folder)) renameSync(folder, old);
    renameSync(temporary, folder);
    rmSync(old, { recursive: true, force: true });
  });
}

function clearLeftovers(folder: string): void {
  const parent = dirname(folder);
  if (!pathExists(parent)) return;
  for (const name of attempt(parent, () => readdirSync(parent))) {
    const [, what, pid] = leftoverPattern(folder).exec(name) ?? [];
    const leftover = join(parent, name);
    if (what === undefined || isInUse(leftover, Number(pid))) continue;
    attempt(leftover, () => {
      if (what === "old" && !pathExists(folder)) renameSync(leftover, folder);
      else rmSync(leftover, { recursive: true, force: true });
    });
  }
}

function besides(folder: string, what: "new" | "old", pid: number): string {
  return join(dirname(folder), `.${basename(folder)}.${what}-${pid}`);
}

function leftoverPattern(folder: string): RegExp {
  return new RegExp(`^\\.${basename(folder)}\\.(new|old)-(\\d+)$`);
}

/** Whose build it is. In a home that several machines share, numbers alone say nothing. */
const OWNER = ".owner.json";

/** Whether the process that builds there may still do so; of another machine's nothing is known, and it is left alone. */
function isInUse(temporary: string, pid: number): boolean {
  const owner = tryJsonFile(join(temporary, OWNER), processSchema);
  // None between two renames, or where it was killed before it could say whose it is.
  if (!owner) return pid !== process.pid && processExists(pid);
  return !isNear(owner) || (owner.pid !== process.pid && isRunning(owner));
}
