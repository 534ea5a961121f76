import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkNotInput, openOutput, rendererFor } from "../../src/inference/outputs.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();

const pieces = [
  [
    {
      mrpc: { label: "no", probabilities: { no: 0.75, yes: 0.25 } },
      qa: { answer: 'a, "b"', start: 1 },
    },
  ],
  [{ mrpc: { label: "yes", probabilities: { no: 0.5, yes: 1e-7 } }, qa: { answer: "c\td\n", start: null } }], // prettier-ignore
];

test.each([
  [
    "a.csv",
    'mrpc.label,mrpc.probabilities.no,mrpc.probabilities.yes,qa.answer,qa.start\nno,0.75,0.25,"a, ""b""",1\nyes,0.5,1e-7,"c\td\n",\n',
  ],
  [
    "a.TSV",
    'mrpc.label\tmrpc.probabilities.no\tmrpc.probabilities.yes\tqa.answer\tqa.start\nno\t0.75\t0.25\ta, "b"\t1\nyes\t0.5\t1e-7\tc d \t\n',
  ],
  ["a.ndjson", pieces.map(([object]) => `${JSON.stringify(object)}\n`).join("")],
])("%s", (path, expected) => {
  const render = rendererFor(path);
  expect(pieces.map(render).join("")).toBe(expected);
});

test("tables keep the order of maps, whatever their names, and a list is one cell", () => {
  const answer = { label: "2", probabilities: new Map([["2", 0.75], ["10", 0], ["1", 0.25]]) }; // prettier-ignore
  const objects = [{ expected: ["b", "a"], mine: answer }, { expected: [], mine: answer }]; // prettier-ignore
  const header = "mine.label,mine.probabilities.2,mine.probabilities.10,mine.probabilities.1";
  expect(rendererFor("a.csv")(objects)).toBe(
    `expected,${header}\n"[""b"",""a""]",2,0.75,0,0.25\n[],2,0.75,0,0.25\n`,
  );
  expect(rendererFor("a.jsonl")([answer])).toBe(
    '{"label":"2","probabilities":{"1":0.25,"2":0.75,"10":0}}\n',
  );
});

test("answers of two forms do not go into one table", () => {
  const render = rendererFor("a.tsv");
  render([{ example: 0, predicted: "a" }]);
  expect(() => render([{ id: "x", answer: "a" }])).toThrow(
    "a.tsv: columns id, answer: expected example, predicted, as above",
  );
});

test("a file is not written over what is read, whatever it is called", () => {
  const folder = temporaryFolder();
  const [input, link, other, hardLink] = ["in.csv", "link.csv", "other.csv", "hard.csv"].map((name) => join(folder, name)); // prettier-ignore
  writeFileSync(input, "text\n");
  writeFileSync(other, "text\n");
  symlinkSync(input, link);
  linkSync(input, hardLink);
  const check = (output: string, from: string) =>
    checkNotInput({ called: "--output", path: output }, { called: "--input", path: from });
  for (const [output, from] of [
    [input, input],
    [link, input],
    [input, link],
    [hardLink, input],
    [join(folder, ".", "in.csv"), input],
  ])
    // prettier-ignore
    expect(() => check(output, from)).toThrow(
      `--output: ${output}: is the same file as --input ${from}: expected another one`,
    );
  check(other, input);
  check(join(folder, "new.csv"), input);
  check(folder, folder);
});

test("other endings are refused", () => {
  expect(() => rendererFor("answers.xlsx")).toThrow("answers.xlsx: expected a name ending in");
});

describe("an output file", () => {
  test("replaces the old one only when it is finished", () => {
    const folder = temporaryFolder();
    const path = join(folder, "new", "a.jsonl");
    const first = openOutput(path);
    first.write("one\n");
    first.write("two\n");
    first.finish();
    first.discard();
    const second = openOutput(path);
    second.write("three\n");
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
    second.discard();
    expect(readdirSync(join(folder, "new"))).toEqual(["a.jsonl"]);
  });

  test("that cannot be written is refused at once", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    mkdirSync(join(folder, "folder.csv"));
    expect(() => openOutput(join(folder, "file", "a.csv"))).toThrow("expected a folder");
    expect(() => openOutput(join(folder, "folder.csv"))).toThrow("is a folder, expected a file");
    expect(readdirSync(folder).toSorted()).toEqual(["file", "folder.csv"]);
  });
});
