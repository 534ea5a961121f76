// One experiment of a file: the file's data with the command line's settings and those of one cell of a sweep, checked against the
// schema. A file without a sweep is a cell without settings of its own.
import { axisFlags } from "./axes.ts";
import { keysAt } from "./describe.ts";
import { lint } from "./lint.ts";
import { applyOverrides, type Override, type Setting } from "./override.ts";
import { getPath, isMap, withPath } from "./path.ts";
import { type Finding, findings } from "./problems.ts";
import { type Origin, type Remark, remarkOn } from "./report.ts";
import { type Experiment, experimentSchema } from "./schema.ts";

/** A checked experiment with remarks on unusual values, or all that is wrong with it. */
export type Checked =
  { experiment: Experiment; notes: Remark[] } | { problems: Remark[]; hint?: string };

/** The key that chooses the method. */
export const METHOD = "method.name";

/** Checks `data`, which has the overrides of the command line already, with a cell's settings. */
export function checkCell(
  origin: Origin,
  data: unknown,
  settings: readonly Setting[] = [],
): Checked {
  const complete = applyOverrides(forNamedMethod(data, settings), settings);
  const { success, data: experiment, error } = experimentSchema.safeParse(complete);
  const remarks = (found: readonly Finding[]) =>
    found.map((finding) => remarkOn(origin, finding, settings));
  if (success) return { experiment, notes: remarks(lint(experiment)) };
  const found = findings(error.issues, complete);
  const hint = missingAxis(settings, found) ?? switchedMethod(origin.overrides, found);
  return { problems: remarks(found), ...(hint && { hint }) };
}

/** The method of a cell: what its settings say, else the file. */
export function methodOf(data: unknown, settings: readonly Setting[]): unknown {
  return namedMethod(settings)?.value ?? getPath(data, ["method", "name"]);
}

/** The setting that chooses the method. */
export function namedMethod(settings: readonly Setting[]): Setting | undefined {
  return settings.find(({ path }) => path.join(".") === METHOD);
}

/** Whether `key` is of no use to the method, but is to another: an axis of sizes does not concern full fine-tuning. */
export function isForeign(key: string, method: unknown): boolean {
  const known = keysAt(["method"], { method: { name: method } });
  return !known.includes(key) && keysAt(["method"], undefined).includes(key);
}

/** The data without the keys that the method chosen by the cell has no use for: they are of the method that it replaces. */
function forNamedMethod(data: unknown, settings: readonly Setting[]): unknown {
  const method = getPath(data, ["method"]);
  const named = namedMethod(settings);
  if (!named || !isMap(method)) return data;
  const kept = Object.entries(method).filter(([key]) => !isForeign(key, named.value));
  return withPath(data, ["method"], Object.fromEntries(kept));
}

/** The axis to add where `--methods` names a method that needs more than its name. */
function missingAxis(settings: readonly Setting[], found: readonly Finding[]): string | undefined {
  if (typeof namedMethod(settings)?.from !== "string") return undefined;
  const keys = found.filter(({ kind }) => kind === "missing").map(({ path }) => path.join("."));
  const flags = Object.entries(axisFlags).filter(([, { key }]) => keys.includes(key));
  return flags.length === 0
    ? undefined
    : `add ${flags.map(([name, { example }]) => `--${name} ${example}`).join(" ")}`;
}

/** The way out where the command line changed the method's name and the file still has the keys of the old one. */
function switchedMethod(
  overrides: readonly Override[],
  found: readonly Finding[],
): string | undefined {
  const name = overrides.findLast(({ path }) => path.join(".") === METHOD)?.value;
  const inMethod = found.filter(({ path }) => path[0] === "method" && path[1] !== "name");
  if (typeof name !== "string" || inMethod.length === 0) return undefined;
  const missing = inMethod.filter(({ kind }) => kind === "missing");
  const keys = [`name: ${name}`, ...missing.map(({ path }) => `${path[1]}: …`)];
  return `replace the whole section: --set method='{${keys.join(", ")}}'`;
}
