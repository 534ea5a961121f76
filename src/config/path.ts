// Reading and setting values deep inside plain data by a path of keys, without touching prototypes. Items of lists have their index for
// a key.

/** The keys that lead to a value; `["training", "epochs"]` is written `training.epochs`. */
export type Path = readonly string[];

/** Whether `value` is a map as YAML has them. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether `data` is a map with that key, or a list with an item of that index. */
function hasChild(data: unknown, key: string): data is Record<string, unknown> {
  const isKey = Array.isArray(data) ? isIndex(key) : isMap(data);
  return isKey && Object.hasOwn(data as object, key);
}

/** Whether the key may be the place of an item in a list. */
export function isIndex(key: string): boolean {
  return /^(0|[1-9]\d*)$/.test(key);
}

/** Whether the path leads to a value, which may be null. */
export function hasPath(data: unknown, path: Path): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return true;
  return hasChild(data, key) && hasPath(data[key], rest);
}

/** The value a path leads to, or undefined. */
export function getPath(data: unknown, path: Path): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return data;
  return hasChild(data, key) ? getPath(data[key], rest) : undefined;
}

/** A copy of `data` with `value` at the path; items of lists are replaced, and whatever else stands in the way of the path is replaced by a map. */
export function withPath(data: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(data) && hasChild(data, key))
    return data.with(Number(key), withPath(data[key], rest, value));
  const map = isMap(data) ? data : {};
  const old = Object.hasOwn(map, key) ? map[key] : undefined;
  return { ...map, [key]: withPath(old, rest, value) };
}

/** Whether `path` is `prefix` or lies below it. */
export function startsWith(path: Path, prefix: Path): boolean {
  return prefix.every((key, i) => path[i] === key);
}
