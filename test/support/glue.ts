// A GLUE folder with test files in the official layouts. The texts are invented; the headers are those of the official files.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { RowCounts } from "../../src/submission/check.ts";
import type { SubmissionFile } from "../../src/submission/render.ts";

/** Few rows, a different number for each file. */
export const fewRows: RowCounts = {
  "CoLA.tsv": 3,
  "SST-2.tsv": 4,
  "MRPC.tsv": 5,
  "STS-B.tsv": 6,
  "QQP.tsv": 7,
  "MNLI-m.tsv": 8,
  "MNLI-mm.tsv": 9,
  "QNLI.tsv": 10,
  "RTE.tsv": 11,
  "WNLI.tsv": 12,
  "AX.tsv": 13,
};

const mnli =
  "index promptID pairID genre sentence1_binary_parse sentence2_binary_parse sentence1_parse sentence2_parse sentence1 sentence2";

/** File of the submission -> path of the test file, its header and the columns of its texts. */
const sources: Record<keyof RowCounts, [path: string, header: string[], ...texts: number[]]> = {
  "CoLA.tsv": ["CoLA/test.tsv", ["index", "sentence"], 1],
  "SST-2.tsv": ["SST-2/test.tsv", ["index", "sentence"], 1],
  "MRPC.tsv": ["MRPC/test.tsv", ["index", "#1 ID", "#2 ID", "#1 String", "#2 String"], 3, 4],
  "STS-B.tsv": [
    "STS-B/test.tsv",
    "index genre filename year old_index source1 source2 sentence1 sentence2".split(" "),
    7,
    8,
  ],
  "QQP.tsv": ["QQP/test.tsv", ["id", "question1", "question2"], 1, 2],
  "MNLI-m.tsv": ["MNLI/test_matched.tsv", mnli.split(" "), 8, 9],
  "MNLI-mm.tsv": ["MNLI/test_mismatched.tsv", mnli.split(" "), 8, 9],
  "QNLI.tsv": ["QNLI/test.tsv", ["index", "question", "sentence"], 1, 2],
  "RTE.tsv": ["RTE/test.tsv", ["index", "sentence1", "sentence2"], 1, 2],
  "WNLI.tsv": ["WNLI/test.tsv", ["index", "sentence1", "sentence2"], 1, 2],
  "AX.tsv": ["diagnostic/diagnostic.tsv", ["index", "sentence1", "sentence2"], 1, 2],
};

/** Writes test files with that many rows each. Row i of the n-th text reads `text n of i "`, with a quote that is never closed. */
export function writeGlueTests(glue: string, numRows: RowCounts = fewRows): void {
  for (const [file, [path, header, ...texts]] of Object.entries(sources)) {
    const lines = Array.from({ length: numRows[file as keyof RowCounts] }, (_, i) =>
      header.map((_name, column) => {
        if (column === 0) return i;
        return texts.includes(column) ? `text ${texts.indexOf(column) + 1} of ${i} "` : "x";
      }),
    );
    mkdirSync(dirname(join(glue, path)), { recursive: true });
    writeFileSync(
      join(glue, path),
      [header, ...lines].map((cells) => `${cells.join("\t")}\n`).join(""),
    );
  }
}

const binary = ["0", "1"];
const entailment = ["entailment", "not_entailment"];
const inference = ["entailment", "neutral", "contradiction"];

/** What each file's predictions may be. */
const words: Record<keyof RowCounts, string[]> = {
  "CoLA.tsv": binary,
  "SST-2.tsv": binary,
  "MRPC.tsv": binary,
  "STS-B.tsv": ["0.000", "2.375", "5.000"],
  "QQP.tsv": binary,
  "MNLI-m.tsv": inference,
  "MNLI-mm.tsv": inference,
  "QNLI.tsv": entailment,
  "RTE.tsv": entailment,
  "WNLI.tsv": binary,
  "AX.tsv": inference,
};

/** A complete submission of that size, as the server expects it. */
export function submissionFiles(numRows: RowCounts): SubmissionFile[] {
  return Object.entries(words).map(([name, all]) => {
    const length = numRows[name as keyof RowCounts];
    const rows = Array.from({ length }, (_, i) => `${i}\t${all[i % all.length]}\n`);
    return { name, text: `index\tprediction\n${rows.join("")}` };
  });
}
