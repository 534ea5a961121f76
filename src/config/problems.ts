// Turns what zod found wrong with an experiment into findings a person can act on: path, value, what was expected.
import type { z } from "zod";
import { expectedAt, keysAt, missingChoice, pathsEndingIn, wordsAt } from "./describe.ts";
import { getPath, hasPath, isMap, type Path } from "./path.ts";
import { suggest } from "../suggest.ts";

/** Something to say about one place of an experiment. */
export interface Finding {
  kind: "unknown key" | "missing" | "value";
  path: Path;
  /** The value found there, as messages quote it. */
  value?: string;
  /** What was expected instead. */
  text: string;
}

type Issue = z.core.$ZodIssue;

/** Everything that zod's issues say about `data`, one finding for each key. */
export function findings(issues: readonly Issue[], data: unknown): Finding[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === "unrecognized_keys") return unknownKeys(path, issue.keys, data);
    const finding = hasPath(data, path) ? wrongValue(path, data) : missing(path, data);
    // A rule between several keys says in its own words what is wrong; a default may break it, too.
    return issue.code === "custom" ? { ...finding, text: issue.message } : finding;
  });
}

const MAX_KEYS = 20; // of one map in messages: a file of another program may have thousands

function unknownKeys(parent: Path, keys: readonly string[], data: unknown): Finding[] {
  const found = keys.slice(0, MAX_KEYS).map((key) => unknownKey(parent, key, data));
  if (keys.length <= MAX_KEYS) return found;
  const text = `${keys.length - MAX_KEYS} more unknown keys`;
  return [...found, { kind: "unknown key", path: parent, text }];
}

function unknownKey(parent: Path, key: string, data: unknown): Finding {
  const text = `unknown key; ${instead(parent, key, data)}`;
  return { kind: "unknown key", path: [...parent, key], text };
}

/** The most helpful thing to say about a key that does not exist. */
function instead(parent: Path, key: string, data: unknown): string {
  const known = keysAt(parent, data);
  // `sweep` is no key of an experiment, and yet may stand in its file.
  const near = suggest(key, parent.length === 0 ? [...known, "sweep"] : known);
  if (near !== undefined) return `did you mean "${near}"?`;
  const here = [...parent, key].join(".");
  const elsewhere = pathsEndingIn(key).filter((path) => path !== here);
  if (elsewhere.length === 1) return `did you mean "${elsewhere[0]}"?`;
  const name = parent[0] === "method" ? getPath(data, ["method", "name"]) : undefined;
  if (typeof name !== "string")
    return `${parent.join(".") || "an experiment"} has ${known.join(", ")}`;
  const settings = known.filter((other) => other !== "name");
  return `"${name}" has ${settings.length > 0 ? settings.join(", ") : "no settings"}`;
}

function missing(path: Path, data: unknown): Finding {
  const parent = path.slice(0, -1);
  const isKind = path.at(-1) === "name" && missingChoice(parent, data) === "kind";
  const asked = isKind ? [...parent, "kind"] : path;
  const expected = expectedAt(asked, isKind ? undefined : data);
  return { kind: "missing", path: asked, text: `missing: expected ${expected}` };
}

function wrongValue(path: Path, data: unknown): Finding {
  const value = getPath(data, path);
  const near = typeof value === "string" ? suggest(value, wordsAt(path, data)) : undefined;
  const question = near === undefined ? "" : `; did you mean "${near}"?`;
  const text = `expected ${expectedAt(path, data)}${question}`;
  return { kind: "value", path, value: show(value), text };
}

/** A value as messages quote it. */
export function show(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (isMap(value)) return "a map";
  // String rather than JSON for numbers: Infinity and NaN are values in YAML.
  return typeof value === "number" ? String(value) : JSON.stringify(shorten(value));
}

function shorten(value: unknown): unknown {
  return typeof value === "string" && value.length > 40 ? `${value.slice(0, 39)}…` : value;
}
