// The folder that records a run: settings, what it read, and what came out. It is named by task, method and a hash of the
// settings, so that the same experiment always has the same folder.
import { arch, platform, version as nodeVersion } from "node:process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { makeFolder, pathExists, readText, sha256, writeAtomic } from "../files.ts";
import { loadExperiment, stringifyExperiment } from "../config/load.ts";
import type { Experiment } from "../config/schema.ts";
import { RESULT, type RunResult } from "./result.ts";

/** The bytes that an experiment depends on besides its settings. */
export interface Provenance {
  weights: { path: string; sha256: string };
  tokenizer: { sha256: string };
  data: { path: string; sha256: string }[];
}

export interface RunFolder {
  path: string;
  /** Writes result.json, which makes the run a finished one. */
  finish(result: RunResult): void;
}

export const CONFIG = "config.yaml";
const PROVENANCE = "provenance.json";

/**
 * Creates the run's folder below `outDir`, or opens the one to resume. Throws UserError if the run is finished, was begun and is
 * not resumed, or was begun with other settings, weights or data.
 */
export function openRun(
  experiment: Experiment,
  provenance: Provenance,
  options: { outDir: string; resume?: string },
): RunFolder {
  const path = options.resume ?? join(options.outDir, runName(experiment));
  refuseFinished(path);
  if (options.resume !== undefined) checkUnchanged(path, experiment, provenance);
  else if (pathExists(join(path, CONFIG)))
    throw new UserError(`${path}: this experiment was begun and not finished`, {
      hint: `go on with: peft train --resume ${path}`,
    });
  else create(path, experiment, provenance);
  removeUnfinished(path);
  return { path, finish: (result) => writeAtomic(join(path, RESULT), json(result)) };
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
  const names = readdirSync(path).filter((name) => name.endsWith(".tmp"));
  for (const name of names) rmSync(join(path, name), { force: true });
}

function refuseFinished(path: string): void {
  if (!pathExists(join(path, RESULT))) return;
  throw new UserError(`${path}: this run is finished`, {
    hint: "look at its result.json, give another --seed or setting, or remove the folder to run it again",
  });
}

function checkUnchanged(path: string, experiment: Experiment, provenance: Provenance): void {
  const { experiment: begun } = loadExperiment(join(path, CONFIG));
  const [setting] = differences(
    { ...begun, dataDir: undefined },
    { ...experiment, dataDir: undefined },
  );
  if (setting)
    throw new UserError(
      `${path}: ${setting.key}: ${show(setting.after)}: expected ${show(setting.before)}, with which the run was begun`,
      { hint: "resume without changing settings, or start a new run with peft train --config" },
    );
  const recorded = JSON.parse(readText(join(path, PROVENANCE))) as Provenance;
  const contents = ({ data, tokenizer, weights }: Provenance) => ({
    weights: weights.sha256,
    tokenizer: tokenizer.sha256,
    data: data.map((file) => file.sha256).join(", "),
  });
  const [bytes] = differences(contents(recorded), contents(provenance));
  if (bytes)
    throw new UserError(
      `${path}: ${bytes.key}: SHA-256 ${show(bytes.after)}: expected ${show(bytes.before)}, with which the run was begun`,
      { hint: "the files have changed since; put them back or start a new run" },
    );
}

/** Where two plain objects differ, by dotted key. */
function differences(
  before: object,
  after: object,
): { key: string; before: unknown; after: unknown }[] {
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
