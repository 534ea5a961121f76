// From GLUE's test files to a zip and back, by this project's reader and by Python's.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type GlueName, layouts } from "../../src/data/glue-layouts.ts";
import { readGlueTest } from "../../src/data/glue-test.ts";
import { UserError } from "../../src/errors.ts";
import { unpackSubmission } from "../../src/submission/archive.ts";
import { checkSubmission, type RowCounts } from "../../src/submission/check.ts";
import { toSubmissionFile } from "../../src/submission/render.ts";
import { checkTests, writeSubmission } from "../../src/submission/write.ts";
import { fewRows as numRows, submissionFiles, writeGlueTests } from "../support/glue.ts";
import { temporaryFolders } from "../support/temp.ts";

const newFolder = temporaryFolders();
const options = { numRows };
const complete = submissionFiles(numRows);
const without = (...names: string[]) => complete.filter(({ name }) => !names.includes(name));

function refusal(action: () => unknown): UserError {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("this was expected to fail");
}

function readTests(rows: RowCounts = numRows) {
  const glue = newFolder();
  writeGlueTests(glue, rows);
  return (Object.keys(layouts) as GlueName[]).flatMap((name) => readGlueTest(name, glue));
}

test("runs of all tasks make a zip that the checker passes, its bytes the same every time", () => {
  const tests = readTests();
  expect(checkTests(tests, options)).toEqual([]);
  const files = tests.map((glueTest) =>
    toSubmissionFile(
      glueTest,
      Float32Array.from(glueTest.ids, (_, i) => i % 2),
    ),
  );
  const path = join(newFolder(), "new/out.zip");
  expect(writeSubmission(path, files, options)).toEqual([]);
  const bytes = readFileSync(path);
  expect(unpackSubmission(bytes, path)).toEqual(files);
  expect(checkSubmission(unpackSubmission(bytes, path), numRows)).toEqual([]);
  writeSubmission(path, files, options);
  expect(readFileSync(path)).toEqual(bytes);
});

describe("an incomplete set", () => {
  const folder = newFolder();
  const path = join(folder, "out.zip");

  test("is refused with what is missing, and nothing is written", () => {
    const { message, hint } = refusal(() =>
      writeSubmission(path, without("RTE.tsv", "AX.tsv"), options),
    );
    expect(message.split("\n")).toEqual([
      `2 problems in ${path}`,
      "  RTE.tsv: missing: expected what a run of rte predicts for RTE/test.tsv of GLUE",
      expect.stringContaining("  AX.tsv: missing: "),
    ]);
    expect(hint).toContain("--allow-incomplete");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is refused with what is wrong first, and both ways out", () => {
    const wrong = [{ name: "CoLA.tsv", text: "index\tprediction\n0\tyes\n" }];
    const { hint, message } = refusal(() => writeSubmission(path, wrong, options));
    const [, first, ...others] = message.split("\n");
    expect(first).toContain("CoLA.tsv: 1 rows");
    expect(others.at(-1)).toContain("AX.tsv: missing");
    expect(hint).toContain("official test files");
    expect(hint).toContain("--allow-incomplete");
  });

  test("is refused before anything is predicted", () => {
    const tests = readTests().filter(({ file }) => file !== "RTE.tsv");
    expect(refusal(() => checkTests(tests, options)).message).toBe(
      "GLUE's test files: RTE.tsv: missing: expected what a run of rte predicts for RTE/test.tsv of GLUE",
    );
  });

  test("is written where that is asked for, and nothing is made up", () => {
    const files = without("RTE.tsv", "AX.tsv");
    const remarks = writeSubmission(path, files, { ...options, allowIncomplete: true });
    expect(remarks).toEqual(["incomplete, GLUE's server refuses it: without RTE.tsv, AX.tsv"]);
    expect(unpackSubmission(readFileSync(path), path)).toEqual(files);
  });

  test("must be right in what it has", () => {
    const wrong = [{ name: "CoLA.tsv", text: "index\tprediction\n0\tyes\n" }];
    const { message, hint } = refusal(() =>
      writeSubmission(path, wrong, { ...options, allowIncomplete: true }),
    );
    expect(message).toContain("3 problems in");
    expect(message).toContain('CoLA.tsv:2: prediction "yes": expected 0 or 1');
    expect(message).not.toContain("missing");
    expect(hint).toContain("official test files");
  });
});

test("what was cut short or given twice is found before anything is predicted", () => {
  const tests = readTests({ ...numRows, "QQP.tsv": 5 });
  expect(refusal(() => checkTests([...tests, tests[0]], options)).message.split("\n")).toEqual([
    "3 problems in GLUE's test files",
    "  CoLA.tsv: more than once: expected one run of cola",
    "  QQP.tsv: 5 rows: expected 7",
    "  QQP.tsv: no row with index 5: expected 0 to 6, each once; 1 more like this",
  ]);
});

test("what is no zip file", () => {
  const { message, hint } = refusal(() =>
    unpackSubmission(Buffer.from("index\tprediction\n"), "x.zip"),
  );
  expect(message).toBe("x.zip: not readable as a zip file: expected a submission to GLUE");
  expect(hint).toContain("--glue-submission");
});

const hasPython = spawnSync("python3", ["-c", "import zipfile"]).status === 0;

function python(script: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("python3", ["-c", script, ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

describe.skipIf(!hasPython)("Python's zipfile (skipped where there is no python3)", () => {
  test("reads what was written, checksums included", () => {
    const path = join(newFolder(), "out.zip");
    writeSubmission(path, complete, options);
    const script = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    print(json.dumps([{"name": n, "text": z.read(n).decode()} for n in z.namelist()]))`;
    expect(JSON.parse(python(script, path))).toEqual(complete);
  });

  test("writes what can be read, and files in a folder are not taken for a submission", () => {
    const folder = newFolder();
    const path = join(folder, "out.zip");
    writeFileSync(join(folder, "files.json"), JSON.stringify(complete));
    const script = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("mine/", "")
    for f in json.load(open(sys.argv[2])):
        z.writestr(f["name"] if f["name"] != "RTE.tsv" else "mine/RTE.tsv", f["text"])`;
    python(script, path, join(folder, "files.json"));
    const problems = checkSubmission(unpackSubmission(readFileSync(path), path), numRows);
    expect(problems).toEqual([
      expect.stringContaining("RTE.tsv: missing"),
      expect.stringContaining("mine/RTE.tsv: unexpected file"),
    ]);
  });
});
