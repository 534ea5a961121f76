// Settings given on the command line: `--set a.b=c` and the flags that stand for a key. Applied to the file's plain data before
// it is checked, so that they pass the same checks and their problems can name them.
import { parseSource } from "./source.ts";
import { isLabelKey } from "./written.ts";
import { hasPath, type Path, startsWith, withPath } from "./path.ts";

/** One setting and the words on the command line that made it. */
export interface Override {
  origin: string;
  path: Path;
  value: unknown;
}

/** One key set to one value by an axis of a sweep. */
export interface Setting {
  path: Path;
  value: unknown;
  /** What put it there: words of the command line, or places in the `sweep:` section. */
  from: string | Place;
}

/** Where in a file a setting stands, as paths through the file. */
export interface Place {
  /** For each key of the setting's path, the key in the file that it was written in. */
  keys: readonly Path[];
  value: Path;
}

/** Reads `a.b=c`, its value as YAML: `3`, `1e-3`, `text`, `{name: full}`. What cannot be read is a sentence saying why. */
export function parseSet(text: string): Override | string {
  const origin = `--set ${text}`;
  const [, key, written] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  const path = key?.split(".") ?? [];
  if (written === undefined || path.includes(""))
    return `${origin}: expected path=value, such as --set training.epochs=3`;
  const { value, problems } = parseSource(written, { holdsLabels: path.some(isLabelKey) });
  if (problems.length > 0) return `${origin}: not YAML: ${problems[0].text}`;
  return { origin, path, value };
}

/** `data` with the overrides set, the last one winning. */
export function applyOverrides(
  data: unknown,
  overrides: readonly { path: Path; value: unknown }[],
): unknown {
  return overrides.reduce((result, { path, value }) => withPath(result, path, value), data);
}

/** The override that put a value (or the map that lacks it) at `path`; undefined where the file did. */
export function overrideBehind<T extends { path: Path }>(
  path: Path,
  fileData: unknown,
  overrides: readonly T[],
): T | undefined {
  return overrides.findLast(
    (override) =>
      startsWith(path, override.path) ||
      (startsWith(override.path, path) &&
        !hasPath(fileData, [...path, override.path[path.length]])),
  );
}
