// From a name on the command line to the cells of a sweep, each a checked experiment. The grid is the file's `sweep:` section
// (grid.ts says how it reads) with the axes of the command line; a file without either is a sweep of one cell.
import type { AxisFlag } from "./axes.ts";
import { checkCell, METHOD, namedMethod } from "./cell.ts";
import { combine, type Settings } from "./combine.ts";
import { type Grid, readGrid, settingsOf } from "./grid.ts";
import { type LoadOptions, openConfig, type Opened, refuse, type Rejected } from "./open.ts";
import { applyOverrides } from "./override.ts";
import { show } from "./problems.ts";
import { inOrder, type Origin, type Remark, remarkOnSetting } from "./report.ts";
import type { Experiment } from "./schema.ts";

export { type AxisFlag, parseAxisFlags } from "./axes.ts";

/** One experiment of a sweep. */
export interface Cell {
  experiment: Experiment;
  /** Axis key -> value, in the order of the axes, such as `{"method.size": 8, seed: 0}`. */
  values: Record<string, unknown>;
}

/** A checked sweep. */
export interface LoadedSweep {
  path: string;
  /** No two the same; all of one seed, task by task, before those of the next, so that there is a complete table early. */
  cells: Cell[];
  /** The keys that the sweep sets. */
  axes: string[];
  /** Remarks on unusual values, and on cells left out. */
  notes: string[];
  /** Cells left out because an equal one was there already. */
  duplicates: number;
}

/** Where the cells come from besides the file. */
export interface SweepOptions extends LoadOptions {
  /** Axes of the command line, which replace those of the same key in the file. */
  axes?: readonly AxisFlag[];
}

/** Loads the sweep in `nameOrPath`. Throws UserError listing every problem. */
export function loadSweep(nameOrPath: string, options: SweepOptions = {}): LoadedSweep {
  const result = checkSweep(nameOrPath, options);
  return "problems" in result ? refuse(nameOrPath, result) : result;
}

/** Loads the sweep in `nameOrPath`, or says what is wrong with it. Throws UserError only where a file cannot be read. */
export function checkSweep(nameOrPath: string, options: SweepOptions = {}): LoadedSweep | Rejected {
  const opened = openConfig(nameOrPath, options);
  return "problems" in opened ? opened : checkOpened(opened, options.axes ?? []);
}

/** The sweep in a file that is open already, or what is wrong with it. */
export function checkOpened(
  opened: Opened,
  axes: readonly AxisFlag[] = [],
): LoadedSweep | Rejected {
  const { path, origin, section, unreadable } = opened;
  const data = applyOverrides(opened.data, origin.overrides);
  const { grid, problems: inSection } = section ? readGrid(section.value, origin) : noSection;
  const refused = setsMethod(origin, grid);
  if (refused.length > 0) return { problems: refused };
  const { cells, problems: together } = combine({ origin, data, grid, axes });
  const { experiments, notes, problems: inCells, hint } = checkCells(origin, data, cells);
  // What is missing may be in a list that could not be read.
  const certain = inCells.filter(({ isMissing }) => !isMissing || inSection.length === 0);
  const problems = [
    ...inOrder([...inSection, ...together, ...certain]),
    ...setTwice(origin, axes),
    ...unreadable,
  ];
  if (problems.length > 0) return { problems, ...(hint && { hint }) };
  const { kept, leftOut } = onlyOnce(experiments);
  const keys = axesOf(kept);
  return {
    path,
    cells: inTables(kept.map((cell) => toCell(cell, keys))),
    axes: keys,
    notes: inOrder([...notes, ...leftOut.map((again) => remarkOnCopy(origin, again))]),
    duplicates: leftOut.length,
  };
}

const noSection: { grid: Grid; problems: Remark[] } = {
  grid: { kind: "all", of: [] },
  problems: [],
};

/** A cell with the settings it was made by. */
interface Made {
  experiment: Experiment;
  settings: Settings;
}

function checkCells(origin: Origin, data: unknown, cells: readonly Settings[]) {
  const experiments: Made[] = [];
  const notes: Remark[] = [];
  const problems: Remark[] = [];
  let hint: string | undefined;
  for (const settings of cells) {
    const checked = checkCell(origin, data, settings);
    if ("problems" in checked) {
      problems.push(...checked.problems);
      hint ??= checked.hint;
    } else {
      experiments.push({ experiment: checked.experiment, settings });
      notes.push(...checked.notes);
    }
  }
  return { experiments, notes, problems, hint };
}

/** One method set where the sweep names methods itself would be set for the sizes and learning rates of the others, too. */
function setsMethod({ overrides }: Origin, grid: Grid): string[] {
  const single = overrides.findLast(({ path }) => path.join(".") === METHOD);
  if (!single || !namedMethod(settingsOf(grid))) return [];
  return [`${single.origin}: the sweep names methods itself: expected --methods to choose of them`];
}

/** A key cannot be one value and several. */
function setTwice({ overrides }: Origin, axes: readonly AxisFlag[]): string[] {
  return axes.flatMap(({ flag, key }) => {
    const single = overrides.findLast(({ path }) => path.join(".") === key);
    return single ? [`${flag}: ${key}: ${single.origin} sets it too: expected one of the two`] : [];
  });
}

/** The cells without those that equal an earlier one; where the data lies is no part of what a run is. */
function onlyOnce(cells: readonly Made[]): { kept: Made[]; leftOut: (Made & { like: Made })[] } {
  const kept = new Map<string, Made>();
  const leftOut: (Made & { like: Made })[] = [];
  for (const cell of cells) {
    const identity = JSON.stringify({ ...cell.experiment, dataDir: undefined });
    const like = kept.get(identity);
    if (like) leftOut.push({ ...cell, like });
    else kept.set(identity, cell);
  }
  return { kept: [...kept.values()], leftOut };
}

/** Names the value that makes the cell one that was there already. */
function remarkOnCopy(origin: Origin, { settings, like }: Made & { like: Made }): Remark {
  const text = "the same cells as before it: left out";
  const copy = settings.find((setting) => !like.settings.includes(setting));
  if (!copy) return { line: `${origin.name}: a grid has ${text}`, rank: -1 };
  const { path, value } = copy;
  return remarkOnSetting(origin, { kind: "value", path, value: show(value), text }, copy);
}

function toCell({ experiment, settings }: Made, axes: readonly string[]): Cell {
  const values = new Map(settings.map(({ path, value }) => [path.join("."), value]));
  const ordered = axes.filter((key) => values.has(key)).map((key) => [key, values.get(key)]);
  return { experiment, values: Object.fromEntries(ordered) as Cell["values"] };
}

function axesOf(cells: readonly Made[]): string[] {
  const keys = cells.flatMap(({ settings }) => settings.map(({ path }) => path.join(".")));
  return [...new Set(keys)];
}

/** All cells of the seed met first, and of those all of the task met first; then those of the next. */
function inTables(cells: readonly Cell[]): Cell[] {
  const seeds = ranks(cells.map(({ experiment }) => experiment.seed));
  const tasks = ranks(cells.map(({ experiment }) => experiment.task.name));
  const compare = ({ experiment: a }: Cell, { experiment: b }: Cell) =>
    seeds(a.seed) - seeds(b.seed) || tasks(a.task.name) - tasks(b.task.name);
  return cells.toSorted(compare);
}

/** The rank of a value among those met, in their order. */
function ranks<T>(values: readonly T[]): (value: T) => number {
  const rank = new Map([...new Set(values)].map((value, i) => [value, i]));
  return (value) => rank.get(value) ?? 0;
}
