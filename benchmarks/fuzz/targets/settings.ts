// Readers of experiments and sweeps in YAML, and of the settings of the command line.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { loadExperiment, stringifyExperiment } from "../../../src/config/load.ts";
import { loadSweep, parseAxisFlags } from "../../../src/config/sweep.ts";
import type { Files } from "../mutate.ts";
import { must, type Target, textOf } from "../target.ts";

const experiment = `# an experiment
task:
  kind: classification
  name: mine
  train: a.csv
  text: "te xt"
  label: label
  labels: [no, yes, 0]
  maxLength: 16
encoder:
  source: ./encoder
  dropout: 0.1
method:
  name: houlsby
  size: 8
training:
  learningRate: 1e-3
  epochs: 2.5
  batchSize: 8
seed: 3
device: cpu
`;

const benchmark = `task: {name: squad2, maxLength: 64, stride: 16, nullThreshold: -1.5}
encoder: {source: npm:x}
method: {name: top-layers, layers: 2}
training:
  learningRate: 3e-5
  epochs: 3
  weightDecay: 0.01
  warmupFraction: 0.1
`;

const sweep = `task:
  maxLength: 16
encoder:
  source: ./encoder
training:
  epochs: [1, 2]
sweep:
  task.name: [cola, sst2]
  seed: [0, 1]
  grids:
    - method: { name: houlsby, size: [1, 8] }
      training.learningRate: [1e-3, 3e-4]
    - method: { name: layernorm }
      training.learningRate: 1e-3
`;

const yaml =
  (name: string) =>
  (text: string): Files => ({ [name]: Buffer.from(text) });

const experiments: Target = {
  name: "experiment",
  share: 3,
  seeds: () => [experiment, benchmark].map(yaml("it.yaml")),
  run(folder) {
    const loaded = loadExperiment(join(folder, "it.yaml"));
    const again = join(folder, "again.yaml");
    writeFileSync(again, stringifyExperiment(loaded.experiment));
    const same = isDeepStrictEqual(loadExperiment(again).experiment, loaded.experiment);
    must(same, "what was written is read as another experiment");
    return [loaded.experiment, loaded.notes];
  },
};

const sweeps: Target = {
  name: "sweep",
  share: 1,
  seeds: () => [sweep.replace("epochs: [1, 2]", "epochs: 2"), experiment].map(yaml("it.yaml")),
  run(folder) {
    const { axes, cells, notes } = loadSweep(join(folder, "it.yaml"));
    must(cells.length > 0, "a sweep without a cell");
    const kinds = new Set(cells.map((cell) => JSON.stringify(cell.experiment)));
    must(kinds.size === cells.length, "the same experiment twice in a sweep");
    return [axes, notes, cells.length];
  },
};

const sets = [
  "seed=3",
  "training.epochs=2",
  "method={name: houlsby, size: 4}",
  "task.labels=[a, b]",
];
const axes = { sizes: "1,2,4", seeds: "0,1", lrs: "1e-3,3e-4", tasks: "cola,rte" }; // prettier-ignore

/** Files named in JSON: `--set` and the flags of a sweep. */
const commandLine: Target = {
  name: "command-line",
  share: 2,
  seeds: () => [
    {
      ...yaml("it.yaml")(experiment),
      "given.json": Buffer.from(JSON.stringify({ sets, axes: {} })),
    },
    {
      ...yaml("it.yaml")(sweep.replace("epochs: [1, 2]", "epochs: 2")),
      "given.json": Buffer.from(JSON.stringify({ sets: sets.slice(1, 2), axes })),
    },
  ],
  isMutable: (name) => name === "given.json",
  run(folder, files) {
    const given = parsed(textOf(files["given.json"]));
    const overrides = textsIn(given?.sets);
    const flags = Object.fromEntries(
      Object.keys(axes).flatMap((name) => {
        const value = (given?.axes as Record<string, unknown> | undefined)?.[name];
        return typeof value === "string" ? [[name, value]] : [];
      }),
    );
    const loaded = loadSweep(join(folder, "it.yaml"), { overrides, axes: parseAxisFlags(flags) });
    return [loaded.axes, loaded.notes, loaded.cells.length];
  },
};

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

export const settingsTargets: readonly Target[] = [experiments, sweeps, commandLine];
