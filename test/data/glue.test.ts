// The official file layouts with invented rows, what a reader must cope with, and every error with its place and hint.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { GlueName } from "../../src/data/glue-layouts.ts";
import { tasks } from "../../src/data/tasks.ts";
import { UserError } from "../../src/errors.ts";

let glue: string;
beforeEach(() => {
  glue = mkdtempSync(join(tmpdir(), "peft-glue-"));
});
afterEach(() => rmSync(glue, { recursive: true }));

function write(file: string, ...lines: string[]) {
  mkdirSync(dirname(join(glue, file)), { recursive: true });
  writeFileSync(join(glue, file), lines.map((line) => `${line}\n`).join(""));
}

function load(name: GlueName, split = "train", dataDir = glue) {
  return tasks[name].load(split, { dataDir, seed: 0 });
}

/** The UserError that loading throws. */
function refusal(name: GlueName, split = "train", dataDir: string | null = glue): UserError {
  try {
    tasks[name].load(split, { dataDir: dataDir ?? undefined, seed: 0 });
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error(`loading ${name} was expected to fail`);
}

const layouts: [GlueName, string, string[], object][] = [
  ["cola", "CoLA", ["src\t1\t\tBirds sing."], { text: "Birds sing.", label: 1 }],
  ["sst2", "SST-2", ["sentence\tlabel", "dull \t0"], { text: "dull ", label: 0 }],
  [
    "mrpc",
    "MRPC",
    ["Quality\t#1 ID\t#2 ID\t#1 String\t#2 String", "1\t10\t11\tIt rains.\tRain falls."],
    { text: "It rains.", textPair: "Rain falls.", label: 1 },
  ],
  [
    "stsb",
    "STS-B",
    [
      "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore",
      "0\tg\tf\t2012\t1\tnone\tnone\tA cat.\tA dog.\t2.750",
    ],
    { text: "A cat.", textPair: "A dog.", label: 2.75 },
  ],
  [
    "qqp",
    "QQP",
    ["id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate", "1\t2\t3\tWhy?\tHow?\t0"],
    { text: "Why?", textPair: "How?", label: 0 },
  ],
  [
    "qnli",
    "QNLI",
    ["index\tquestion\tsentence\tlabel", "0\tWho?\tShe did.\tnot_entailment"],
    { text: "Who?", textPair: "She did.", label: 1 },
  ],
  [
    "rte",
    "RTE",
    ["index\tsentence1\tsentence2\tlabel", "0\tIt is wet.\tIt rains.\tentailment"],
    { text: "It is wet.", textPair: "It rains.", label: 0 },
  ],
  [
    "wnli",
    "WNLI",
    ["index\tsentence1\tsentence2\tlabel", "0\tIt broke.\tThe cup broke.\t1"],
    { text: "It broke.", textPair: "The cup broke.", label: 1 },
  ],
];

describe("reads the official layout of", () => {
  test.each(layouts)("%s", (name, folder, lines, example) => {
    write(`${folder}/train.tsv`, ...lines);
    const { examples, files, notes } = load(name);
    expect(examples).toEqual([example]);
    expect(files).toEqual([
      { path: join(glue, folder, "train.tsv"), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    expect(notes).toEqual([]);
  });

  test("mnli, whose label is the last column of files of different widths", () => {
    const before = "0\t1\t2\tgenre\tp\tp\tp\tp\tIt rains.\tIt is dry.";
    const names = "index\tpromptID\tpairID\tgenre\tb1\tb2\tp1\tp2\tsentence1\tsentence2";
    write("MNLI/train.tsv", `${names}\tlabel1\tgold_label`, `${before}\tneutral\tcontradiction`);
    write(
      "MNLI/dev_matched.tsv",
      `${names}\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label`,
      `${before}\tneutral\tneutral\tneutral\tneutral\tneutral\tentailment`,
    );
    write("MNLI/dev_mismatched.tsv", `${names}\tlabel1\tgold_label`, `${before}\tx\tneutral`);
    const pair = { text: "It rains.", textPair: "It is dry." };
    expect(load("mnli").examples).toEqual([{ ...pair, label: 2 }]);
    expect(load("mnli", "dev_matched").examples).toEqual([{ ...pair, label: 0 }]);
    expect(load("mnli", "dev_mismatched").examples).toEqual([{ ...pair, label: 1 }]);
  });
});

test("the registry agrees with itself", () => {
  for (const [name, task] of Object.entries(tasks)) {
    expect(task.name).toBe(name);
    expect(task.metrics).toContain(task.mainMetric);
    expect(task.labels.length > 0).toBe(task.kind === "classification");
  }
  expect(tasks.mnli.labels).toEqual(["entailment", "neutral", "contradiction"]);
  expect(tasks.mnli.evaluationSplits).toEqual(["dev_matched", "dev_mismatched"]);
  expect(tasks.stsb.kind).toBe("regression");
  expect([tasks.cola, tasks.mrpc, tasks.stsb].map(({ mainMetric }) => mainMetric)).toEqual([
    "matthews",
    "f1",
    "spearman",
  ]);
});

describe("copes with", () => {
  const expected = [
    { text: "good", label: 1 },
    { text: "bad", label: 0 },
  ];

  test.each([
    ["a byte-order mark", "\ufeffsentence\tlabel\ngood\t1\nbad\t0\n"],
    ["CRLF", "sentence\tlabel\r\ngood\t1\r\nbad\t0\r\n"],
    ["a missing final newline", "sentence\tlabel\ngood\t1\nbad\t0"],
    ["blank lines at the end", "sentence\tlabel\ngood\t1\nbad\t0\n\n \r\n\n"],
  ])("%s", (_, content) => {
    write("SST-2/train.tsv");
    writeFileSync(join(glue, "SST-2/train.tsv"), content);
    expect(load("sst2").examples).toEqual(expected);
  });

  test("a byte-order mark where there is no header", () => {
    write("CoLA/train.tsv", "\ufeffsrc\t1\t\tBirds sing.", "src\t0\t*\tSing birds the.");
    expect(load("cola").examples.map(({ label }) => label)).toEqual([1, 0]);
  });

  test("quotes, which are letters like any other", () => {
    const texts = ['"Quoted" at the start', 'an "open quote', 'ends with one"', `'`];
    write("SST-2/train.tsv", "sentence\tlabel", ...texts.map((text) => `${text}\t1`));
    expect(load("sst2").examples.map(({ text }) => text)).toEqual(texts);
  });

  test("line separators that are not line feeds", () => {
    write("SST-2/train.tsv", "sentence\tlabel", "one\u2028two\u0085three\t1");
    expect(load("sst2").examples).toHaveLength(1);
  });

  test("the task's own folder given instead of GLUE's", () => {
    write("SST-2/train.tsv", "sentence\tlabel", "good\t1", "bad\t0");
    expect(load("sst2", "train", join(glue, "SST-2")).examples).toEqual(expected);
    write("mine/train.tsv", "sentence\tlabel", "good\t1", "bad\t0");
    expect(load("sst2", "train", join(glue, "mine")).examples).toEqual(expected);
  });

  test("the few short rows of the official QQP file, and says so", () => {
    const header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate";
    write("QQP/train.tsv", header, "1\t2\t3\tWhy?\tHow?\t1", "2\t3\t4\tbroken");
    const { examples, notes } = load("qqp");
    expect(examples).toHaveLength(1);
    expect(notes).toEqual([`${join(glue, "QQP/train.tsv")}: rows left out for too few columns: 1`]);
    write("QQP/train.tsv", header, ...new Array<string>(101).fill("2\t3\t4\tbroken"));
    expect(refusal("qqp").message).toContain("QQP/train.tsv:2: 4 columns");
  });
});

describe("refuses", () => {
  test("bytes that are not UTF-8, which a lenient reader would train on", () => {
    mkdirSync(join(glue, "SST-2"));
    const content = Buffer.from("sentence\tlabel\na caf\u00e9 \t1\n", "latin1");
    writeFileSync(join(glue, "SST-2/train.tsv"), content);
    expect(refusal("sst2").message).toBe(
      `${join(glue, "SST-2/train.tsv")}:2:6: not UTF-8: expected text in UTF-8`,
    );
  });

  const header = "sentence\tlabel";
  const mrpcHeader = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String";

  test("too few columns, with file:line and both counts", () => {
    write("MRPC/train.tsv", mrpcHeader, "1\t1\t2\ta\tb", "1\t1\t2\ta");
    const error = refusal("mrpc");
    const file = join(glue, "MRPC/train.tsv");
    expect(error.message).toBe(`${file}:3: 4 columns: expected 5 columns separated by tabs`);
    expect(error.hint).toContain("download it again");
  });

  test("too many columns, with a header and without", () => {
    write("MRPC/train.tsv", mrpcHeader, "1\t1\t2\ta\tb", "1\t1\t2\ta\tb\tc");
    const file = join(glue, "MRPC/train.tsv");
    expect(refusal("mrpc").message).toBe(
      `${file}:3: 6 columns: expected 5 columns separated by tabs`,
    );
    write("CoLA/train.tsv", "src\t1\t\tBirds sing.", "src\t1\t\tBirds\tsing.");
    expect(refusal("cola").message).toContain("CoLA/train.tsv:2: 5 columns: expected 4");
  });

  test("a header that is repeated, and every problem of a file at once", () => {
    write("SST-2/train.tsv", header, "good\t1", header, "bad", "so-so\t2");
    const file = join(glue, "SST-2/train.tsv");
    expect(refusal("sst2").message.split("\n  ")).toEqual([
      `3 problems in ${file}`,
      `${file}:3: label "label": expected 0 or 1`,
      `${file}:4: no tab: expected 2 columns separated by tabs`,
      `${file}:5: label "2": expected 0 or 1`,
    ]);
  });

  test("a row without tabs", () => {
    write("CoLA/train.tsv", "src\t1\t\tBirds sing.", "src 1  Birds sing.");
    expect(refusal("cola").message).toBe(
      `${join(glue, "CoLA/train.tsv")}:2: no tab: expected 4 columns separated by tabs`,
    );
  });

  test("a blank line between rows", () => {
    write("SST-2/train.tsv", header, "good\t1", "", "bad\t0");
    expect(refusal("sst2").message).toContain("SST-2/train.tsv:3: no tab");
  });

  test("a header that is too narrow", () => {
    write("RTE/train.tsv", "sentence1\tsentence2\tlabel", "a\tb\tentailment");
    expect(refusal("rte").message).toContain("RTE/train.tsv:1: 3 columns: expected 4 columns");
  });

  test("an example where the header belongs", () => {
    write("SST-2/train.tsv", "good\t1", "bad\t0");
    expect(refusal("sst2").message).toContain(
      'SST-2/train.tsv:1: "1" in the label column: expected a line of column names',
    );
  });

  test("an unknown label, listing the allowed ones", () => {
    write("SST-2/train.tsv", header, "good\t1", "so-so\t2");
    const file = join(glue, "SST-2/train.tsv");
    expect(refusal("sst2").message).toBe(`${file}:3: label "2": expected 0 or 1`);
    write("MNLI/train.tsv", "a\t".repeat(11) + "gold_label", "a\t".repeat(11) + "-");
    expect(refusal("mnli").message).toContain(
      'MNLI/train.tsv:2: label "-": expected entailment, neutral or contradiction',
    );
  });

  test.each(["", " ", "high", "5.1", "-1", "NaN", "2,5"])("the STS-B score %j", (score) => {
    const cells = "0\tg\tf\ty\t1\ts\ts\ta\tb\t";
    write("STS-B/train.tsv", `${cells}score`, `${cells}0`, `${cells}${score}`);
    expect(refusal("stsb").message).toContain(
      `STS-B/train.tsv:3: label "${score}": expected a number from 0 to 5`,
    );
  });

  test.each([["cola"], ["sst2"]] as const)("an empty file of %s", (name) => {
    const folder = { cola: "CoLA", sst2: "SST-2" }[name];
    write(`${folder}/train.tsv`);
    expect(refusal(name).message).toContain("train.tsv: no examples: expected one per line");
  });

  test("a file with a header only", () => {
    write("SST-2/train.tsv", header, "");
    expect(refusal("sst2").message).toContain("SST-2/train.tsv: no examples");
  });

  test("no folder at all, naming the files", () => {
    const error = refusal("sst2", "train", null);
    expect(error.message).toBe("data: no folder given: expected the one with SST-2/train.tsv");
    expect(error.hint).toContain("sst2 reads SST-2/train.tsv, SST-2/dev.tsv");
    expect(error.hint).toContain("--data DIR");
    expect(refusal("mnli", "train", null).hint).toContain(
      "MNLI/dev_matched.tsv, MNLI/dev_mismatched.tsv",
    );
  });

  test("a folder that is not there", () => {
    const error = refusal("sst2", "train", join(glue, "nowhere"));
    expect(error.message).toContain("nowhere: no such folder: expected SST-2/train.tsv of GLUE");
  });

  test("a folder without the task, or without one of its files", () => {
    expect(refusal("sst2").message).toContain("SST-2/train.tsv: no such file");
    write("SST-2/train.tsv", header, "good\t1");
    expect(refusal("sst2", "dev").message).toContain("SST-2/dev.tsv: no such file");
    expect(refusal("sst2", "dev").hint).toContain("SST-2/train.tsv, SST-2/dev.tsv");
  });

  test("another task's folder", () => {
    write("MRPC/train.tsv", mrpcHeader, "1\t1\t2\ta\tb");
    const error = refusal("sst2", "train", join(glue, "MRPC"));
    expect(error.message).toContain("MRPC/SST-2/train.tsv: no such file");
  });
});
