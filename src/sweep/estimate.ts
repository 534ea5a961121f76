// How long cells take and what they need, from what has been measured: finished cells of similar size while a sweep runs, a few
// steps of the smallest and the largest setting of each method before it begins.
import { smallest } from "../extremes.ts";
import type { Experiment } from "../config/schema.ts";
import { groupBy } from "../report/group.ts";
import { chooseDevices } from "./devices.ts";
import type { Cost } from "./messages.ts";
import type { PlannedCell } from "./plan.ts";
import { isDue } from "./sweep.ts";
import { WorkerDied, WorkerProcess } from "./worker-process.ts";

/** What a finished cell took. */
export interface Measured {
  cell: PlannedCell;
  seconds: number;
  steps: number;
}

/**
 * Seconds that a cell takes from its first step, by the pace of the finished cells that are most like it: the same task, encoder
 * and method if there are any, then the nearest number of trained parameters. Undefined while nothing is finished.
 */
export function secondsOf(cell: PlannedCell, finished: readonly Measured[]): number | undefined {
  const alike = (level: (experiment: Experiment) => unknown[]) =>
    finished.filter(
      (other) => level(other.cell.experiment).join("\n") === level(cell.experiment).join("\n"),
    );
  const levels = [
    ({ encoder, method, task }: Experiment) => [
      task.name,
      task.maxLength,
      encoder.source,
      method.name,
    ],
    ({ encoder, task }: Experiment) => [task.name, task.maxLength, encoder.source],
    () => [],
  ];
  const group = levels.map(alike).find((some) => some.length > 0) ?? [];
  const distance = (other: Measured) => Math.abs(logSize(other.cell) - logSize(cell));
  const nearest = smallest(group.map(distance));
  const chosen = group.filter((other) => distance(other) <= nearest + 1e-9 && other.steps > 0);
  if (chosen.length === 0) return undefined;
  const secondsPerStep =
    chosen.reduce((sum, { seconds, steps }) => sum + seconds / steps, 0) / chosen.length;
  return secondsPerStep * cell.totalSteps;
}

function logSize({ parameters }: PlannedCell): number {
  return Math.log(parameters?.trained ?? 1);
}

/** What a cell is expected to need; null where there is nothing to run, or its probe did not. */
export interface Estimate {
  cell: PlannedCell;
  seconds: number | null;
  peakBytes: number | null;
  /** What stays in the run folder: best and last checkpoint. */
  diskBytes: number;
}

const BYTES_PER_PARAMETER = 4; // float32
const NUM_CHECKPOINTS = 2; // adapter.safetensors and last.safetensors

/**
 * Estimates every cell that is due from probes of the smallest and the largest setting of each task, encoder and method, those between by their
 * number of trained parameters. Each probe has a process of its own, so that peaks of memory do not mix.
 */
export async function estimateCells(
  cells: readonly PlannedCell[],
  options: {
    numThreads: number;
    retryFailed: boolean;
    onProgress?: (done: number, total: number) => void;
  },
): Promise<{ estimates: Estimate[]; problems: string[] }> {
  const groups = groupBy(
    cells.filter(({ parameters, state }) => parameters && isDue(state, options)),
    ({ experiment }) =>
    JSON.stringify([experiment.task, experiment.encoder, experiment.method.name, experiment.training.batchSize, experiment.device, experiment.precision]), // prettier-ignore
  );
  const due = [...groups.values()].flat();
  if (due.length > 0) await chooseDevices(due.map(({ experiment }) => experiment)); // or there is nothing to estimate
  const ends = [...groups.values()].map(smallestAndLargest);
  const total = ends.flat().length;
  const costs = new Map<PlannedCell, Cost>();
  const problems: string[] = [];
  let done = 0;
  for (const cell of ends.flat()) {
    options.onProgress?.(done++, total);
    const cost = await probeCell(cell, options.numThreads);
    if ("problem" in cost) problems.push(`${cell.name}: ${cost.problem}`);
    else costs.set(cell, cost);
  }
  options.onProgress?.(total, total);
  const endsOf = new Map([...groups.values()].flatMap((group, i) => group.map((cell) => [cell, ends[i]]))); // prettier-ignore
  const estimates = cells.map((cell) => {
    const known = (endsOf.get(cell) ?? []).flatMap((end) => {
      const cost = costs.get(end);
      return cost ? [{ trained: end.parameters!.trained, cost }] : [];
    });
    return estimate(cell, known);
  });
  return { estimates, problems };
}

async function probeCell(cell: PlannedCell, numThreads: number) {
  const worker = new WorkerProcess();
  try {
    const order = { type: "probe", experiment: cell.experiment, numThreads } as const;
    return (await worker.carryOut(order, "probed")).cost;
  } catch (error) {
    if (!(error instanceof WorkerDied)) throw error;
    return { problem: error.message };
  } finally {
    worker.end();
  }
}

function estimate(cell: PlannedCell, known: readonly { trained: number; cost: Cost }[]): Estimate {
  const trained = cell.parameters?.trained ?? 0;
  const diskBytes = trained * BYTES_PER_PARAMETER * NUM_CHECKPOINTS;
  if (known.length === 0) return { cell, seconds: null, peakBytes: null, diskBytes };
  const at = (value: (cost: Cost) => number) =>
    interpolate(trained, known.map(({ cost, trained: x }) => ({ x, y: value(cost) }))); // prettier-ignore
  const { evaluation, training } = cell.experiment;
  const numEvaluations =
    evaluation.every === "epoch"
      ? Math.ceil(training.epochs)
      : Math.ceil(cell.totalSteps / evaluation.every);
  const seconds =
    at(({ startSeconds }) => startSeconds) +
    at(({ trainSecondsPerToken }) => trainSecondsPerToken) * cell.trainTokens * training.epochs +
    at((cost) => cost.evaluateSecondsPerToken) * cell.evaluationTokens * numEvaluations;
  return { cell, seconds, peakBytes: at(({ peakBytes }) => peakBytes), diskBytes };
}

/** The value at `x` on the line through the first and the last point. */
function interpolate(x: number, points: readonly { x: number; y: number }[]): number {
  const [first] = points;
  const last = points[points.length - 1];
  if (last.x === first.x) return first.y;
  return first.y + ((last.y - first.y) * (x - first.x)) / (last.x - first.x);
}

function smallestAndLargest(cells: readonly PlannedCell[]): PlannedCell[] {
  const sorted = cells.toSorted((a, b) => a.parameters!.trained - b.parameters!.trained);
  const [first] = sorted;
  const last = sorted[sorted.length - 1];
  return first.parameters!.trained === last.parameters!.trained ? [first] : [first, last];
}
