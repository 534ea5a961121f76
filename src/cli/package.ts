// What this program and the packages it stands on say of themselves.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { readText } from "../files.ts";

/** This program's package.json. */
export function readPackage(): { version: string; engines: { node: string } } {
  const file = fileURLToPath(new URL("../../package.json", import.meta.url));
  return JSON.parse(readText(file)) as ReturnType<typeof readPackage>;
}

/**
 * The version of an installed package, whether or not it loads; null where it is not installed, or does not let its
 * package.json be read.
 */
export function installedVersion(name: string): string | null {
  try {
    const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return (JSON.parse(readText(file)) as { version: string }).version;
  } catch {
    return null; // not there, or damaged: the engine that needs it says more
  }
}

/** Whether a version is in a range of comparators such as ">=20.19 <23", which is all that our package.json uses. */
export function isInRange(version: string, range: string): boolean {
  return range.split(" ").every((comparator) => {
    const [, operator, bound] = /^(>=|<)(.*)$/.exec(comparator)!;
    return compare(version, bound) >= 0 === (operator === ">=");
  });
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.replace(/^v/, "").split(".").map(Number));
  const i = right.findIndex((part, at) => part !== (left[at] ?? 0));
  return i === -1 ? 0 : (left[i] ?? 0) - right[i];
}
