// The checker passes a complete submission and finds each way to spoil one.
import { describe, expect, test } from "vitest";
import { testLayouts } from "../../src/data/glue-test-layouts.ts";
import { checkSubmission, officialRows } from "../../src/submission/check.ts";
import type { SubmissionFile } from "../../src/submission/render.ts";
import { fewRows, submissionFiles } from "../support/glue.ts";

const complete = submissionFiles(fewRows);

/** What is found when one file has another text, or is not there. */
function problems(name: string, edit: (text: string) => string | undefined): string[] {
  const files = complete.flatMap((file): SubmissionFile[] => {
    const text = file.name === name ? edit(file.text) : file.text;
    return text === undefined ? [] : [{ name: file.name, text }];
  });
  return checkSubmission(files, fewRows);
}

test("a complete submission", () => {
  expect(checkSubmission(complete, fewRows)).toEqual([]);
});

test("the official numbers of rows are the default", () => {
  expect(checkSubmission(complete)).toContain("CoLA.tsv: 3 rows: expected 1063");
  // Rows of the split "test" of every configuration of Hugging Face's nyu-mll/glue.
  expect(officialRows).toEqual({
    "CoLA.tsv": 1063,
    "SST-2.tsv": 1821,
    "MRPC.tsv": 1725,
    "STS-B.tsv": 1379,
    "QQP.tsv": 390_965,
    "MNLI-m.tsv": 9796,
    "MNLI-mm.tsv": 9847,
    "QNLI.tsv": 5463,
    "RTE.tsv": 3000,
    "WNLI.tsv": 146,
    "AX.tsv": 1104,
  });
});

test("byte-order mark, CRLF and the order of rows do not matter", () => {
  const text = "\ufeffindex\tprediction\r\n2\t1\r\n0\t0\r\n1\t1\r\n";
  expect(problems("CoLA.tsv", () => text)).toEqual([]);
});

test.each(Object.keys(testLayouts))("%s missing", (name) => {
  expect(problems(name, () => undefined)).toEqual([
    expect.stringMatching(`^${name}: missing: expected what a run of [a-z0-9]+ predicts for `),
  ]);
});

test("a missing file says whose predictions it has", () => {
  expect(problems("AX.tsv", () => undefined)).toEqual([
    "AX.tsv: missing: expected what a run of mnli predicts for diagnostic/diagnostic.tsv of GLUE",
  ]);
  expect(problems("MNLI-mm.tsv", () => undefined)).toEqual([
    "MNLI-mm.tsv: missing: expected what a run of mnli predicts for MNLI/test_mismatched.tsv of GLUE",
  ]);
});

test("a file that the server does not know", () => {
  const files = [...complete, { name: "out/CoLA.tsv", text: "" }, { name: "toString", text: "" }];
  expect(checkSubmission(files, fewRows)).toEqual([
    expect.stringMatching(/^out\/CoLA.tsv: unexpected file: expected only CoLA.tsv, SST-2.tsv/),
    expect.stringMatching(/^toString: unexpected file/),
  ]);
});

test("two runs of a task", () => {
  expect(checkSubmission([...complete, complete[0]], fewRows)).toEqual([
    "CoLA.tsv: more than once: expected one run of cola",
  ]);
});

describe("in CoLA.tsv", () => {
  const expected = "expected 0 to 2, each once";
  const columns = "expected index, prediction";

  test.each([
    ["a row too few", "0\t0\n1\t1\n", ["2 rows: expected 3", `no row with index 2: ${expected}`]],
    [
      "a row too many",
      "0\t0\n1\t1\n2\t0\n3\t0\n",
      ["4 rows: expected 3", `index "3": ${expected}`],
    ],
    [
      "an index that is there twice",
      "0\t0\n1\t1\n1\t0\n",
      [`index 1 more than once: ${expected}`, `no row with index 2: ${expected}`],
    ],
    [
      "indices that are no whole numbers",
      "0\t0\n1.0\t1\n02\t0\n",
      [
        `index "1.0": ${expected}; 1 more like this`,
        `no row with index 1: ${expected}; 1 more like this`,
      ],
    ],
    [
      "a class's name",
      "0\tacceptable\n1\t1\n2\t0\n",
      [`2: prediction "acceptable": expected 0 or 1`],
    ],
    [
      "a third class",
      "0\t0\n1\t2\n2\t2\n",
      [`3: prediction "2": expected 0 or 1; 1 more like this`],
    ],
    ["no prediction", "0\t\n1\t1\n2\t0\n", [`2: prediction "": expected 0 or 1`]],
  ])("%s", (_, rows, found) => {
    const text = `index\tprediction\n${rows}`;
    const lines = found.map((problem) => `CoLA.tsv:${/^\d+:/.test(problem) ? "" : " "}${problem}`);
    expect(problems("CoLA.tsv", () => text)).toEqual(lines);
  });

  test("other column names", () => {
    expect(problems("CoLA.tsv", (text) => text.replace("index\tprediction", "id\tlabel"))).toEqual([
      `CoLA.tsv:1: columns id, label: ${columns}`,
    ]);
  });

  test("no column names", () => {
    expect(problems("CoLA.tsv", (text) => text.slice(text.indexOf("\n") + 1))).toEqual([
      expect.stringMatching(`^CoLA.tsv:1: columns 0, [01]: ${columns}$`),
      "CoLA.tsv: 2 rows: expected 3",
      `CoLA.tsv: no row with index 0: ${expected}`,
    ]);
  });

  test("commas for tabs", () => {
    expect(problems("CoLA.tsv", (text) => text.replaceAll("\t", ","))).toEqual([
      `CoLA.tsv:1: columns index,prediction: ${columns}`,
      `CoLA.tsv:2: no tab: ${columns}; 2 more like this`,
      "CoLA.tsv: 0 rows: expected 3",
      `CoLA.tsv: no row with index 0: ${expected}; 2 more like this`,
    ]);
  });

  test("nothing at all", () => {
    expect(problems("CoLA.tsv", () => "")).toEqual([`CoLA.tsv: empty: ${columns}`]);
  });
});

test.each([
  ["QNLI.tsv", "neutral", "entailment or not_entailment"],
  ["RTE.tsv", "0", "entailment or not_entailment"],
  ["MNLI-m.tsv", "not_entailment", "entailment, neutral or contradiction"],
  ["AX.tsv", "Neutral", "entailment, neutral or contradiction"],
  ["WNLI.tsv", "entailment", "0 or 1"],
])("%s with the label %s", (name, label, expected) => {
  expect(problems(name, (text) => text.replace(/^1\t.*$/m, `1\t${label}`))).toEqual([
    `${name}:3: prediction "${label}": expected ${expected}`,
  ]);
});

test.each(["5.001", "-0.5", "NaN", "1e0", "2,5", " 1", ".5", "1.", "Infinity", ""])(
  "STS-B with the score %j",
  (score) => {
    expect(problems("STS-B.tsv", (text) => text.replace(/^1\t.*$/m, `1\t${score}`))).toEqual([
      `STS-B.tsv:3: prediction "${score}": expected a number from 0 to 5`,
    ]);
  },
);

test("STS-B with other numbers of decimals", () => {
  for (const score of ["3", "0.0", "4.25", "5.000000"]) {
    expect(problems("STS-B.tsv", (text) => text.replace(/^1\t.*$/m, `1\t${score}`))).toEqual([]);
  }
});
