// GLUE's test files: the official layouts with invented texts, and every error with its place and hint.
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { type GlueName, isGlueName, layouts } from "../../src/data/glue-layouts.ts";
import { readGlueTest } from "../../src/data/glue-test.ts";
import { UserError } from "../../src/errors.ts";
import { fewRows, writeGlueTests } from "../support/glue.ts";
import { temporaryFolders } from "../support/temp.ts";

const newFolder = temporaryFolders();
let glue: string;
beforeEach(() => {
  glue = newFolder();
  writeGlueTests(glue);
});

/** The UserError that reading throws; null is no folder at all. */
function refusal(name: GlueName, dataDir: string | null = glue): UserError {
  try {
    readGlueTest(name, dataDir ?? undefined);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error(`reading ${name} was expected to fail`);
}

test.each([
  ["cola", ["CoLA.tsv"], false],
  ["sst2", ["SST-2.tsv"], false],
  ["mrpc", ["MRPC.tsv"], true],
  ["stsb", ["STS-B.tsv"], true],
  ["qqp", ["QQP.tsv"], true],
  ["mnli", ["MNLI-m.tsv", "MNLI-mm.tsv", "AX.tsv"], true],
  ["qnli", ["QNLI.tsv"], true],
  ["rte", ["RTE.tsv"], true],
  ["wnli", ["WNLI.tsv"], true],
] as const)("%s answers %s", (name, files, isPair) => {
  const tests = readGlueTest(name, glue);
  expect(tests.map(({ file }) => file)).toEqual(files);
  for (const { file, task, ids, texts, sha256 } of tests) {
    expect(task).toBe(name);
    expect(ids).toEqual(Array.from({ length: fewRows[file] }, (_, i) => `${i}`));
    expect(texts).toHaveLength(fewRows[file]);
    const first = { text: 'text 1 of 2 "' };
    expect(texts[2]).toEqual(isPair ? { ...first, textPair: 'text 2 of 2 "' } : first);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  }
});

test("columns are found wherever they are", () => {
  writeFileSync(join(glue, "RTE/test.tsv"), "sentence2\tindex\tmore\tsentence1\nb\t7\tx\ta\n");
  const [{ ids, texts }] = readGlueTest("rte", glue);
  expect(ids).toEqual(["7"]);
  expect(texts).toEqual([{ text: "a", textPair: "b" }]);
});

test.each(["AX/diagnostic.tsv", "AX/AX.tsv", "AX.tsv"])("the diagnostic set as %s", (path) => {
  mkdirSync(join(glue, "AX"));
  renameSync(join(glue, "diagnostic/diagnostic.tsv"), join(glue, path));
  const tests = readGlueTest("mnli", glue);
  expect(tests.at(-1)).toMatchObject({ file: "AX.tsv", path: join(glue, path) });
});

test("without the diagnostic set, MNLI answers the rest", () => {
  rmSync(join(glue, "diagnostic"), { recursive: true });
  expect(readGlueTest("mnli", glue).map(({ file }) => file)).toEqual(["MNLI-m.tsv", "MNLI-mm.tsv"]);
});

test("the task's own folder will do, and the diagnostic set is then beside it", () => {
  const tests = readGlueTest("mnli", join(glue, "MNLI"));
  expect(tests.map(({ texts }) => texts.length)).toEqual([8, 9, 13]);
});

test("isGlueName knows the tasks, and nothing that objects have by nature", () => {
  expect(Object.keys(layouts).every(isGlueName)).toBe(true);
  expect(isGlueName("spam") || isGlueName("toString")).toBe(false);
});

describe("refuses", () => {
  test("no folder", () => {
    const { message, hint } = refusal("mrpc", null);
    expect(message).toBe("data: no folder given: expected the one with MRPC/test.tsv");
    expect(hint).toContain("--data DIR");
  });

  test("a folder that is not there, or lacks the file", () => {
    const nowhere = join(glue, "nowhere");
    expect(refusal("mrpc", nowhere).message).toBe(
      `${nowhere}: no such folder: expected MRPC/test.tsv of GLUE`,
    );
    rmSync(join(glue, "MNLI/test_mismatched.tsv"));
    expect(refusal("mnli").message).toBe(
      `${join(glue, "MNLI/test_mismatched.tsv")}: no such file: expected MNLI/test_mismatched.tsv of GLUE`,
    );
  });

  test("columns of another file, naming those found", () => {
    writeFileSync(join(glue, "SST-2/test.tsv"), "sentence\tlabel\nA fine day\t1\n");
    const { message, hint } = refusal("sst2");
    expect(message).toBe(
      `${join(glue, "SST-2/test.tsv")}:1: columns "sentence", "label": expected a column "index"`,
    );
    expect(hint).toContain("other columns than train.tsv");
  });

  test("a line with a tab too many", () => {
    writeFileSync(join(glue, "RTE/test.tsv"), "index\tsentence1\tsentence2\n0\ta\tb\n1\ta\tb\tc\n");
    expect(refusal("rte").message).toContain("RTE/test.tsv:3: 4 columns: expected 3");
  });

  test("a line that was cut short", () => {
    writeFileSync(join(glue, "RTE/test.tsv"), "index\tsentence1\tsentence2\n0\ta\tb\n1\ta\n");
    expect(refusal("rte").message).toContain("RTE/test.tsv:3: 2 columns: expected 3");
  });

  test("bytes that are not UTF-8", () => {
    const content = Buffer.from("index\tsentence\n0\tcaf\u00e9\n", "latin1");
    writeFileSync(join(glue, "CoLA/test.tsv"), content);
    expect(refusal("cola").message).toContain("CoLA/test.tsv:2:6: not UTF-8: expected");
  });

  test("an index that is no number", () => {
    writeFileSync(join(glue, "CoLA/test.tsv"), "index\tsentence\n0\ta\nb\tc\n");
    expect(refusal("cola").message).toContain(
      'CoLA/test.tsv:3: index "b": expected a whole number',
    );
  });

  test.each(["", "index\tsentence\n"])("a file without texts: %j", (content) => {
    writeFileSync(join(glue, "CoLA/test.tsv"), content);
    expect(refusal("cola").message).toContain("CoLA/test.tsv: no texts");
  });
});
