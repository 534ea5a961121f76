// The story of a sweep: of the planned cells, run what is missing or was interrupted, several at a time, each in a worker process;
// record what fails and go on; leave to other processes what they are working on, and pick up what they drop.
import { setTimeout } from "node:timers/promises";
import type { EngineName } from "../engine/create.ts";
import { pathExists, tolerate } from "../files.ts";
import { isLocked } from "../record/lock.ts";
import { recordFailure } from "../record/run-folder.ts";
import type { RunEvent } from "../train/events.ts";
import { chooseDevices, type ChosenDevices } from "./devices.ts";
import type { Outcome } from "./messages.ts";
import { type CellState, lookUp, type PlannedCell } from "./plan.ts";
import { WorkerDied, WorkerProcess } from "./worker-process.ts";

const POLL_MS = 1000; // between two looks at what other processes are working on

export interface SweepOptions {
  outDir: string;
  /** Cells that run at the same time. */
  numJobs: number;
  /** Threads of each of them. */
  numThreads: number;
  /** Whether to run again what ended in an error; what diverged would diverge again. */
  retryFailed: boolean;
  signal: AbortSignal;
  report: (event: SweepEvent) => void;
}

export type SweepEvent =
  | { type: "note"; text: string }
  /** `lane` counts the jobs from 0; a lane runs one cell at a time. */
  | { type: "started"; lane: number; cell: PlannedCell }
  | { type: "running"; lane: number; cell: PlannedCell; event: RunEvent }
  | { type: "ended"; lane: number; cell: PlannedCell; outcome: Outcome }
  /** All that is left is being worked on by other processes. */
  | { type: "waiting"; cells: readonly PlannedCell[] };

/** What there is to do for a cell in this state. */
export function isDue(state: CellState, { retryFailed }: { retryFailed: boolean }): boolean {
  return state === "missing" || state === "begun" || (state === "failed" && retryFailed);
}

/** A cell after the sweep. */
export interface EndedCell extends PlannedCell {
  /** Why it failed, where that could not be recorded in its folder. */
  unrecorded: string | null;
}

/**
 * Runs what is due and gives every cell as it is in the end. Cells that failed, diverged or were stopped are among them; the caller
 * decides what that means. A failure that cannot be recorded is that cell's alone: the others go on.
 */
export async function runSweep(
  cells: readonly PlannedCell[],
  options: SweepOptions,
): Promise<EndedCell[]> {
  const unrecorded = new Map<string, string>();
  const queue = cells.filter(({ state }) => isDue(state, options));
  const elsewhere: PlannedCell[] = [];
  const { notes, prefer } = await chooseFor(queue, options);
  for (const text of notes) options.report({ type: "note", text });
  const work = { queue, elsewhere, unrecorded, prefer };
  const lanes = Array.from({ length: Math.min(options.numJobs, queue.length) }, (_, lane) =>
    runLane(lane, work, options),
  );
  await Promise.all(lanes);
  return cells.map((cell) => ({
    ...cell,
    ...lookUp(cell.experiment, options.outDir),
    unrecorded: unrecorded.get(cell.name) ?? null,
  }));
}

/** Ctrl-C ends the processes that examine the engines: what they then say is not true. */
async function chooseFor(
  queue: readonly PlannedCell[],
  { signal }: SweepOptions,
): Promise<ChosenDevices> {
  try {
    const chosen = await chooseDevices(queue.map(({ experiment }) => experiment));
    return signal.aborted ? { notes: [] } : chosen;
  } catch (error) {
    if (signal.aborted) return { notes: [] };
    throw error;
  }
}

/** What the lanes share. */
interface Work {
  queue: PlannedCell[];
  elsewhere: PlannedCell[];
  unrecorded: Map<string, string>;
  /** The engine for cells that leave the choice to us. */
  prefer: EngineName | undefined;
}

/** Takes cells from the queue until there is none, then those that other processes have dropped. */
async function runLane(
  lane: number,
  { elsewhere, prefer, queue, unrecorded }: Work,
  options: SweepOptions,
): Promise<void> {
  const worker = new WorkerProcess();
  const stop = () => worker.stop();
  options.signal.addEventListener("abort", stop);
  try {
    while (!options.signal.aborted) {
      const cell = queue.shift() ?? (await nextDropped(elsewhere, options));
      if (!cell) return;
      const outcome = await runCell(cell, { lane, worker, prefer }, options);
      if (outcome.kind === "failed" && outcome.isDeviceLost) worker.end(); // with all that still believes in the device
      if (outcome.kind === "locked") {
        elsewhere.push(cell);
        await setTimeout(POLL_MS, undefined, { signal: options.signal }).catch(() => {}); // stopped: the loop ends
      }
      if (outcome.kind === "failed" && lookUp(cell.experiment, options.outDir).state !== "failed")
        unrecorded.set(cell.name, outcome.message);
    }
  } finally {
    options.signal.removeEventListener("abort", stop);
    worker.end();
  }
}

/** Waits until another process has let go of a cell; undefined when all are finished or the sweep is stopped. */
async function nextDropped(
  elsewhere: PlannedCell[],
  { outDir, report, signal }: SweepOptions,
): Promise<PlannedCell | undefined> {
  let isReported = false;
  while (elsewhere.length > 0 && !signal.aborted) {
    for (const cell of elsewhere.slice()) {
      const { state } = lookUp(cell.experiment, outDir);
      const isDropped = state === "missing" || state === "begun";
      if (isDropped && isLocked(cell.runDir)) continue;
      elsewhere.splice(elsewhere.indexOf(cell), 1);
      if (isDropped) return cell;
    }
    if (!isReported && elsewhere.length > 0) report({ type: "waiting", cells: [...elsewhere] });
    isReported = true;
    await setTimeout(POLL_MS, undefined, { signal }).catch(() => {}); // stopped: the loop ends
  }
  return undefined;
}

async function runCell(
  cell: PlannedCell,
  { lane, prefer, worker }: { lane: number; worker: WorkerProcess; prefer: EngineName | undefined },
  { numThreads, outDir, report, retryFailed, signal }: SweepOptions,
): Promise<Outcome> {
  const { experiment } = cell;
  report({ type: "started", lane, cell });
  const onEvent = (event: RunEvent) => report({ type: "running", lane, cell, event });
  const order = {
    type: "run",
    experiment,
    outDir,
    retryFailed,
    numThreads,
    ...(prefer && { prefer }),
  } as const;
  let outcome: Outcome;
  try {
    ({ outcome } = await worker.carryOut(order, "ended", onEvent));
  } catch (error) {
    if (!(error instanceof WorkerDied)) throw error;
    // Whoever stops everything may have stopped the worker too: its last checkpoint is there.
    outcome = signal.aborted ? { kind: "stopped" } : recordDeath(cell, outDir, error.message);
  }
  report({ type: "ended", lane, cell, outcome });
  return outcome;
}

/** The worker may have died after it had written the result. */
function recordDeath(cell: PlannedCell, outDir: string, message: string): Outcome {
  const { result } = lookUp(cell.experiment, outDir);
  if (result) return { kind: "finished elsewhere" };
  if (pathExists(cell.runDir) && isLocked(cell.runDir)) return { kind: "locked" };
  const hint = "run it again with: peft sweep --retry-failed";
  tolerate(() => recordFailure(cell.experiment, outDir, { message, hint })); // what could not be recorded is told in the end
  return { kind: "failed", message, hint };
}
