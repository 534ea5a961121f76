// The cells of a sweep before they are checked: which settings each of them makes, from the file's grid and the axes of the
// command line. Sizes multiply only the methods that have a size, layers those that have layers.
import type { AxisFlag } from "./axes.ts";
import { isForeign, METHOD, methodOf } from "./cell.ts";
import { anyOf, methodsWith, quote } from "./describe.ts";
import { arithmetic, combinations, count, type Grid, settingsOf, without } from "./grid.ts";
import type { Override, Setting } from "./override.ts";
import { startsWith } from "./path.ts";
import { show } from "./problems.ts";
import { type Origin, type Remark, remarkOnSetting } from "./report.ts";

/** The settings of one cell. */
export type Settings = readonly Setting[];

/** What a sweep is made from. */
export interface Sweep {
  origin: Origin;
  /** What the file says besides its sweep, with the command line's settings. */
  data: unknown;
  grid: Grid;
  axes: readonly AxisFlag[];
}

/** More than anyone means to start: at a minute each, a week. */
const MAX_CELLS = 10_000;

/** Combinations are more than cells, as `--sizes` does not concern every method; more than these are not gone through. */
const MAX_COMBINATIONS = 100_000;

/**
 * The settings of each cell, and what is wrong with them together. The axes replace those of the same key in the grid, and so do
 * single settings of the command line; `--methods` picks among the grids that name a method.
 */
export function combine({ origin, data, grid: written, axes }: Sweep): {
  cells: Settings[];
  problems: Remark[];
} {
  const flags: Grid = { kind: "all", of: axes.map(toGrid) };
  const grid = withoutReplaced(written, origin.overrides, axes);
  const whole: Grid = { kind: "all", of: [grid, flags] };
  const tooMany = (number: number) => ({
    cells: [],
    problems: [tooManyCells(origin, number, whole)],
  });
  if (count(whole) > MAX_COMBINATIONS) return tooMany(count(whole));

  const cells = new Map<string, Settings>();
  const tried: Tried = new Map();
  const keyOf = identify();
  const fromFile = combinations(grid);
  const fromFlags = combinations(flags);
  for (const settings of fromFile) {
    for (const more of fromFlags) {
      if (!agree(settings, more)) continue;
      const both = [...settings, ...more];
      const method = methodOf(data, both);
      for (const setting of both) tried.set(setting, (tried.get(setting) ?? new Set()).add(method));
      const cell = ofMethod(settings, more, method);
      const key = keyOf(cell);
      if (!cells.has(key)) cells.set(key, cell);
    }
  }
  if (cells.size > MAX_CELLS) return tooMany(cells.size);
  const all = [...cells.values()];
  const problems = [
    ...conflicts(all, origin),
    ...useless(tried, all, origin),
    ...uselessOverrides(all, origin),
    ...unmatched(flags, tried, fromFile, origin),
  ];
  return { cells: all, problems };
}

/** The settings that cells could have had, with the methods of those cells. */
type Tried = Map<Setting, Set<unknown>>;

/** The axis of a flag as a grid. */
function toGrid({ flag, key, values }: AxisFlag): Grid {
  const path = key.split(".");
  return {
    kind: "any",
    of: values.map((value) => ({ kind: "setting", setting: { path, value, from: flag } })),
  };
}

/** The file's grid without what the command line decides. */
function withoutReplaced(
  grid: Grid,
  overrides: readonly Override[],
  axes: readonly AxisFlag[],
): Grid {
  const keys = axes.map(({ key }) => key);
  const rest = without(
    grid,
    ({ path }) =>
      overrides.some((override) => startsWith(path, override.path)) ||
      (path.join(".") !== METHOD && keys.includes(path.join("."))),
  );
  if (!keys.includes(METHOD)) return rest;
  // Methods that are named for the whole sweep are replaced; where several grids name theirs, the flag picks among the grids.
  const parts = rest.kind === "all" ? rest.of : [rest];
  return { kind: "all", of: parts.filter((part) => !isMethodAxis(part)) };
}

function isMethodAxis(grid: Grid): boolean {
  if (grid.kind === "setting") return isMethodName(grid.setting);
  return grid.kind === "any" && grid.of.every(isMethodAxis);
}

function isMethodName({ path }: Setting): boolean {
  return path.join(".") === METHOD;
}

/** Whether flags and file do not name different methods. */
function agree(fromFile: Settings, fromFlags: Settings): boolean {
  const [wanted, named] = [fromFlags.find(isMethodName), fromFile.find(isMethodName)];
  return !wanted || !named || wanted.value === named.value;
}

/** The settings without those of other methods; where flags and file name the same method, the file does. */
function ofMethod(fromFile: Settings, fromFlags: Settings, method: unknown): Settings {
  const isNamed = fromFile.some(isMethodName);
  const flags = fromFlags.filter((setting) => !isNamed || !isMethodName(setting));
  return [...fromFile, ...flags].filter(
    ({ path }) => path[0] !== "method" || path.length < 2 || !isForeign(path[1], method),
  );
}

/** Numbers settings, so that the same ones make the same key. */
function identify(): (settings: Settings) => string {
  const numbers = new Map<Setting, number>();
  const numberOf = (setting: Setting) => {
    const number = numbers.get(setting) ?? numbers.size;
    numbers.set(setting, number);
    return number;
  };
  return (settings) => settings.map(numberOf).join(" ");
}

function tooManyCells({ name }: Origin, number: number, whole: Grid): Remark {
  const written = (value: number) => value.toLocaleString("en-US");
  const expected = `expected at most ${written(MAX_CELLS)}`;
  return { line: `${name}: ${arithmetic(whole)}: ${written(number)} cells: ${expected}`, rank: -1 };
}

/** Keys that a cell sets twice, or once as a whole and once in part: neither can be what is meant. */
function conflicts(cells: readonly Settings[], origin: Origin): Remark[] {
  const twice = new Set<Setting>();
  for (const settings of cells) {
    for (const [i, later] of settings.entries()) {
      const clashes = (earlier: Setting) =>
        startsWith(later.path, earlier.path) || startsWith(earlier.path, later.path);
      if (settings.slice(0, i).some(clashes)) twice.add(later);
    }
  }
  return [...twice].map((setting) =>
    remark(origin, setting, "set twice in one cell: expected once"),
  );
}

/** Settings that none of the methods they met knows: sizes where nothing has a size. */
function useless(tried: Tried, cells: readonly Settings[], origin: Origin): Remark[] {
  const used = new Set(cells.flat());
  const left = [...tried].filter(([setting]) => !used.has(setting) && !isMethodName(setting));
  return left.map(([setting, methods]) => {
    const text = noSettingOf([...methods], setting.path[1]);
    return remarkOnSetting(origin, { kind: "unknown key", path: setting.path, text }, setting);
  });
}

function noSettingOf(methods: readonly unknown[], key: string): string {
  const owners = anyOf(methodsWith(key).map(quote));
  return `not a setting of ${anyOf(methods.map(quote))}, only of ${owners}`;
}

/** Settings of the command line that no cell has, as the axes choose methods that do not know them. */
function uselessOverrides(cells: readonly Settings[], { overrides }: Origin): Remark[] {
  const methods = cells.map((settings) => settings.find(isMethodName)?.value);
  return overrides.flatMap(({ origin, path }, rank) => {
    const isUseless =
      path[0] === "method" &&
      path.length > 1 &&
      methods.every((method) => method !== undefined && isForeign(path[1], method));
    if (!isUseless || cells.length === 0) return [];
    return [{ line: `${origin}: ${noSettingOf([...new Set(methods)], path[1])}`, rank }];
  });
}

/** Methods of `--methods` that no grid of the file has. */
function unmatched(
  flags: Grid,
  tried: Tried,
  fromFile: readonly Settings[],
  origin: Origin,
): Remark[] {
  const names = new Set(fromFile.flatMap((settings) => settings.find(isMethodName)?.value ?? []));
  const left = settingsOf(flags).filter((flag) => isMethodName(flag) && !tried.has(flag));
  return left.map((setting) =>
    remark(origin, setting, `expected a method of this sweep, ${anyOf([...names].map(quote))}`),
  );
}

function remark(origin: Origin, setting: Setting, text: string): Remark {
  const { path, value } = setting;
  return remarkOnSetting(origin, { kind: "value", path, value: show(value), text }, setting);
}
