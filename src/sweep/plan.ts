// What a sweep has to do: every cell with its folder, what has become of it so far, what it trains and how many steps it takes.
import { join } from "node:path";
import type { Experiment } from "../config/schema.ts";
import type { Cell } from "../config/sweep.ts";
import { UserError } from "../errors.ts";
import { pathExists } from "../files.ts";
import { applyMethod } from "../methods/methods.ts";
import { createReader, type Inputs } from "../prepare.ts";
import { readResult, RESULT, type RunResult } from "../record/result.ts";
import { CONFIG, runName } from "../record/run-folder.ts";
import { headOf } from "../run.ts";
import type { ParameterLedger, Report } from "../train/events.ts";
import { countParameters } from "../train/ledger.ts";
import { countSteps } from "../train/schedule.ts";

/** `begun`: it has settings and no result, and goes on where it was saved. */
export type CellState = "ok" | "diverged" | "failed" | "unreadable" | "begun" | "missing";

export interface PlannedCell extends Cell {
  name: string;
  runDir: string;
  state: CellState;
  /** What result.json says, where there is one that can be read. */
  result: RunResult | null;
  /** Null where the method does not fit the encoder; `problem` then says why. */
  parameters: ParameterLedger | null;
  problem: string | null;
  totalSteps: number;
  /** Tokens of the training split and of all evaluation splits. */
  trainTokens: number;
  evaluationTokens: number;
}

/**
 * Plans the cells. Reads every encoder and every task once, so that what is wrong with them is said before anything runs, and the
 * workers find the tokens in the cache. Throws UserError where they cannot be read.
 */
export async function planSweep(
  cells: readonly Cell[],
  { outDir, report }: { outDir: string; report: Report },
): Promise<PlannedCell[]> {
  const read = createReader();
  const planned: PlannedCell[] = [];
  // By encoder, so that only one is in memory at a time.
  for (const cell of cells.toSorted(byEncoder)) {
    const inputs = await read(cell.experiment, report);
    planned.push({
      ...cell,
      ...lookUp(cell.experiment, outDir),
      ...measure(cell.experiment, inputs),
    });
  }
  const order = new Map(cells.map(({ experiment }, i) => [experiment, i]));
  return planned.toSorted((a, b) => order.get(a.experiment)! - order.get(b.experiment)!);
}

function byEncoder(a: Cell, b: Cell): number {
  const [left, right] = [a.experiment.encoder.source, b.experiment.encoder.source];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** What has become of an experiment so far. */
export function lookUp(
  experiment: Experiment,
  outDir: string,
): Pick<PlannedCell, "name" | "result" | "runDir" | "state"> {
  const name = runName(experiment);
  const runDir = join(outDir, name);
  if (!pathExists(join(runDir, RESULT))) {
    const state = pathExists(join(runDir, CONFIG)) ? "begun" : "missing";
    return { name, runDir, state, result: null };
  }
  const result = readResult(runDir);
  if (typeof result === "string") return { name, runDir, state: "unreadable", result: null };
  return { name, runDir, state: result.status, result };
}

function measure({ method, training }: Experiment, { data, encoder }: Inputs) {
  const head = headOf(data.task);
  const numTokens = (split: Inputs["data"]["train"]) => split.encoded.ids.length;
  return {
    ...fit(() => countParameters(encoder.shape, applyMethod(encoder.shape, method), head)),
    totalSteps: countSteps(data.train.encoded.count, training).totalSteps,
    trainTokens: numTokens(data.train),
    evaluationTokens: data.evaluation.reduce((sum, split) => sum + numTokens(split), 0),
  };
}

/** A method that does not fit the encoder is that cell's failure, not the sweep's. */
function fit(count: () => ParameterLedger): Pick<PlannedCell, "parameters" | "problem"> {
  try {
    return { parameters: count(), problem: null };
  } catch (error) {
    if (error instanceof UserError) return { parameters: null, problem: error.message };
    throw error;
  }
}
