// Which runs belong together. Every setting of an experiment plays one of four parts: it tells rows apart, it is tuned (and
// the best value reported), it is averaged over, or it has no say in the result.
import { isMap } from "../config/path.ts";
import type { Experiment } from "../config/schema.ts";
import { groupBy } from "./group.ts";

/** What the table does with a setting; everything not named here tells rows apart. */
const parts: Partial<Record<keyof Experiment, "tuned" | "averaged" | "ignored">> = {
  training: "tuned", // as in the paper §3.2, where learning rate and epochs are swept for every size
  seed: "averaged",
  device: "ignored",
  dataDir: "ignored",
  checkpoint: "ignored",
};

/** Keys that tell rows apart and have a column of their own in tables. */
const shown = ["task.name", "encoder.source", "method.name", "method.size", "method.layers"];

/** Tuned keys that have a column of their own. */
export const shownTuned: readonly string[] = [
  "training.learningRate",
  "training.epochs",
  "training.batchSize",
];

/** The values of an experiment by dotted key, such as `method.size`. */
export type Dotted = Record<string, unknown>;

/** The settings that tell one row from another. */
export function identity(experiment: Experiment): Dotted {
  return dotted(sections(experiment, undefined));
}

/** The settings that are tuned. */
export function tuning(experiment: Experiment): Dotted {
  return dotted(sections(experiment, "tuned"));
}

/** The same text for equal settings, whatever their order. */
export function keyOf(settings: Dotted): string {
  return JSON.stringify(Object.entries(settings).toSorted(([a], [b]) => compareText(a, b)));
}

/** Bottleneck size m, or k of the top layers; null for methods that have neither. */
export function sizeOf({ method }: Experiment): number | null {
  if ("size" in method) return method.size;
  return "layers" in method ? method.layers : null;
}

/** What is known of rows with the same task, encoder, method and size. */
export function familyOf(experiment: Experiment): string {
  const settings = identity(experiment);
  return JSON.stringify(shown.map((key) => settings[key] ?? null));
}

/** The keys in which settings differ, in alphabetical order. */
export function differingKeys(all: readonly Dotted[]): string[] {
  const [first = {}, ...rest] = all;
  const keys = new Set(all.flatMap((settings) => Object.keys(settings)));
  const differs = (key: string) => rest.some((settings) => settings[key] !== first[key]);
  return [...keys].filter(differs).toSorted(compareText);
}

/** Such as `method.initStd=1e-7 task.maxLength=64`; a key that the settings lack has the encoder's or the program's default. */
export function describe(settings: Dotted, keys: readonly string[]): string {
  return keys.map((key) => `${key}=${show(settings[key])}`).join(" ");
}

/** A setting's value in a sentence or a cell. */
export function show(value: unknown): string {
  if (value === undefined) return "default";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What each experiment has to its name beside the others of its task, encoder, method and size; empty where that is enough. */
export function variantsOf(experiments: readonly Experiment[]): string[] {
  const families = groupBy(experiments, familyOf);
  const keys = new Map(
    [...families].map(([family, members]) => [family, differingKeys(members.map(identity))]),
  );
  return experiments.map((experiment) =>
    describe(identity(experiment), keys.get(familyOf(experiment)) ?? []),
  );
}

/** The tuned keys in which experiments differ and that tables have no column for. */
export function hiddenTuning(experiments: readonly Experiment[]): string[] {
  return differingKeys(experiments.map(tuning)).filter((key) => !shownTuned.includes(key));
}

/** Orders text by code units: the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sections(experiment: Experiment, part: "tuned" | undefined): object {
  const entries = Object.entries(experiment) as [keyof Experiment, unknown][];
  return Object.fromEntries(entries.filter(([key]) => parts[key] === part));
}

function dotted(value: object, prefix = ""): Dotted {
  const settings: Dotted = {};
  for (const [key, inner] of Object.entries(value)) {
    if (isMap(inner)) Object.assign(settings, dotted(inner, `${prefix}${key}.`));
    else if (inner !== undefined) settings[prefix + key] = inner;
  }
  return settings;
}
