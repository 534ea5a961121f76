// What a run writes while it goes on. `state.safetensors` holds everything that a resumed run needs in one file that is replaced
// atomically: trained parameters, optimizer moments and, as metadata, where training stands. `adapter.safetensors` is the best
// checkpoint so far, trained parameters only.
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Buffer } from "../engine/engine.ts";
import { UserError } from "../errors.ts";
import { pathExists } from "../files.ts";
import { type FloatTensor, readSafetensors, writeSafetensors } from "../model/safetensors.ts";
import type { Evaluation } from "./events.ts";
import type { Learner } from "./learner.ts";
import type { LossScaleState } from "./loss-scale.ts";

/** Where training stands between two optimizer steps. */
export interface TrainingState {
  /** Optimizer steps done. */
  step: number;
  /** Sum of the training losses of the steps since the last evaluation, and their number. */
  lossSum: number;
  lossCount: number;
  evaluations: Evaluation[];
  /** Where products are computed in float16. */
  lossScale?: LossScaleState;
  /** Evaluations since the best one. */
  sinceBest: number;
  /** Seconds and tokens spent, over all sessions of the run. */
  seconds: number;
  computeSeconds: number;
  tokens: number;
  positions: number;
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
export const hasState = (runDir: string): boolean => pathExists(stateFile(runDir));

/** Writes the trained parameters as they are now. */
export async function saveParameters(
  path: string,
  learner: Learner,
  metadata: Record<string, string>,
): Promise<void> {
  const parameters = learner.trainedNames.map((name) => [name, learner.parameter(name)] as const);
  writeSafetensors(path, await readAll(parameters), { format: "pt", ...metadata });
}

/** Writes what `loadState` needs. */
export async function saveState(
  runDir: string,
  learner: Learner,
  state: TrainingState,
): Promise<void> {
  if (!pathExists(runDir))
    throw new UserError(`${runDir}: the run folder is gone: expected it until the run ends`, {
      hint: "it was moved or removed; start the experiment again",
    });
  const parameters = learner.trainedNames.map((name) => [name, learner.parameter(name)] as const);
  const tensors = await readAll([...parameters, ...Object.entries(learner.moments)]);
  writeSafetensors(stateFile(runDir), tensors, { state: JSON.stringify(state) });
}

/** Brings the learner back to the saved state. Undefined if none was saved yet. */
export function loadState(runDir: string, learner: Learner): TrainingState | undefined {
  const path = stateFile(runDir);
  if (!pathExists(path)) return undefined;
  const { metadata, tensors } = readSafetensors(path);
  const targets = new Map<string, Buffer>(Object.entries(learner.moments));
  for (const name of learner.trainedNames) targets.set(name, learner.parameter(name));
  for (const [name, buffer] of targets) {
    const saved = tensors.get(name);
    if (saved?.shape.join() !== buffer.shape.join())
      throw new UserError(
        `${path}: ${name}: ${saved ? `shape [${saved.shape.join(", ")}]` : "missing"}: expected [${buffer.shape.join(", ")}]`,
        { hint: "the file was not written by this run: start again with --out and another folder" },
      );
    buffer.write(saved.data);
  }
  return JSON.parse(metadata.state) as TrainingState;
}

/** Removes the resumable state of a run that is over. */
export function removeState(runDir: string): void {
  rmSync(stateFile(runDir), { force: true });
}

async function readAll(
  buffers: readonly (readonly [string, Buffer])[],
): Promise<Map<string, FloatTensor>> {
  const tensors = new Map<string, FloatTensor>();
  for (const [name, buffer] of buffers)
    tensors.set(name, { shape: buffer.shape, data: await buffer.read() });
  return tensors;
}
