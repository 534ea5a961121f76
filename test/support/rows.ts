// Invented sweeps as rows, for pictures and pages: shaped like the paper's figures, with seeds that differ a little.
import { type Table, tabulate } from "../../src/report/rows.ts";
import type { TrainedResult } from "../../src/record/result.ts";
import { type Changes, runsOf, trainedResult } from "./records.ts";

type TaskName = Extract<Changes["task"], string>;
type Method = NonNullable<Changes["method"]>;

/** Method, and how far below full fine-tuning its mean is. */
const settings: [Method, number][] = [
  [{ name: "full" }, 0],
  ...[1, 2, 4, 8, 16, 32, 64, 128, 256].map((size, i): [Method, number] => [
    { name: "houlsby", size },
    0.035 * Math.exp(-i / 1.8) + 0.001,
  ]),
  ...[1, 2, 4].map((layers): [Method, number] => [{ name: "top-layers", layers }, 0.09 / layers]),
  [{ name: "layernorm" }, 0.045],
  [{ name: "head" }, 0.12],
];

/** One run of the sweep. The score's scatter over seeds and tasks is fixed: the same settings always give the same run. */
export function sweptRun(
  task: TaskName,
  method: Method,
  below: number,
  changes: Changes = {},
): TrainedResult {
  const { seed = 0 } = changes;
  const scatter = 0.004 * Math.sin(seed * 2.1 + task.length + 37 * below);
  const taskFactor = 0.6 + (task.length % 4) * 0.35;
  return trainedResult({ ...changes, task, method, score: 0.89 - taskFactor * below + scatter });
}

/** Every setting of the paper's Fig. 4 on the tasks, three seeds each unless told. */
export function sweep(
  tasks: readonly TaskName[],
  seeds: readonly number[] = [0, 1, 2],
): TrainedResult[] {
  return tasks.flatMap((task) =>
    settings.flatMap(([method, below]) =>
      seeds.map((seed) => sweptRun(task, method, below, { seed })),
    ),
  );
}

/** The sweep as a table. */
export function sweptTable(tasks: readonly TaskName[], seeds?: readonly number[]): Table {
  return tabulate(runsOf(sweep(tasks, seeds)));
}

/** Adapters of several sizes at several learning rates and numbers of epochs, too high a rate costing points. */
export function learningRateGrid(): TrainedResult[] {
  const runs: TrainedResult[] = [];
  for (const learningRate of [3e-5, 3e-4, 3e-3])
    for (const epochs of [3, 20])
      for (const size of [8, 64, 256])
        for (const seed of [0, 1, 2]) {
          const below = 0.03 * (Math.log10(learningRate / 3e-4) + size / 600) ** 2 + 0.01 / epochs;
          const training = { learningRate, epochs };
          runs.push(sweptRun("mrpc", { name: "houlsby", size }, below, { training, seed }));
        }
  return runs;
}
