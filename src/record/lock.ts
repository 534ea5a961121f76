// Who works on a run. Only one process may, or two sweeps on one folder would train the same cell twice and write over each
// other. A lock is a file `.locks/RUN.N` beside the run folders; the owner is whoever created the highest N.
//
// Taking over a dead owner's lock creates N + 1, which the file system lets only one process do. The highest file is never
// removed while the run is unfinished, so a slow process that still believes in an older owner finds a higher file and gives
// way. Removing and recreating one and the same file would let two processes believe that they own it.
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"; // prettier-ignore
import { basename, dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import { attempt, makeFolder, namesIn, writeAtomic } from "../files.ts";
import { isNear, isRunning, type ProcessIdentity, thisProcess } from "../processes.ts";

const HEARTBEAT_MS = 15_000;
/** Silence after which an owner on another machine counts as dead; a single long step keeps it silent as well. */
const SILENCE_MS = 600_000;
/** Between creating the file and writing the owner into it. */
const CREATION_MS = 5_000;

interface Owner extends ProcessIdentity {
  /** The owner has let go of the lock. */
  released?: true;
}

/** A run that this process may work on. */
export interface RunLock {
  /** Lets others work on it. `finished`: nobody needs to any more, and no trace stays. */
  release(options?: { finished?: boolean }): void;
}

/** The run is being worked on by another process. */
export class RunLocked extends UserError {
  override name = "RunLocked";
}

/** Takes the lock of a run folder, which need not exist yet. Throws RunLocked while another living process holds it. */
export function lockRun(runDir: string): RunLock {
  const folder = join(dirname(runDir), ".locks");
  const name = basename(runDir);
  makeFolder(folder);
  for (;;) {
    const highest = generations(folder, name).at(-1) ?? 0;
    if (highest > 0) refuseLiving(fileOf(folder, name, highest), runDir);
    const mine = highest + 1;
    if (!create(fileOf(folder, name, mine))) continue;
    if (generations(folder, name).at(-1) === mine) return hold(folder, name, mine);
    rmSync(fileOf(folder, name, mine), { force: true });
  }
}

/** Whether a living process works on the run. */
export function isLocked(runDir: string): boolean {
  const folder = join(dirname(runDir), ".locks");
  const highest = generations(folder, basename(runDir)).at(-1);
  if (highest === undefined) return false;
  const file = fileOf(folder, basename(runDir), highest);
  return isAlive(file, readOwner(file));
}

function fileOf(folder: string, name: string, generation: number): string {
  return join(folder, `${name}.${generation}`);
}

/** The numbers of a run's lock files, ascending. */
function generations(folder: string, name: string): number[] {
  return namesIn(folder) // no folder, no lock
    .filter((file) => file.startsWith(`${name}.`))
    .map((file) => Number(file.slice(name.length + 1)))
    .filter(Number.isInteger)
    .toSorted((a, b) => a - b);
}

/** Creates the file with this process as owner; false if it exists. */
function create(path: string): boolean {
  const owner: Owner = thisProcess();
  return attempt(path, () => {
    try {
      writeFileSync(path, JSON.stringify(owner), { flag: "wx" });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  });
}

function hold(folder: string, name: string, mine: number): RunLock {
  const path = fileOf(folder, name, mine);
  for (const older of generations(folder, name).filter((generation) => generation < mine))
    rmSync(fileOf(folder, name, older), { force: true });
  const heartbeat = setInterval(() => touch(path), HEARTBEAT_MS).unref();
  return {
    release: ({ finished = false } = {}) => {
      clearInterval(heartbeat);
      if (finished) rmSync(path, { force: true });
      else writeAtomic(path, JSON.stringify({ pid: process.pid, released: true }));
    },
  };
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // The folder was removed under us; the run itself will notice.
  }
}

function refuseLiving(path: string, runDir: string): void {
  const owner = readOwner(path);
  if (!isAlive(path, owner)) return;
  const who = owner ? `process ${owner.pid} on ${owner.place.split(" ")[0]}` : "another process";
  throw new RunLocked(`${runDir}: ${who} is working on this run`, {
    hint: `wait for it or stop it; if it is gone, remove ${path}`,
  });
}

function readOwner(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Owner;
  } catch {
    return undefined; // just being created, or removed
  }
}

function isAlive(path: string, owner: Owner | undefined): boolean {
  if (owner?.released) return false;
  const modified = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  if (modified === undefined) return false;
  const silence = Date.now() - modified;
  if (!owner) return silence < CREATION_MS;
  return isNear(owner) ? isRunning(owner) : silence < SILENCE_MS;
}
