// Puts findings into lines that begin with the place to look at: a line and column of the file, or a word of the command line.
import { type Override, overrideBehind } from "./override.ts";
import type { Finding } from "./problems.ts";
import { compare, type Position, type Source } from "./source.ts";

/** What an experiment was read from. */
export interface Origin {
  /** The file's name as messages write it. */
  name: string;
  source: Source;
  overrides: readonly Override[];
}

/** One line per finding: those of the file in the order of its lines, then those of the command line in its order. */
export function reportFindings(origin: Origin, found: readonly Finding[]): string[] {
  const { source, overrides } = origin;
  const inFile: { finding: Finding; position: Position }[] = [];
  const onCommandLine: { finding: Finding; override: Override }[] = [];
  for (const finding of found) {
    const override = overrideBehind(finding.path, source.value, overrides);
    if (override) onCommandLine.push({ finding, override });
    else inFile.push({ finding, position: positionOf(source, finding) });
  }
  inFile.sort((a, b) => compare(a.position, b.position));
  onCommandLine.sort((a, b) => overrides.indexOf(a.override) - overrides.indexOf(b.override));
  return [
    ...inFile.map(({ finding, position }) => fileLine(origin.name, position, finding)),
    ...onCommandLine.map(({ finding, override }) => commandLine(override, finding)),
  ];
}

/** `file:line:col: ` and then what is to be said of that place. */
export function atPosition(name: string, { line, col }: Position, text: string): string {
  return `${name}:${line}:${col}: ${text}`;
}

function positionOf(source: Source, { kind, path }: Finding): Position {
  return source.locate(path, kind === "value" ? "value" : "key");
}

function fileLine(name: string, position: Position, { path, value, text }: Finding): string {
  return atPosition(name, position, join([path.join("."), value, text]));
}

/** The words of the command line show the value already, and the path where they set just that one. */
function commandLine({ origin, path: set }: Override, { path, value, text }: Finding): string {
  const isThatPath = set.length === path.length;
  return join(isThatPath ? [origin, text] : [origin, path.join("."), value, text]);
}

/** Joins what is there; the path of the whole file is empty. */
function join(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part).join(": ");
}
