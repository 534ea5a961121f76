// Says in words what the schema expects at a path, and which keys exist. It reads the JSON Schema that zod derives, so the
// schema stays the only place where keys and ranges are written.
import { z } from "zod";
import { getPath, isIndex, isMap, type Path } from "./path.ts";
import { experimentSchema } from "./schema.ts";

type Type = "string" | "integer" | "number" | "boolean" | "object" | "array";

/** The part of JSON Schema that zod writes for an experiment. */
interface Description {
  /** The schema's own words, where those made of the rest would puzzle. */
  description?: string;
  type?: Type | Type[];
  const?: string;
  enum?: string[];
  anyOf?: Description[];
  oneOf?: Description[];
  properties?: Record<string, Description>;
  required?: string[];
  items?: Description;
  minItems?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

/** Keys whose word decides which others there are, the more telling first. */
const DISCRIMINATORS = ["kind", "name"];

const root = z.toJSONSchema(experimentSchema, { io: "input" }) as Description;

/** The kind of tasks that have a name: valid, never needed, and confusing to be offered. */
const UNSPOKEN = "benchmark";

/** What may stand at `path`, such as `an integer of at least 1`. `data` decides between the keys of different methods. */
export function expectedAt(path: Path, data: unknown): string {
  const descriptions = describedAt(path, data);
  // Several maps told apart by a word: that is the choice, their other keys come after it.
  const choices = DISCRIMINATORS.toReversed().flatMap((key) => {
    const known = wordsOf(descriptions, key);
    return known.length > 1 ? [`whose ${key} is ${anyOf(known.map(quote))}`] : [];
  });
  if (choices.length > 0) return `a map ${choices.join(", or ")}`;
  const allWords = descriptions.map(words);
  if (allWords.length > 0 && allWords.every(({ length }) => length > 0))
    return anyOf([...new Set(allWords.flat())].filter((word) => word !== UNSPOKEN).map(quote));
  return anyOf([...new Set(descriptions.map(inWords))]);
}

/** The words by which these maps are chosen. */
function wordsOf(descriptions: readonly Description[], key: string): string[] {
  const asking = descriptions.filter(({ required = [] }) => required.includes(key));
  return asking.flatMap(({ properties }) => words(properties?.[key] ?? {}));
}

/**
 * The key that is really missing where the schema asks for the name of a map at `path`: its kind, if other keys in it are of use
 * to no map without one.
 */
export function missingChoice(path: Path, data: unknown): string {
  const value = getPath(data, path);
  const all = describedAt(path, undefined);
  const [needKind, others] = [true, false].map((isAsked) =>
    all.filter(({ required = [] }) => required.includes("kind") === isAsked),
  );
  const has = (maps: readonly Description[], key: string) =>
    maps.some(({ properties }) => properties && Object.hasOwn(properties, key));
  const given = isMap(value) ? Object.keys(value) : [];
  return given.some((key) => has(needKind, key) && !has(others, key)) ? "kind" : "name";
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
    found = found.flatMap(({ items, properties }) => {
      if (items && isIndex(key)) return [items];
      return properties && Object.hasOwn(properties, key) ? [properties[key]] : [];
    });
  }
  return found.flatMap((description) =>
    description.description === undefined
      ? branches(description, getPath(data, path))
      : [description],
  );
}

/** The alternatives of a union; where `value` has a kind or a name that some of them ask for, those alone. */
function branches(description: Description, value: unknown): Description[] {
  let left = alternatives(description);
  if (left.length === 0) return [description];
  for (const key of DISCRIMINATORS) {
    const word = getPath(value, [key]);
    const asking = left.filter(({ properties }) =>
      words(properties?.[key] ?? {}).includes(word as string),
    );
    const others = left.filter(({ required = [] }) => !(key === "kind" && required.includes(key)));
    if (asking.length > 0) left = asking;
    else if (isMap(value) && word === undefined && others.length > 0) left = others;
  }
  return left;
}

/** The branches of a union, those of unions inside it included. */
function alternatives(description: Description): Description[] {
  const direct = description.anyOf ?? description.oneOf ?? [];
  return direct.flatMap((branch) => {
    const inner = alternatives(branch);
    return inner.length > 0 ? inner : [branch];
  });
}

function words(description: Description): string[] {
  return description.const === undefined ? (description.enum ?? []) : [description.const];
}

function inWords(description: Description): string {
  if (description.description !== undefined) return description.description;
  const known = words(description);
  if (known.length > 0) return anyOf(known.map(quote));
  const { type, items, minItems = 0, properties = {} } = description;
  // zod writes a union of plain values so.
  if (Array.isArray(type)) return anyOf(type.map((one) => inWords({ type: one })));
  if (type === "object") return `a map with ${Object.keys(properties).join(", ")}`;
  if (type === "string") return "text";
  if (type === "boolean") return "true or false";
  if (type === "array") {
    const each = items ? anyOf(branches(items, undefined).map(inWords)) : "";
    return `a list${minItems > 0 ? ` of at least ${minItems}` : ""}${each && `, each ${each}`}`;
  }
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
