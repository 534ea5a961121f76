// Says in words what the schema expects at a path, and which keys exist. It reads the JSON Schema that zod derives, so the
// schema stays the only place where keys and ranges are written.
import { z } from "zod";
import { getPath, type Path } from "./path.ts";
import { experimentSchema } from "./schema.ts";

/** The part of JSON Schema that zod writes for an experiment. */
interface Description {
  type?: "string" | "integer" | "number" | "object";
  const?: string;
  enum?: string[];
  anyOf?: Description[];
  oneOf?: Description[];
  properties?: Record<string, Description>;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

const root = z.toJSONSchema(experimentSchema, { io: "input" }) as Description;

/** What may stand at `path`, such as `an integer of at least 1`. `data` decides between the keys of different methods. */
export function expectedAt(path: Path, data: unknown): string {
  const descriptions = describedAt(path, data);
  const names = descriptions.flatMap(({ properties }) => properties?.name?.const ?? []);
  // Several maps told apart by name: that is the choice, their other keys come after it.
  if (names.length > 1) return `a map whose name is ${anyOf(names.map(quote))}`;
  return anyOf(descriptions.map(inWords));
}

/** The words that may stand at `path`, where words may. */
export function wordsAt(path: Path, data: unknown): string[] {
  return describedAt(path, data).flatMap(words);
}

/** The keys that may stand in the map at `path`. */
export function keysAt(path: Path, data: unknown): string[] {
  return describedAt(path, data).flatMap((description) =>
    Object.keys(description.properties ?? {}),
  );
}

/** The methods that have a setting of this name. */
export function methodsWith(key: string): string[] {
  return describedAt(["method"], undefined)
    .filter(({ properties }) => properties && Object.hasOwn(properties, key))
    .flatMap(({ properties }) => properties?.name?.const ?? []);
}

/** Every path that ends in `key`, as written in messages. */
export function pathsEndingIn(key: string, within = root, prefix: Path = []): string[] {
  const here = Object.entries(within.properties ?? {}).flatMap(([name, child]) => {
    const path = [...prefix, name];
    return [...(name === key ? [path.join(".")] : []), ...pathsEndingIn(key, child, path)];
  });
  const below = alternatives(within).flatMap((branch) => pathsEndingIn(key, branch, prefix));
  return [...new Set([...here, ...below])];
}

/** `a, b or c`. */
export function anyOf(items: readonly string[]): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(", ")} or ${items.at(-1)}`;
}

/** The descriptions that apply at `path`: one, or several where the data does not decide between branches. */
function describedAt(path: Path, data: unknown): Description[] {
  let found = [root];
  for (const [depth, key] of path.entries()) {
    found = found.flatMap((description) =>
      branches(description, getPath(data, path.slice(0, depth))),
    );
    found = found.flatMap(({ properties }) =>
      properties && Object.hasOwn(properties, key) ? [properties[key]] : [],
    );
  }
  return found.flatMap((description) => branches(description, getPath(data, path)));
}

/** The alternatives of a union; where one of them has the name that `value` has, that one alone. */
function branches(description: Description, value: unknown): Description[] {
  const all = alternatives(description);
  if (all.length === 0) return [description];
  const name = getPath(value, ["name"]);
  const chosen = all.filter(
    ({ properties }) => name !== undefined && properties?.name?.const === name,
  );
  return chosen.length > 0 ? chosen : all;
}

function alternatives(description: Description): Description[] {
  return description.anyOf ?? description.oneOf ?? [];
}

function words(description: Description): string[] {
  return description.const === undefined ? (description.enum ?? []) : [description.const];
}

function inWords(description: Description): string {
  const known = words(description);
  if (known.length > 0) return anyOf(known.map(quote));
  const { type, properties = {} } = description;
  if (type === "object") return `a map with ${Object.keys(properties).join(", ")}`;
  if (type === "string") return "text";
  return `${type === "integer" ? "an integer" : "a number"}${range(description)}`;
}

/** A word of a config as messages quote it. */
export function quote(word: unknown): string {
  return `"${String(word)}"`;
}

function range(description: Description): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = description;
  const limits = [
    minimum === undefined ? "" : `of at least ${minimum}`,
    exclusiveMinimum === undefined ? "" : `above ${exclusiveMinimum}`,
    // zod writes the largest safe integer where the schema sets no limit.
    maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? "" : `at most ${maximum}`,
    exclusiveMaximum === undefined ? "" : `below ${exclusiveMaximum}`,
  ].filter((limit) => limit !== "" && limit !== `of at least ${Number.MIN_SAFE_INTEGER}`);
  return limits.length > 0 ? ` ${limits.join(" and ")}` : "";
}
