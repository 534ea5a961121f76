// What settings and invented files make of a task: kinds, metrics, classes and their order, provenance, and what is said.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ownOutline, ownTask } from "../../../src/data/own/own.ts";
import { sha256 } from "../../../src/files.ts";
import { temporaryFolders } from "../../support/temp.ts";
import { load, open, ownSettings, writeFiles } from "./files.ts";

const folder = temporaryFolders();

function csvOf(rows: readonly (readonly [string, string])[]): string {
  return ["text,label", ...rows.map((row) => row.join(","))].join("\n");
}

/** The training file has a row of each label; so has the one to evaluate on. */
function withLabels(labels: readonly string[], settings: object = {}) {
  const dir = folder();
  writeFiles(dir, {
    "train.csv": csvOf(labels.map((label, i) => [`text ${i}`, label])),
    "dev.csv": csvOf(labels.map((label, i) => [`dev ${i}`, label])),
  });
  return load(dir, { train: "train.csv", dev: "dev.csv", ...settings });
}

describe("kinds", () => {
  test("classes, with F1 where there are two", () => {
    const { task } = withLabels(["wet", "dry"]);
    expect(task).toMatchObject({
      kind: "classification",
      name: "own-data",
      title: "own-data (train.csv)",
      labels: ["dry", "wet"],
      metrics: ["accuracy", "f1", "macroF1", "matthews"],
      mainMetric: "accuracy",
      evaluationSplits: ["dev"],
      needsDataDir: false,
      isSplitBySeed: false,
    });
    expect(withLabels(["a", "b", "c"]).task.metrics).toEqual(["accuracy", "macroF1", "matthews"]);
  });

  test("pairs", () => {
    const dir = folder();
    const header = "premise\thypothesis\tlabel\n";
    writeFiles(dir, {
      "a.tsv": `${header}It rains.\tIt is wet.\tyes\nIt rains.\tIt is dry.\tno\n`,
      "b.tsv": `${header}It snows.\tIt is cold.\tyes\n`,
    });
    const settings = { kind: "pair", train: "a.tsv", dev: "b.tsv", name: "weather" };
    const columns = { text: "premise", textPair: "hypothesis" };
    const { task, train } = load(dir, { ...settings, ...columns });
    expect([task.kind, task.name]).toEqual(["classification", "weather"]);
    expect(train.examples[0]).toEqual({ text: "It rains.", textPair: "It is wet.", label: 1 });
  });

  test("scores", () => {
    const { task, train, notes } = withLabels(["2.5", "-1", " 4e0 "], { kind: "regression" });
    expect(task).toMatchObject({
      kind: "regression",
      labels: [],
      metrics: ["spearman", "pearson"],
      mainMetric: "spearman",
    });
    expect(train.examples.map(({ label }) => label)).toEqual([2.5, -1, 4]);
    expect(notes).toContain("own-data train: 3 rows; scores from -1 to 4, mean 1.83");
  });

  test("the outline agrees with the task", () => {
    const { task } = withLabels(["a", "b"]);
    const { kind, metrics, mainMetric, evaluationSplits } = task;
    const whole = { kind, metrics, mainMetric, evaluationSplits };
    expect(ownOutline({ kind: "pair", labels: ["a", "b"] })).toEqual(whole);
    expect(ownOutline({ kind: "classification" }).metrics).not.toContain("f1");
  });
});

describe("classes", () => {
  test.each([
    ["by value where all are integers", ["10", "9", "-1"], ["-1", "9", "10"]],
    ["else by code point", ["10", "9", "b", "B", "é"], ["10", "9", "B", "b", "é"]],
    ["also beyond the basic plane", ["\u{1f327}", "\uff21"], ["\uff21", "\u{1f327}"]],
  ])("are sorted %s", (_, labels, sorted) => {
    expect(withLabels(labels).task.labels).toEqual(sorted);
  });

  test("have the config's order, and may be more than the file has", () => {
    expect(withLabels(["0", "1", "true"], { labels: [1, 0, true] }).task.labels).toEqual([
      "1",
      "0",
      "true",
    ]);
    const { task, train } = withLabels(["wet", "dry"], { labels: ["wet", "icy", "dry"] });
    expect(task.labels).toEqual(["wet", "icy", "dry"]);
    expect(train.examples.map(({ label }) => label)).toEqual([0, 2]);
  });
});

describe("provenance", () => {
  test("is the files as on disk, with the data folder or without", () => {
    const dir = folder();
    const files = { "a.csv.gz": csvOf([["x", "1"], ["y", "2"]]), "b.csv": csvOf([["z", "2"]]) }; // prettier-ignore
    writeFiles(dir, files);
    const { train, dev } = load(dir, { train: "a.csv.gz", dev: "b.csv" });
    expect(dev.files).toEqual([{ path: join(dir, "b.csv"), sha256: sha256(files["b.csv"]) }]);
    expect(train.files[0].path).toBe(join(dir, "a.csv.gz"));
    expect(train.files[0].sha256).not.toBe(sha256(files["a.csv.gz"]));
    const path = join(dir, "b.csv");
    const absolute = ownSettings({ train: train.files[0].path, dev: path });
    const source = { dataDir: undefined, seed: 0 };
    expect(ownTask(absolute, source).load("dev", source).files[0].path).toBe(path);
    expect(ownTask(absolute, { ...source, dataDir: "elsewhere" }).labels).toEqual(["1", "2"]);
  });

  test("of one file is the same for both splits", () => {
    const dir = folder();
    writeFiles(dir, { "a.csv": csvOf([["x", "1"], ["y", "1"], ["z", "2"]]) }); // prettier-ignore
    const { task, train, dev } = load(dir, { train: "a.csv" });
    expect(task.isSplitBySeed).toBe(true);
    expect(train.files).toEqual(dev.files);
    expect(() => open(dir, { train: "a.csv" }).load("test", { dataDir: dir, seed: 0 })).toThrow(
      "internal: own-data has no split test",
    );
  });
});

describe("notes", () => {
  test("rows and classes", () => {
    const rows = Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? "spam" : "ham"));
    const { train, dev } = withLabels(rows);
    expect(train.notes).toEqual([
      "own-data train: 1,000 rows; ham 900 (90 %), spam 100 (10 %)",
      "own-data train: imbalanced, look at f1 or macroF1 rather than accuracy",
      'own-data train: f1 is that of "spam", the second class',
    ]);
    expect(dev.notes).toEqual(["own-data dev: 1,000 rows; ham 900 (90 %), spam 100 (10 %)"]);
  });

  test("only the extremes of many classes", () => {
    const rows = "a a a a a a a a b b c c d d e e f f g g hh hh hh".split(" ");
    expect(withLabels(rows).train.notes).toEqual([
      "own-data train: 23 rows; 8 classes from a 8 (35 %) to g 2 (9 %)",
      "own-data train: imbalanced, look at macroF1 rather than accuracy",
    ]);
  });

  test("rows without a text, which are left out", () => {
    const dir = folder();
    const blank = Array.from({ length: 6 }, (_, i) => ({ text: i % 2 ? " " : null, label: "" }));
    const rows = [{ text: "a", label: 1 }, ...blank, { text: "b", label: 0 }];
    writeFiles(dir, {
      "a.jsonl": rows.map((row) => JSON.stringify(row)).join("\n"),
      "b.tsv": "text\tlabel\nc\t1\n\t0\n",
    });
    const { train, dev, notes } = load(dir, { train: "a.jsonl", dev: "b.tsv" });
    expect([train.examples.length, dev.examples.length]).toEqual([2, 1]);
    expect(notes).toContain(
      `${join(dir, "a.jsonl")}: rows left out for an empty text: 6 (lines 2, 3, 4, 5, 6, …)`,
    );
    expect(notes).toContain(`${join(dir, "b.tsv")}: rows left out for an empty text: 1 (line 3)`);
  });

  test("texts that are trained and evaluated on, contradictions, and classes that are not evaluated", () => {
    const dir = folder();
    writeFiles(dir, {
      "a.csv": csvOf([["x", "wet"], ["y", "dry"], ["x", "dry"], ["x", "wet"], ["y", "dry"]]), // prettier-ignore
      "b.csv": csvOf([["x", "wet"], ["z", "wet"], ["y", "wet"]]), // prettier-ignore
    });
    const { notes } = load(dir, { train: "a.csv", dev: "b.csv" });
    expect(notes).toContain("own-data train: rows that repeat a text with another label: 1");
    expect(notes).toContain(
      "own-data dev: texts that are also trained on: 2 of 3 (67 %); scores are better than the model is",
    );
    expect(notes).toContain('own-data dev: no row of "dry" to evaluate on');
  });

  test("how the seed divided one file", () => {
    const dir = folder();
    const rows = Array.from(
      { length: 40 },
      (_, i) => [`text ${i}`, i % 2 ? "wet" : "dry"] as const,
    );
    writeFiles(dir, { "a.csv": csvOf([...rows, ["hail", "icy"]]) });
    const { dev } = load(dir, { train: "a.csv" }, 7);
    expect(dev.notes).toEqual([
      `${join(dir, "a.csv")}: seed 7 sets aside 4 of 41 rows (10 %) for evaluation, of all labels alike`,
      "own-data dev: 4 rows; dry 2 (50 %), icy 0 (0 %), wet 2 (50 %)",
      'own-data dev: no row of "icy" to evaluate on',
    ]);
    const scores = rows.map(([text], i) => [text, `${i}`] as const);
    writeFiles(dir, { "b.csv": csvOf(scores) });
    const [note] = load(dir, { train: "b.csv", kind: "regression" }).dev.notes;
    expect(note).toMatch(/for evaluation, of all ranges of scores alike$/);
  });
});
