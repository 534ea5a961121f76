// Puts findings into lines that begin with the place to look at: a line and column of the file, or a word of the command line.
import { type Override, overrideBehind, type Place, type Setting } from "./override.ts";
import type { Finding } from "./problems.ts";
import { compare, type Position, type Source } from "./source.ts";

/** What an experiment was read from. */
export interface Origin {
  /** The file's name as messages write it. */
  name: string;
  source: Source;
  overrides: readonly Override[];
}

/** A line, and what its place among others depends on: its position in the file, or else its rank on the command line. */
export interface Remark {
  line: string;
  position?: Position;
  rank: number;
  /** Whether it says that a key is missing, which may follow from another problem. */
  isMissing?: boolean;
}

/** What a finding says, at the place of whatever put the value there: an axis of a sweep, the command line, or the file. */
export function remarkOn(
  origin: Origin,
  finding: Finding,
  settings: readonly Setting[] = [],
): Remark {
  return { ...placed(origin, finding, settings), isMissing: finding.kind === "missing" };
}

function placed(origin: Origin, finding: Finding, settings: readonly Setting[]): Remark {
  const { source, overrides } = origin;
  const setting = settingBehind(finding, source.value, settings);
  if (setting) return remarkOnSetting(origin, finding, setting);
  const override = overrideBehind(finding.path, source.value, overrides);
  if (override) return { line: commandLine(override, finding), rank: overrides.indexOf(override) };
  const position = source.locate(finding.path, finding.kind === "value" ? "value" : "key");
  return remarkAt(origin, finding, position);
}

/** What a finding says of a setting that an axis makes. */
export function remarkOnSetting(origin: Origin, finding: Finding, { from, path }: Setting): Remark {
  if (typeof from === "string") {
    // The flag shows several values: which one, and of which key, has to be said.
    const line = join([from, finding.path.join("."), finding.value, finding.text]);
    return { line, rank: origin.overrides.length };
  }
  return remarkAt(origin, finding, positionOf(origin.source, finding, path.length, from));
}

/** What a finding says, at a position in the file. */
export function remarkAt({ name }: Origin, finding: Finding, position: Position): Remark {
  const { path, value, text } = finding;
  return {
    line: atPosition(name, position, join([path.join("."), value, text])),
    position,
    rank: -1,
  };
}

/** The lines, each once: those of the file in the order of its lines, then those of the command line in its order. */
export function inOrder(remarks: readonly Remark[]): string[] {
  const sorted = remarks.toSorted(
    (a, b) => a.rank - b.rank || (a.position && b.position ? compare(a.position, b.position) : 0),
  );
  return [...new Set(sorted.map(({ line }) => line))];
}

/** `file:line:col: ` and then what is to be said of that place. */
export function atPosition(name: string, { line, col }: Position, text: string): string {
  return `${name}:${line}:${col}: ${text}`;
}

/** The setting that put a value there; a key is missing from a method because of what named the method. */
function settingBehind(
  { kind, path }: Finding,
  fileData: unknown,
  settings: readonly Setting[],
): Setting | undefined {
  const cause = kind === "missing" && path[0] === "method" ? ["method", "name"] : path;
  return overrideBehind(cause, fileData, settings);
}

/** The value itself, or the key that is not known or lacks something. */
function positionOf(source: Source, finding: Finding, length: number, place: Place): Position {
  const isKey = finding.kind === "unknown key" || finding.path.length < length;
  const key = isKey ? place.keys[finding.path.length - 1] : undefined;
  return key ? source.locate(key, "key") : source.locate(place.value, "value");
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
