// What the server is told: its words for classes and numbers, and the form of a file.
import { expect, test } from "vitest";
import type { GlueTest } from "../../src/data/glue-test.ts";
import { renderPredictions, toSubmissionFile } from "../../src/submission/render.ts";

const binary = ["0", "1"];
const entailment = ["entailment", "not_entailment"];

// Hugging Face's class order (datasets `glue`) in the words of the label column.
test.each([
  ["cola", binary],
  ["sst2", binary],
  ["mrpc", binary],
  ["qqp", binary],
  ["wnli", binary],
  ["mnli", ["entailment", "neutral", "contradiction"]],
  ["qnli", entailment],
  ["rte", entailment],
] as const)("%s: %j", (task, words) => {
  expect(renderPredictions(task, Int32Array.from(words.keys()))).toEqual(words);
  expect(() => renderPredictions(task, [words.length])).toThrow(
    `internal: ${task}: class ${words.length} of ${words.length}`,
  );
});

test("scores have three decimals and stay in the range of STS-B", () => {
  const scores = Float32Array.of(2.5, 3.1419, 0, 5, -0.2, 5.0001, -0);
  expect(renderPredictions("stsb", scores)).toEqual([
    "2.500",
    "3.142",
    "0.000",
    "5.000",
    "0.000",
    "5.000",
    "0.000",
  ]);
});

const rte: GlueTest = {
  file: "RTE.tsv",
  task: "rte",
  path: "RTE/test.tsv",
  sha256: "",
  ids: ["1", "0"],
  texts: [{ text: "It rained." }, { text: "It rains." }],
};

test("a file has a header, and the indices of the test file in its order", () => {
  expect(toSubmissionFile(rte, [0, 1])).toEqual({
    name: "RTE.tsv",
    text: "index\tprediction\n1\tentailment\n0\tnot_entailment\n",
  });
});

test("as many outputs as texts", () => {
  expect(() => toSubmissionFile(rte, [0])).toThrow("internal: RTE.tsv: 1 of 2 outputs");
});
