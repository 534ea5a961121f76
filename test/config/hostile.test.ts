// Config files that no person writes: of other programs, damaged, or made to break a parser. Each ends in a short list of problems.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkExperiment } from "../../src/config/load.ts";
import { temporaryFolders } from "../support/temp.ts";

const folder = temporaryFolders();

function problemsOf(text: string): string[] {
  const path = join(folder(), "x.yaml");
  writeFileSync(path, text);
  const result = checkExperiment(path);
  if (!("problems" in result)) throw new Error("accepted");
  return result.problems.map((line) => line.replace(/^.*x\.yaml:/, ""));
}

const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join("\n");

test.each([
  ["lists", `a: ${"[".repeat(20_000)}${"]".repeat(20_000)}`],
  ["lists that the parser itself can read", `a: ${"[".repeat(60)}${"]".repeat(60)}`],
  ["maps", lines(1200, (i) => `${" ".repeat(i)}a:`)],
])("deep nesting of %s", (_, text) => {
  expect(problemsOf(text).at(-1)).toMatch(/nested more than 50 levels deep: expected fewer$/);
});

test("thousands of keys that mean nothing", () => {
  const problems = problemsOf(lines(30_000, (i) => `key${i}: 1`));
  expect(problems.length).toBeLessThan(30);
  expect(problems).toContain("1:1: 29980 more unknown keys");
});

test("a key given twice, quoted or not, and keys that are no words", () => {
  expect(problemsOf('seed: 1\n"seed": 2\n? [a]\n: 3\n')).toEqual([
    '2:1: "seed" is given twice: expected once',
    "3:3: a key that is a list or a map: expected a word",
  ]);
});

test("a file far larger than an experiment", () => {
  const path = join(folder(), "x.yaml");
  writeFileSync(path, `# ${"x".repeat(2 ** 20)}\n`);
  expect(() => checkExperiment(path)).toThrow(/x\.yaml: 1048579 bytes: expected at most 1048576$/);
});
