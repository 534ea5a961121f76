// From a name on the command line to a checked experiment: find the file, read it, apply the command line's settings, check
// everything, and report all that is wrong at once.
import { stringify } from "yaml";
import { checkCell } from "./cell.ts";
import { type LoadOptions, openConfig, type Opened, refuse, type Rejected } from "./open.ts";
import { applyOverrides } from "./override.ts";
import { atPosition, inOrder } from "./report.ts";
import type { Experiment } from "./schema.ts";
import { checkOpened } from "./sweep.ts";

export type { LoadOptions, Rejected } from "./open.ts";

/** A checked experiment, the file it is from, and remarks on unusual values. */
export interface Loaded {
  path: string;
  experiment: Experiment;
  notes: string[];
}

/** Loads the experiment in `nameOrPath`. Throws UserError listing every problem. */
export function loadExperiment(nameOrPath: string, options: LoadOptions = {}): Loaded {
  const result = checkExperiment(nameOrPath, options);
  return "problems" in result ? refuse(nameOrPath, result) : result;
}

/** Loads the experiment in `nameOrPath`, or says what is wrong with it. Throws UserError only where a file cannot be read. */
export function checkExperiment(nameOrPath: string, options: LoadOptions = {}): Loaded | Rejected {
  const opened = openConfig(nameOrPath, options);
  if ("problems" in opened) return opened;
  const { path, origin, data, section, unreadable } = opened;
  if (section) return severalIn(nameOrPath, opened);
  const checked = checkCell(origin, applyOverrides(data, origin.overrides));
  if ("problems" in checked) {
    const { problems, ...rest } = checked;
    return { problems: [...inOrder(problems), ...unreadable], ...rest };
  }
  if (unreadable.length > 0) return { problems: unreadable };
  return { path, experiment: checked.experiment, notes: inOrder(checked.notes) };
}

/** What to say where one experiment is wanted of a file with a sweep. */
function severalIn(nameOrPath: string, opened: Opened): Rejected {
  const { origin } = opened;
  const sweep = checkOpened(opened);
  const number = "problems" in sweep ? "" : `${sweep.cells.length} cells: `;
  const position = origin.source.locate(["sweep"], "key");
  return {
    problems: [atPosition(origin.name, position, `sweep: ${number}expected one experiment`)],
    hint: `run all of them: peft sweep --config ${nameOrPath}`,
  };
}

/** The experiment as YAML that loads to an equal one, every default written out. */
export function stringifyExperiment(experiment: Experiment): string {
  return stringify(experiment);
}
