// The `sweep:` section of a file. One rule reads it: it is written like an experiment, and where a list stands, each of its items is
// tried. Lists beside each other multiply. A list may hold whole sections, and lists within those are tried in turn.
//
//   sweep:
//     seed: [0, 1, 2]                  # any key of an experiment, dotted or nested
//     grids:                           # maps one after another, each with all that stands beside `grids`
//       - { method: { name: houlsby, size: [8, 64] }, training.learningRate: 1e-3 }
//       - { method: { name: full }, training.learningRate: 5e-5 }     # single values: pairs
//
// is (2 + 1) × 3 = 9 cells. `sweep:` may itself be a list of grids. Keys that are not named keep the file's values, but a cell
// whose method is chosen here has no keys of another method.
import { keysAt } from "./describe.ts";
import type { Setting } from "./override.ts";
import { isMap, type Path } from "./path.ts";
import { type Finding, show } from "./problems.ts";
import { type Origin, type Remark, remarkAt } from "./report.ts";

/** A grid of settings: a single one, one of several grids, or all of several grids together. */
export type Grid =
  | { kind: "setting"; setting: Setting }
  | { kind: "any"; of: readonly Grid[] }
  | { kind: "all"; of: readonly Grid[] };

/** The key under `sweep:` that is no key of an experiment. */
const GRIDS = "grids";

/** Where the reader stands: which config key the value is for, and how the file got there. */
interface Here {
  path: Path;
  /** For each key of `path`, the key in the file. */
  keys: readonly Path[];
  at: Path;
}

/** Reads the section, and all that keeps it from being a grid. */
export function readGrid(section: unknown, origin: Origin): { grid: Grid; problems: Remark[] } {
  const problems: Remark[] = [];
  const refuse = ({ path, at }: Here, finding: Omit<Finding, "path">): Grid => {
    const part = finding.kind === "value" ? "value" : "key";
    const named = { ...finding, path: path.length > 0 ? path : ["sweep"] };
    problems.push(remarkAt(origin, named, origin.source.locate(at, part)));
    return nothing;
  };
  const read = (value: unknown, here: Here): Grid => {
    if (here.path.join(".").startsWith("task.labels"))
      return refuse(here, {
        kind: "value",
        value: show(value),
        text: "expected in the task: section; all cells of a sweep have the same classes",
      });
    if (Array.isArray(value)) return readList(value, here, read, refuse);
    if (isMap(value)) return readMap(value, here, read, refuse);
    if (here.path.length === 0)
      return refuse(here, {
        kind: "value",
        value: show(value),
        text: "expected config keys with lists of values, or a list of such maps",
      });
    const { path, keys, at } = here;
    return { kind: "setting", setting: { path, value, from: { keys, value: at } } };
  };
  const grid = read(section, { path: [], keys: [], at: ["sweep"] });
  return { grid, problems };
}

type Read = (value: unknown, here: Here) => Grid;
type Refuse = (here: Here, finding: Omit<Finding, "path">) => Grid;

/** One combination, without settings. */
const nothing: Grid = { kind: "all", of: [] };

function readList(list: readonly unknown[], here: Here, read: Read, refuse: Refuse): Grid {
  if (list.length === 0)
    return refuse(here, {
      kind: "value",
      value: "an empty list",
      text: "expected at least one value",
    });
  const items = list.map((item, i) => {
    const there = { ...here, at: [...here.at, String(i)] };
    if (!Array.isArray(item)) return read(item, there);
    return refuse(there, {
      kind: "value",
      value: "a list in a list",
      text: "expected a value or a map",
    });
  });
  return { kind: "any", of: items };
}

function readMap(map: Record<string, unknown>, here: Here, read: Read, refuse: Refuse): Grid {
  const entries = Object.entries(map);
  if (entries.length === 0)
    return refuse(here, { kind: "value", value: "an empty map", text: "expected config keys" });
  const parts = entries.map(([key, value]) => {
    const at = [...here.at, key];
    if (here.path.length === 0 && key === GRIDS)
      return readGrids(value, { ...here, at }, read, refuse);
    const path = [...here.path, ...key.split(".")];
    const there = { path, keys: [...here.keys, ...path.slice(here.path.length).map(() => at)], at };
    const isGrids = path.length === 1 && Array.isArray(value) && value.some(isMap);
    if (isGrids && !keysAt([], undefined).includes(key))
      return refuse(there, { kind: "unknown key", text: `unknown key; did you mean "${GRIDS}"?` });
    return read(value, there);
  });
  return { kind: "all", of: parts };
}

function readGrids(value: unknown, here: Here, read: Read, refuse: Refuse): Grid {
  if (Array.isArray(value)) return readList(value, here, read, refuse);
  const named = { ...here, path: [GRIDS] };
  return refuse(named, { kind: "value", value: show(value), text: "expected a list of maps" });
}

/** The grid without the settings that `isGone`, and flat; a list of which nothing is left no longer multiplies. */
export function without(grid: Grid, isGone: (setting: Setting) => boolean): Grid {
  if (grid.kind === "setting") return isGone(grid.setting) ? nothing : grid;
  const of = grid.of.map((part) => without(part, isGone));
  if (grid.kind === "any") return of.every(isNothing) ? nothing : { kind: "any", of };
  return { kind: "all", of: of.flatMap((part) => (part.kind === "all" ? part.of : [part])) };
}

function isNothing(grid: Grid): boolean {
  return grid.kind === "all" && grid.of.length === 0;
}

/** Every combination of settings, the first list varying slowest. */
export function combinations(grid: Grid): (readonly Setting[])[] {
  if (grid.kind === "setting") return [[grid.setting]];
  if (grid.kind === "any") return grid.of.flatMap(combinations);
  return grid.of.reduce<(readonly Setting[])[]>(
    (before, part) => {
      const after = combinations(part);
      return before.flatMap((settings) => after.map((more) => [...settings, ...more]));
    },
    [[]],
  );
}

/** Every setting of the grid. */
export function settingsOf(grid: Grid): Setting[] {
  return grid.kind === "setting" ? [grid.setting] : grid.of.flatMap(settingsOf);
}

/** How many combinations there are. */
export function count(grid: Grid): number {
  if (grid.kind === "setting") return 1;
  const counts = grid.of.map(count);
  return grid.kind === "any"
    ? counts.reduce((sum, number) => sum + number, 0)
    : counts.reduce((product, number) => product * number, 1);
}

/** How that number comes about, such as `(method.size 5 + 1) × seed 3`. */
export function arithmetic(grid: Grid): string {
  if (grid.kind === "setting") return "1";
  if (grid.kind === "all") {
    const factors = grid.of.filter((part) => count(part) !== 1).map(arithmetic);
    return factors.length > 0 ? factors.join(" × ") : "1";
  }
  const [first] = grid.of;
  const isAxis = grid.of.every(({ kind }) => kind === "setting");
  if (isAxis && first.kind === "setting")
    return `${first.setting.path.join(".")} ${grid.of.length}`;
  return grid.of.length === 1 ? arithmetic(first) : `(${grid.of.map(arithmetic).join(" + ")})`;
}
