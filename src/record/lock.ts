// Who works on a run. Only one process may, or two sweeps on one folder would train the same cell twice and write over each
// other. A lock is a file `.locks/RUN.N` beside the run folders; the owner is whoever created the highest N.
//
// Taking over a dead owner's lock creates N + 1, which the file system lets only one process do. The highest file is never
// removed while the run is unfinished, so a slow process that still believes in an older owner finds a higher file and gives
// way. Removing and recreating one and the same file would let two processes believe that they own it.
import { lstatSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { Interrupted, UserError } from "../errors.ts";
import { attempt, makeFolder, namesIn, tolerate, writeAtomic } from "../files.ts";
import { tryJsonFile } from "../json.ts";
import { isNear, isRunning, processSchema, thisProcess } from "../processes.ts";

const HEARTBEAT_MS = 5_000;
const LOOK_MS = 500; // between two looks at a lock that is watched

/** When an owner that cannot be asked counts as dead. Its clock may be another, so that its silence is watched as well. */
interface Patience {
  /** Age of the last heartbeat by the clocks of both machines; a single long step keeps the owner silent as well. */
  silenceMs: number;
  /** Time without a heartbeat by this process's clock alone. */
  watchMs: number;
}

const ofOtherMachine: Patience = { silenceMs: 600_000, watchMs: 6 * HEARTBEAT_MS };
/** Of a file without an owner in it, which is being created or damaged. */
const ofNobody: Patience = { silenceMs: 5_000, watchMs: 5_000 };

const ownerSchema = z.union([
  z.object({ pid: z.int32(), released: z.literal(true) }),
  processSchema,
]);

/** A run that this process may work on. */
export interface RunLock {
  /** Whether no other process has taken it over since. */
  isOurs(): boolean;
  /** Lets others work on it. `finished`: nobody needs to any more, and no trace stays. */
  release(options?: { finished?: boolean }): void;
}

/** The run is being worked on by another process. */
export class RunLocked extends UserError {
  override name = "RunLocked";
}

export interface LockOptions {
  signal?: AbortSignal;
  /** Says why it takes a while. */
  note?: (text: string) => void;
  otherMachine?: Patience;
}

/**
 * Takes the lock of a run folder, which need not exist yet. Throws RunLocked while another living process holds it, and Interrupted
 * if it is stopped while it watches an owner that may be dead.
 */
export async function lockRun(runDir: string, options: LockOptions = {}): Promise<RunLock> {
  const folder = join(dirname(runDir), ".locks");
  const name = basename(runDir);
  makeFolder(folder);
  for (;;) {
    const highest = generations(folder, name).at(-1) ?? 0;
    if (highest > 0) await refuseLiving(fileOf(folder, name, highest), runDir, options);
    const mine = highest + 1;
    if (!create(fileOf(folder, name, mine))) continue;
    if (generations(folder, name).at(-1) === mine) return hold(folder, name, mine);
    tolerate(() => rmSync(fileOf(folder, name, mine), { force: true }));
  }
}

/** Whether a process works on the run, or may do so for all that is known. */
export function isLocked(runDir: string): boolean {
  return stateOf(runDir) !== "dead";
}

/** Whether a process works on the run, as far as one look can tell. */
export function seemsLocked(runDir: string): boolean {
  return stateOf(runDir) === "alive";
}

function stateOf(runDir: string): OwnerState {
  const folder = join(dirname(runDir), ".locks");
  const highest = generations(folder, basename(runDir)).at(-1);
  return highest === undefined ? "dead" : judge(fileOf(folder, basename(runDir), highest));
}

function fileOf(folder: string, name: string, generation: number): string {
  return join(folder, `${name}.${generation}`);
}

/** The numbers of a run's lock files, ascending. */
function generations(folder: string, name: string): number[] {
  return namesIn(folder) // no folder, no lock
    .filter((file) => file.startsWith(`${name}.`))
    .map((file) => file.slice(name.length + 1))
    .filter((number) => /^[1-9]\d{0,14}$/.test(number)) // one more is still exact
    .map(Number)
    .toSorted((a, b) => a - b);
}

/** Creates the file with this process as owner; false if it exists. */
function create(path: string): boolean {
  return attempt(path, () => {
    try {
      writeFileSync(path, JSON.stringify(thisProcess()), { flag: "wx" });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      // Of a full disk: without an owner in it, the file would keep everyone out for a while.
      if ((error as NodeJS.ErrnoException).syscall === "write") rmSync(path, { force: true });
      throw error;
    }
  });
}

function hold(folder: string, name: string, mine: number): RunLock {
  const path = fileOf(folder, name, mine);
  for (const older of generations(folder, name).filter((generation) => generation < mine))
    tolerate(() => rmSync(fileOf(folder, name, older), { recursive: true, force: true }));
  const heartbeat = setInterval(() => touch(path), HEARTBEAT_MS).unref();
  const isOurs = () => generations(folder, name).at(-1) === mine;
  return {
    isOurs,
    release: ({ finished = false } = {}) => {
      clearInterval(heartbeat);
      // Where it is refused, the lock is known to be that of a process that has ended.
      tolerate(() => {
        if (!isOurs()) return;
        if (finished) rmSync(path, { force: true });
        else writeAtomic(path, JSON.stringify({ pid: process.pid, released: true }));
      });
    },
  };
}

/** Where the folder was removed under us, the run itself will notice. */
function touch(path: string): void {
  const now = new Date();
  tolerate(() => utimesSync(path, now, now));
}

/** Watches an owner whose life is in doubt until there is none. */
async function refuseLiving(path: string, runDir: string, options: LockOptions): Promise<void> {
  const { note, otherMachine = ofOtherMachine, signal } = options;
  for (let isNoted = false; ; isNoted = true) {
    const state = judge(path, otherMachine);
    if (state === "dead") return;
    if (state === "alive") throw locked(path, runDir);
    if (signal?.aborted)
      throw new Interrupted(`${runDir}: stopped before anything was changed`, {
        hint: "the same command starts again",
      });
    if (!isNoted)
      note?.(
        `${runDir}: whoever worked on this run may be gone: watching its lock for up to ${Math.ceil(otherMachine.watchMs / 1000)} s`,
      );
    await setTimeout(Math.min(LOOK_MS, otherMachine.watchMs / 4));
  }
}

function locked(path: string, runDir: string): RunLocked {
  const owner = tryJsonFile(path, processSchema);
  const who = owner ? `process ${owner.pid} on ${owner.place.split(" ")[0]}` : "another process";
  return new RunLocked(`${runDir}: ${who} is working on this run`, {
    hint: `wait for it or stop it; if it is gone, remove ${path}`,
  });
}

type OwnerState = "alive" | "dead" | "unknown";

function judge(path: string, otherMachine = ofOtherMachine): OwnerState {
  const owner = tryJsonFile(path, ownerSchema); // undefined where it is just being created, removed or damaged
  if (owner && "released" in owner) return "dead";
  if (owner && isNear(owner)) return isRunning(owner) ? "alive" : "dead";
  const seen = look(path);
  if (seen === undefined) return "dead";
  const { silenceMs, watchMs } = owner ? otherMachine : ofNobody;
  const unchangedMs = performance.now() - seen.since;
  if (unchangedMs >= silenceMs) return "dead";
  // A clock that is ahead says as little as one that is behind.
  if (Math.abs(Date.now() - seen.modifiedMs) < silenceMs) return "alive";
  if (unchangedMs >= watchMs) return "dead";
  return seen.hasChanged ? "alive" : "unknown";
}

/** A lock file as this process last saw it. */
interface Sight {
  modifiedMs: number;
  /** What a heartbeat changes. */
  mark: string;
  /** When it was first seen like this, by this process's clock. */
  since: number;
  /** Whether it was ever seen to change. */
  hasChanged: boolean;
}

const sights = new Map<string, Sight>();

/** Undefined where the file is gone. */
function look(path: string): Sight | undefined {
  let found: Sight | undefined;
  tolerate(() => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (!stats) return;
    const { ctimeMs, ino, mtimeMs, size } = stats;
    const mark = [mtimeMs, ctimeMs, size, ino].join(" ");
    const before = sights.get(path);
    const isSame = before?.mark === mark;
    found = isSame
      ? before
      : {
          modifiedMs: mtimeMs,
          mark,
          since: performance.now(),
          hasChanged: before !== undefined,
        };
  });
  if (found) sights.set(path, found);
  else sights.delete(path);
  return found;
}
