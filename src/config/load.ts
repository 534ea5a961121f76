// From a name on the command line to a checked experiment: find the file, read it, apply the command line's settings, check
// everything, and report all that is wrong at once.
import { stringify } from "yaml";
import { UserError } from "../errors.ts";
import { readText } from "../files.ts";
import { displayPath, findConfig } from "./find.ts";
import { lint } from "./lint.ts";
import { applyOverrides, type Override, parseSet } from "./override.ts";
import { type Finding, findings } from "./problems.ts";
import { atPosition, type Origin, reportFindings } from "./report.ts";
import { type Experiment, experimentSchema } from "./schema.ts";
import { parseSource } from "./source.ts";

/** Settings from the command line, applied in this order. */
export interface LoadOptions {
  /** Flags that stand for a key, such as `--seed 3`. */
  flags?: readonly Override[];
  /** `a.b=c`, the value in YAML. */
  overrides?: readonly string[];
}

/** A checked experiment, the file it is from, and remarks on unusual values. */
export interface Loaded {
  path: string;
  experiment: Experiment;
  notes: string[];
}

/** Everything that keeps a file from being an experiment, each a line `place: path: value: what was expected`. */
export interface Rejected {
  problems: string[];
  hint?: string;
}

/** Loads the experiment in `nameOrPath`. Throws UserError listing every problem. */
export function loadExperiment(nameOrPath: string, options: LoadOptions = {}): Loaded {
  const result = checkExperiment(nameOrPath, options);
  if (!("problems" in result)) return result;
  const { problems, hint } = result;
  const message =
    problems.length === 1
      ? problems[0]
      : [`${problems.length} problems in ${nameOrPath}`, ...problems].join("\n  ");
  throw new UserError(message, hint === undefined ? {} : { hint });
}

/** Loads the experiment in `nameOrPath`, or says what is wrong with it. Throws UserError only where a file cannot be read. */
export function checkExperiment(nameOrPath: string, options: LoadOptions = {}): Loaded | Rejected {
  const path = findConfig(nameOrPath);
  if (typeof path !== "string") return { problems: [path.problem], hint: path.hint };
  const name = displayPath(path);
  const source = parseSource(readText(path));
  const syntax = source.problems.map(({ position, text }) => atPosition(name, position, text));
  const { overrides, unreadable } = readOverrides(options);
  const result =
    syntax.length > 0 ? { problems: syntax } : checkValues({ name, source, overrides });
  if ("problems" in result) return { ...result, problems: [...result.problems, ...unreadable] };
  return unreadable.length > 0 ? { problems: unreadable } : { path, ...result };
}

function readOverrides({ flags = [], overrides = [] }: LoadOptions) {
  const sets = overrides.map(parseSet);
  return {
    overrides: [...flags, ...sets.filter((set) => typeof set !== "string")],
    unreadable: sets.filter((set) => typeof set === "string"),
  };
}

function checkValues(origin: Origin): Omit<Loaded, "path"> | Rejected {
  const data = applyOverrides(origin.source.value, origin.overrides);
  const { success, data: experiment, error } = experimentSchema.safeParse(data);
  if (success) return { experiment, notes: reportFindings(origin, lint(experiment)) };
  const found = findings(error.issues, data);
  const hint = switchedMethod(origin.overrides, found);
  return { problems: reportFindings(origin, found), ...(hint && { hint }) };
}

/** The way out where the command line changed the method's name and the file still has the keys of the old one. */
function switchedMethod(
  overrides: readonly Override[],
  found: readonly Finding[],
): string | undefined {
  const name = overrides.findLast(({ path }) => path.join(".") === "method.name")?.value;
  const inMethod = found.filter(({ path }) => path[0] === "method" && path[1] !== "name");
  if (typeof name !== "string" || inMethod.length === 0) return undefined;
  const missing = inMethod.filter(({ kind }) => kind === "missing");
  const keys = [`name: ${name}`, ...missing.map(({ path }) => `${path[1]}: …`)];
  return `replace the whole section: --set method='{${keys.join(", ")}}'`;
}

/** The experiment as YAML that loads to an equal one, every default written out. */
export function stringifyExperiment(experiment: Experiment): string {
  return stringify(experiment);
}
