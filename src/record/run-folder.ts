// The folder that records a run: settings, what it read, and what came out. It is named by task, method and a hash of the
// settings, so that the same experiment always has the same folder.
import { arch, platform, version as nodeVersion } from "node:process";
import { readFileSync, rmSync, statSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.ts";
import { attempt, makeFolder, namesIn, pathExists, sha256, writeAtomic } from "../files.ts";
import { readJsonFile, tryJsonFile } from "../json.ts";
import { loadExperiment, stringifyExperiment } from "../config/load.ts";
import type { Experiment } from "../config/schema.ts";
import { type EngineName, engineNames } from "../engine/create.ts";
import { type Guard, hasState } from "../train/checkpoint.ts";
import { isLocked, lockRun, type RunLock, RunLocked } from "./lock.ts";
import { readResult, RESULT, RESULT_VERSION, type RunResult } from "./result.ts";

const fileSchema = z.object({ path: z.string(), sha256: z.string() });

const provenanceSchema = z.object({
  /** The engine it was begun on; absent in runs of versions that had no choice. */
  engine: z.enum(engineNames).optional(),
  weights: fileSchema,
  tokenizer: z.object({ sha256: z.string() }),
  data: z.array(fileSchema),
});

/** What an experiment depends on besides its settings: the bytes that it reads, and where it was begun. */
export type Provenance = z.infer<typeof provenanceSchema>;

export interface RunFolder {
  path: string;
  /** The settings that the run was begun with: what computes may be another in a later session. */
  begun: Experiment;
  /** Throws UserError where the folder is gone or another one, and RunLocked where it is not this process's any more. */
  guard: Guard;
  /** Writes result.json, which makes the run a finished one. */
  finish(result: RunResult): void;
  /** Lets other processes work on the run; to be called whatever happened. */
  release(): void;
}

export interface OpenOptions {
  /** Where run folders are created. */
  outDir: string;
  /** The run folder to go on in. */
  resume?: string;
  /** Whether to go on without being asked where the experiment was begun. */
  goOn?: boolean;
  /** Whether a run that ended in an error is to be run again. */
  retryFailed?: boolean;
  /** Ends the wait for another process that may be dead; `note` is told of it. */
  signal?: AbortSignal;
  note?: (text: string) => void;
}

/** The run has its result already. */
export class RunFinished extends UserError {
  override name = "RunFinished";
}

export const CONFIG = "config.yaml";
const PROVENANCE = "provenance.json";

/**
 * Creates the run's folder below `outDir`, or opens the one to resume, and keeps other processes out of it. Throws RunFinished if
 * the run has its result, RunLocked if another process works on it, and UserError if it was begun and is not to be resumed, or
 * was begun with other settings, weights or data.
 */
export async function openRun(
  experiment: Experiment,
  provenance: Provenance,
  options: OpenOptions,
): Promise<RunFolder> {
  const path = options.resume ?? join(options.outDir, runName(experiment));
  refuseFinished(path, options);
  const lock = await lockRun(path, options);
  let isFinished = false;
  let begun: Experiment;
  let guard: Guard;
  try {
    refuseFinished(path, options); // by the process that has just let go of the lock
    if (pathExists(join(path, RESULT))) forgetFailure(path);
    begun = enter(path, experiment, provenance, options);
    guard = guardOf(path, lock);
  } catch (error) {
    lock.release({ finished: error instanceof RunFinished });
    throw error;
  }
  return {
    path,
    begun,
    guard,
    finish: (result) => {
      guard();
      writeAtomic(join(path, RESULT), json(result));
      isFinished = true;
    },
    release: () => lock.release({ finished: isFinished }),
  };
}

/** What must hold before anything is written into the folder. */
function guardOf(path: string, lock: RunLock): Guard {
  const idOf = () => {
    const stats = attempt(path, () => statSync(path, { bigint: true, throwIfNoEntry: false }));
    return stats && `${stats.dev} ${stats.ino}`;
  };
  const opened = idOf();
  return () => {
    const found = idOf();
    // While a folder is being removed, what is written into it in between keeps it there.
    const isGone = found === undefined || !pathExists(join(path, CONFIG));
    if (isGone || found !== opened)
      throw new UserError(
        `${path}: the run folder ${isGone ? "is gone" : "was replaced"}: expected it until the run ends`,
        { hint: "it was moved or removed; start the experiment again" },
      );
    if (!lock.isOurs())
      throw new RunLocked(
        `${path}: its lock was removed, or another process has taken over this run: nothing more is written`,
        { hint: `peft show ${path} says how far it is; go on with: peft train --resume ${path}` },
      );
  };
}

/** Makes the folder that of a run that is being worked on; gives the settings it was begun with. */
function enter(
  path: string,
  experiment: Experiment,
  provenance: Provenance,
  { goOn = false, resume }: OpenOptions,
): Experiment {
  const isBegun = pathExists(join(path, CONFIG));
  let begun = experiment;
  if (resume !== undefined || (goOn && isBegun)) {
    const { device } = checkUnchanged(path, experiment, provenance);
    begun = { ...experiment, device };
  } else if (isBegun)
    throw new UserError(`${path}: this experiment was begun and not finished`, {
      hint: `go on with: peft train --resume ${path}`,
    });
  else create(path, experiment, provenance);
  removeUnfinished(path);
  return begun;
}

/**
 * Records that an experiment ended in an error, unless it has a result or another process works on it. A second run of the
 * experiment starts where the first was saved, if it was.
 */
export function recordFailure(
  experiment: Experiment,
  outDir: string,
  error: { message: string; hint?: string | undefined },
): void {
  const path = join(outDir, runName(experiment));
  if (pathExists(join(path, RESULT)) || isLocked(path)) return;
  makeFolder(path);
  if (!pathExists(join(path, CONFIG))) writeAtomic(join(path, CONFIG), stringifyExperiment(experiment)); // prettier-ignore
  const result: RunResult = {
    resultVersion: RESULT_VERSION,
    status: "failed",
    reason: error.message,
    ...(error.hint !== undefined && { hint: error.hint }),
    experiment,
    software: software(),
    finishedAt: new Date().toISOString(),
  };
  writeAtomic(join(path, RESULT), json(result));
}

/** Makes a run that ended in an error one that was begun, where it has a saved state, or never was. */
function forgetFailure(path: string): void {
  const names = hasState(path) ? [] : namesIn(path).filter((name) => name !== RESULT);
  // The result last: without it, the rest would look like a run that can go on.
  for (const name of [...names, RESULT]) remove(join(path, name));
}

/** Such as `mrpc-houlsby-64-seed0-1f2e3d4c`: the hash covers every setting but where the data lies. */
export function runName(experiment: Experiment): string {
  const { method, seed, task } = experiment;
  const size = "size" in method ? [method.size] : "layers" in method ? [method.layers] : [];
  const hash = sha256(JSON.stringify({ ...experiment, dataDir: undefined })).slice(0, 8);
  return [task.name, method.name, ...size, `seed${seed}`, hash].join("-");
}

function create(path: string, experiment: Experiment, provenance: Provenance): void {
  makeFolder(path);
  writeAtomic(join(path, PROVENANCE), json({ ...provenance, software: software() }));
  writeAtomic(join(path, CONFIG), stringifyExperiment(experiment));
}

/** Removes what a process that was killed left of the file it was writing. */
function removeUnfinished(path: string): void {
  const names = namesIn(path).filter((name) => name.endsWith(".tmp"));
  for (const name of names) remove(join(path, name));
}

function remove(path: string): void {
  attempt(path, () => rmSync(path, { force: true }));
}

function refuseFinished(path: string, { retryFailed = false }: OpenOptions): void {
  if (!pathExists(join(path, RESULT))) return;
  const result = readResult(path);
  if (typeof result === "string")
    throw new UserError(result, {
      hint: `look at it, or remove ${path} to run the experiment again`,
    });
  if (retryFailed && result.status === "failed") return;
  throw new RunFinished(`${path}: this run is finished`, {
    hint: "look at it with peft show, give another --seed or setting, or remove the folder to run it again",
  });
}

/** Gives the settings that the run was begun with. */
function checkUnchanged(path: string, experiment: Experiment, provenance: Provenance): Experiment {
  const { experiment: begun } = loadExperiment(join(path, CONFIG));
  // Where the data lies and what computes may change: files are told by their bytes, and a GPU may be gone.
  const movable = { dataDir: undefined, device: undefined };
  const [setting] = differences({ ...begun, ...movable }, { ...experiment, ...movable });
  if (setting)
    throw new UserError(
      `${path}: ${setting.key}: ${show(setting.after)}: expected ${show(setting.before)}, with which the run was begun`,
      { hint: "resume without changing settings, or start a new run with peft train --config" },
    );
  const hint = `start the run anew, elsewhere: peft train --config ${join(path, CONFIG)} --out FOLDER`;
  const [bytes] = changedInputs(readProvenance(path, hint), provenance);
  if (bytes)
    throw new UserError(
      `${path}: ${bytes.key}: SHA-256 ${show(bytes.after)}: expected ${show(bytes.before)}, with which the run was begun`,
      { hint: "the files have changed since; put them back or start a new run" },
    );
  return begun;
}

/** The engine that the experiment was begun on, if it was begun. Throws RunFinished where there is nothing to do. */
export function begunOn(experiment: Experiment, options: OpenOptions): EngineName | undefined {
  const path = options.resume ?? join(options.outDir, runName(experiment));
  refuseFinished(path, options);
  return tryProvenance(path)?.engine; // a damaged file is found by checkUnchanged
}

/** What a run folder says its run depended on. Throws UserError where it does not. */
export function readProvenance(path: string, hint?: string): Provenance {
  return readJsonFile(join(path, PROVENANCE), provenanceSchema, hint);
}

/** What a run folder says its run depended on; undefined where that is missing or damaged. */
export function tryProvenance(path: string): Provenance | undefined {
  return tryJsonFile(join(path, PROVENANCE), provenanceSchema);
}

/** Which of weights, tokenizer and data have other bytes, wherever they lie. */
export function changedInputs(before: Provenance, after: Provenance): Difference[] {
  const contents = ({ data, tokenizer, weights }: Provenance) => ({
    weights: weights.sha256,
    tokenizer: tokenizer.sha256,
    data: data.map((file) => file.sha256).join(", "),
  });
  return differences(contents(before), contents(after));
}

/** One setting that has two values. */
export interface Difference {
  /** Dotted, as in `--set`. */
  key: string;
  before: unknown;
  after: unknown;
}

/** Where two plain objects differ, by dotted key. */
export function differences(before: object, after: object): Difference[] {
  const [a, b] = [before, after] as Record<string, unknown>[];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) => {
    if (isDeepStrictEqual(a[key], b[key])) return [];
    if (!isObject(a[key]) || !isObject(b[key])) return [{ key, before: a[key], after: b[key] }];
    return differences(a[key], b[key]).map((inner) => ({ ...inner, key: `${key}.${inner.key}` }));
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function show(value: unknown): string {
  return value === undefined
    ? "nothing"
    : typeof value === "string"
      ? value
      : JSON.stringify(value);
}

/** Versions of this program and of Node, and the platform. */
export function software(): Record<string, string> {
  const { version } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  ) as { version: string };
  return { peft: version, node: nodeVersion, platform: `${platform}-${arch}` };
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
