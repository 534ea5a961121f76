// What a run writes while it goes on. `state.safetensors` holds everything that a resumed run needs in one file that is replaced
// atomically: trained parameters, optimizer moments and, as metadata, where training stands, under a checksum of it all.
// `adapter.safetensors` is the best checkpoint so far, trained parameters only.
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Buffer } from "../engine/engine.ts";
import { UserError } from "../errors.ts";
import { attempt, isThere, pathExists, sha256File } from "../files.ts";
import { checkJson, parseJson } from "../json.ts";
import {
  type FloatTensor,
  openSafetensors,
  readSafetensors,
  writeSafetensors,
} from "../model/safetensors.ts";
import { type Evaluation, evaluationSchema } from "./events.ts";
import type { Learner } from "./learner.ts";
import { lossScaleSchema } from "./loss-scale.ts";

/** Where training stands between two optimizer steps, as it is read back. */
const stateSchema = z.object({
  /** Optimizer steps done. */
  step: z.int().nonnegative(),
  /** Sum of the training losses of the steps since the last evaluation, and their number. */
  lossSum: z.number(),
  lossCount: z.int().nonnegative(),
  evaluations: z.array(evaluationSchema),
  /** SHA-256 of the files that the best of them has written. */
  best: z.object({ adapterSha256: z.string(), predictionsSha256: z.string() }).optional(),
  /** Where products are computed in float16. */
  lossScale: lossScaleSchema.optional(),
  /** Evaluations since the best one. */
  sinceBest: z.int().nonnegative(),
  /** Seconds and tokens spent, over all sessions of the run. */
  seconds: z.number().nonnegative(),
  computeSeconds: z.number().nonnegative(),
  tokens: z.int().nonnegative(),
  positions: z.int().nonnegative(),
});

/** Where training stands between two optimizer steps. */
export interface TrainingState extends Omit<z.infer<typeof stateSchema>, "evaluations"> {
  evaluations: Evaluation[];
}

export const initialState = (): TrainingState => ({
  step: 0,
  lossSum: 0,
  lossCount: 0,
  evaluations: [],
  sinceBest: 0,
  seconds: 0,
  computeSeconds: 0,
  tokens: 0,
  positions: 0,
});

/** The trained parameters of the best evaluation. */
export const adapterFile = (runDir: string) => join(runDir, "adapter.safetensors");

const stateFile = (runDir: string) => join(runDir, "state.safetensors");

/** Whether the run was saved at least once, and can go on from there. */
export const hasState = (runDir: string): boolean => isThere(stateFile(runDir));

/** What must hold at the moment that a file is written, such as that the folder is still the run's. */
export type Guard = () => void;

/** Writes the trained parameters as they are now; returns the file's SHA-256. */
export async function saveParameters(
  path: string,
  learner: Learner,
  metadata: Record<string, string>,
  guard?: Guard,
): Promise<string> {
  const parameters = learner.trainedNames.map((name) => [name, learner.parameter(name)] as const);
  const tensors = await readAll(parameters);
  guard?.();
  return writeSafetensors(path, tensors, { format: "pt", ...metadata });
}

/** Writes what `loadState` needs. */
export async function saveState(
  runDir: string,
  learner: Learner,
  state: TrainingState,
  guard?: Guard,
): Promise<void> {
  const parameters = learner.trainedNames.map((name) => [name, learner.parameter(name)] as const);
  const tensors = await readAll([...parameters, ...Object.entries(learner.moments)]);
  const text = JSON.stringify(state);
  guard?.();
  writeSafetensors(stateFile(runDir), tensors, { state: text, sha256: checksum(text, tensors) });
}

/**
 * Brings the learner back to the saved state of a run of so many steps. Undefined if none was saved yet. Throws UserError where
 * the file is not, to the last bit, what `saveState` wrote for such a run; the learner is then as it was.
 */
export function loadState(
  runDir: string,
  learner: Learner,
  totalSteps: number,
): TrainingState | undefined {
  const path = stateFile(runDir);
  if (!isThere(path)) return undefined;
  try {
    return readState(path, learner, totalSteps);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.message, { hint: startAgain(runDir), cause: error });
  }
}

/** What to do where nothing of a run can be gone on with. */
function startAgain(runDir: string): string {
  return `where training stood is lost; train it again from the first step: rm -r ${stateFile(runDir)}, then peft train --resume ${runDir}`;
}

function readState(path: string, learner: Learner, totalSteps: number): TrainingState {
  const { metadata, tensors } = readSafetensors(path);
  const { sha256: expected, state: text } = metadata;
  if (typeof text !== "string" || typeof expected !== "string")
    throw new UserError(
      `${path}: no state with a checksum in it: expected both; written by another version of peft, or damaged`,
    );
  const state = checkJson(path, parseJson({ path }, text), stateSchema);
  checkPlace(path, state, totalSteps);
  const targets = new Map<string, Buffer>(Object.entries(learner.moments));
  for (const name of learner.trainedNames) targets.set(name, learner.parameter(name));
  for (const [name, { shape }] of targets) {
    const saved = tensors.get(name);
    if (saved?.shape.join() !== shape.join())
      throw new UserError(
        `${path}: ${name}: ${saved ? `shape [${saved.shape.join(", ")}]` : "missing"}: expected [${shape.join(", ")}]`,
      );
  }
  const found = checksum(text, tensors);
  if (found !== expected)
    throw new UserError(
      `${path}: SHA-256 ${found} of its contents: expected ${expected}, with which they were saved; the file is damaged`,
    );
  for (const [name, buffer] of targets) buffer.write(tensors.get(name)!.data);
  return state as TrainingState; // numbers that were none are null in it, as in result.json
}

/** Throws UserError where no run of so many steps can stand there. */
function checkPlace(path: string, state: z.infer<typeof stateSchema>, totalSteps: number): void {
  const { evaluations, sinceBest, step } = state;
  if (step > totalSteps)
    throw new UserError(`${path}: step: ${step}: expected at most ${totalSteps}`);
  const steps = evaluations.map((evaluation) => evaluation.step);
  const isAscending = steps.every((one, i) => one > 0 && one <= step && one >= (steps[i - 1] ?? 0));
  if (!isAscending || sinceBest > evaluations.length)
    throw new UserError(`${path}: evaluations: expected them in order, none after step ${step}`);
}

/** SHA-256 of where training stands and of every tensor with its name and shape. */
function checksum(state: string, tensors: ReadonlyMap<string, FloatTensor>): string {
  const hash = createHash("sha256").update(JSON.stringify(state));
  for (const [name, { data, shape }] of tensors)
    hash
      .update(JSON.stringify([name, shape]))
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest("hex");
}

/**
 * Throws UserError where adapter.safetensors is not what the best evaluation of `state` has written, nor what a later one has that
 * will be repeated.
 */
export async function checkBest(runDir: string, state: TrainingState): Promise<void> {
  const path = adapterFile(runDir);
  if (state.best === undefined) return;
  const found = pathExists(path) ? await sha256File(path) : "missing";
  const lastEvaluated = state.evaluations.at(-1)?.step ?? 0; // a state may have been saved just before an evaluation
  if (found === state.best.adapterSha256 || stepOf(path) > lastEvaluated) return;
  throw new UserError(
    `${path}: ${found === "missing" ? found : `SHA-256 ${found}`}: expected ${state.best.adapterSha256}, the best checkpoint so far`,
    { hint: startAgain(runDir) },
  );
}

/** The step that an adapter file is of; -1 where it does not say. */
function stepOf(path: string): number {
  try {
    const file = openSafetensors(path);
    file.close();
    return Number(file.metadata.step ?? -1);
  } catch (error) {
    if (error instanceof UserError) return -1;
    throw error;
  }
}

/** Removes the resumable state of a run that is over. */
export function removeState(runDir: string): void {
  const path = stateFile(runDir);
  attempt(path, () => rmSync(path, { force: true }));
}

async function readAll(
  buffers: readonly (readonly [string, Buffer])[],
): Promise<Map<string, FloatTensor>> {
  const tensors = new Map<string, FloatTensor>();
  for (const [name, buffer] of buffers)
    tensors.set(name, { shape: buffer.shape, data: await buffer.read() });
  return tensors;
}
