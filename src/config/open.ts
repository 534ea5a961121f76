// From a name on the command line to plain data that is not checked yet: finds the file, reads it, and reads the settings beside
// it. A file describes one experiment, or a sweep of several where it has a `sweep:` section.
import { listProblems, UserError } from "../errors.ts";
import { readText } from "../files.ts";
import { displayPath, findConfig } from "./find.ts";
import { type Override, parseSet } from "./override.ts";
import { isMap } from "./path.ts";
import { atPosition, type Origin } from "./report.ts";
import { parseSource } from "./source.ts";

/** Settings from the command line, applied in this order. */
export interface LoadOptions {
  /** Flags that stand for a key, such as `--seed 3`. */
  flags?: readonly Override[];
  /** `a.b=c`, the value in YAML. */
  overrides?: readonly string[];
}

/** Everything that keeps a file from being an experiment, each a line `place: path: value: what was expected`. */
export interface Rejected {
  problems: string[];
  hint?: string;
}

/** A file that could be read. */
export interface Opened {
  path: string;
  origin: Origin;
  /** What the file says besides `sweep:`. */
  data: unknown;
  /** The `sweep:` section, where there is one. */
  section?: { value: unknown };
  /** What is wrong with settings that could not be read. */
  unreadable: string[];
}

const MAX_BYTES = 2 ** 20; // a thousand times what an experiment takes

/** Opens the file named, or says what is wrong with its text. Throws UserError only where it cannot be read. */
export function openConfig(nameOrPath: string, options: LoadOptions): Opened | Rejected {
  const path = findConfig(nameOrPath);
  if (typeof path !== "string") return { problems: [path.problem], hint: path.hint };
  const name = displayPath(path);
  const source = parseSource(readText(path, undefined, MAX_BYTES));
  const { overrides, unreadable } = readOverrides(options);
  if (source.problems.length > 0) {
    const syntax = source.problems.map(({ position, text }) => atPosition(name, position, text));
    return { problems: [...syntax, ...unreadable] };
  }
  return { path, origin: { name, source, overrides }, unreadable, ...withoutSweep(source.value) };
}

/** Throws what is wrong with a file as one UserError. */
export function refuse(nameOrPath: string, { problems, hint }: Rejected): never {
  throw new UserError(
    listProblems(problems, ` in ${nameOrPath}`),
    hint === undefined ? {} : { hint },
  );
}

function withoutSweep(value: unknown): Pick<Opened, "data" | "section"> {
  if (!isMap(value) || !Object.hasOwn(value, "sweep")) return { data: value };
  const { sweep, ...data } = value;
  return { data, section: { value: sweep } };
}

function readOverrides({ flags = [], overrides = [] }: LoadOptions) {
  const sets = overrides.map(parseSet);
  return {
    overrides: [...flags, ...sets.filter((set) => typeof set !== "string")],
    unreadable: sets.filter((set) => typeof set === "string"),
  };
}
