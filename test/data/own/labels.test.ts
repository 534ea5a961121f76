// Which labels are one class, which are told apart, which are no label; and classes that are renamed, merged and left out.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ownFileTask } from "../../../src/data/own/own.ts";
import {
  cleanLabel,
  compareNumbers,
  lookalikeKey,
  numberKey,
} from "../../../src/data/own/spelling.ts";
import { temporaryFolders } from "../../support/temp.ts";
import { load, ownSettings, writeFiles } from "./files.ts";

const folder = temporaryFolders();

/** A training file with a row of each label, and one to evaluate on with a row of each of `devLabels`. */
function withLabels(
  labels: readonly string[],
  settings: object = {},
  devLabels: readonly string[] = labels,
) {
  const dir = folder();
  const linesOf = (some: readonly string[], word: string) =>
    some.map((label, i) => JSON.stringify({ text: `${word} ${i}`, label })).join("\n");
  writeFiles(dir, { "a.jsonl": linesOf(labels, "text"), "b.jsonl": linesOf(devLabels, "dev") });
  const loaded = load(dir, { train: "a.jsonl", dev: "b.jsonl", ...settings });
  const notes = loaded.notes.map((note) => note.replaceAll(`${dir}/`, ""));
  return {
    dir,
    notes,
    classes: loaded.task.labels,
    train: loaded.train.examples.map(({ label }) => label),
    dev: loaded.dev.examples.map(({ label }) => label),
  };
}

describe("spellings of one class", () => {
  test.each([
    ["a composed letter", "caf\u00e9", "cafe\u0301"],
    ["a zero-width space", "pos", "po\u200bs"],
    ["a zero-width joiner after a Latin letter", "pos", "pos\u200d"],
    ["a byte-order mark", "pos", "po\ufeffs"],
    ["a soft hyphen", "positive", "posi\u00adtive"],
    ["a mark of direction", "pos", "pos\u200e"],
    ["a blank that does not break", "not spam", "not\u00a0spam"],
    ["several blanks", "not spam", "not \t spam"],
    ["a line break", "not spam", "not\r\nspam"],
  ])("%s is folded, with a note", (_, clean, written) => {
    const { classes, notes, train } = withLabels([clean, "zz", written]);
    expect(classes).toEqual([clean, "zz"]);
    expect(train).toEqual([0, 1, 0]);
    for (const file of ["a.jsonl", "b.jsonl"])
      expect(notes).toContain(
        `${file}: labels with characters that cannot be seen, odd blanks or another Unicode form, read as "${clean}": 1 (line 3)`,
      );
  });

  test("what joiners and selectors mean is kept", () => {
    const family = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}";
    const persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645";
    const heart = "\u2764\ufe0f\u200d\u{1f525}";
    for (const label of [family, persian, heart]) expect(cleanLabel(label)).toBe(label);
  });

  test.each([
    [
      ["0", "0.0", "1", "1.0"],
      ["0", "1"],
      [0, 0, 1, 1],
    ],
    [
      ["+1", "1", "-1"],
      ["-1", "1"],
      [1, 1, 0],
    ],
    [
      ["01", "1", "2"],
      ["1", "2"],
      [0, 0, 1],
    ],
    [
      ["1e0", "1", "0"],
      ["0", "1"],
      [1, 1, 0],
    ],
    [
      ["-0", "0", "3"],
      ["0", "3"],
      [0, 0, 1],
    ],
    [
      ["\uff11", "1", "2"],
      ["1", "2"],
      [0, 0, 1],
    ],
    [
      ["\u22121", "-1", "2"],
      ["-1", "2"],
      [0, 0, 1],
    ],
  ])("%j are the numbers %j", (labels, classes, indices) => {
    const found = withLabels(labels);
    expect(found.classes).toEqual(classes);
    expect(found.train).toEqual(indices);
    expect(found.notes.join("\n")).toContain("a.jsonl: rows whose label is another spelling");
  });

  test("numbers of the evaluation file are those of the training file", () => {
    expect(withLabels(["0.0", "1.0"], {}, ["1", "0"]).dev).toEqual([1, 0]);
  });

  test("numbers stay words where a class is none, with a remark", () => {
    const { classes, notes } = withLabels(["1", "1.0", "other"]);
    expect(classes).toEqual(["1", "1.0", "other"]);
    expect(notes.join("\n")).toContain('look alike, kept apart: "1" 1 and "1.0" 1;');
  });

  test("numbers that the config lists apart stay apart", () => {
    const { classes, train } = withLabels(["1.1", "1.10", "1.1"], { labels: ["1.10", "1.1"] });
    expect(classes).toEqual(["1.10", "1.1"]);
    expect(train).toEqual([1, 0, 1]);
  });
});

describe("order", () => {
  test.each([
    [
      ["+1", "-1"],
      ["-1", "+1"],
    ],
    [
      ["10", "9", "0.5", "-2.5", "-10"],
      ["-10", "-2.5", "0.5", "9", "10"],
    ],
    [
      ["9007199254740993", "5", "9007199254740992"],
      ["5", "9007199254740992", "9007199254740993"],
    ],
    [
      ["1e3", "20", "1e-3"],
      ["1e-3", "20", "1e3"],
    ],
  ])("of numbers is by value: %j", (labels, sorted) => {
    const { classes, train } = withLabels(labels);
    expect(classes).toEqual(sorted);
    expect(train).toEqual(labels.map((label) => sorted.indexOf(label)));
  });

  test("of a number with many digits takes no longer for them", () => {
    const long = `${"1".repeat(200_000)}x`;
    expect(numberKey(long)).toBeUndefined();
    expect(compareNumbers("1".repeat(200_000), "2")).toBe(199_999);
    expect(numberKey(`1${"0".repeat(100)}1`)).not.toBe(numberKey(`1${"0".repeat(100)}2`));
  });
});

describe("classes that look alike", () => {
  test.each([
    ["case", "Positive", "positive"],
    ["width", "\uff30os", "Pos"],
    ["a Cyrillic letter", "n\u0435g", "neg"],
    ["a Greek letter", "g\u03bfod", "good"],
    ["an apostrophe", "don\u2019t", "don't"],
    ["a dash", "not-spam", "not\u2013spam"],
    ["a blank", "not_spam", "not spam"],
    ["quotation marks", '"good"', "good"],
    ["a ligature", "\ufb01ne", "fine"],
    ["an emoji's variation", "\u2764", "\u2764\ufe0f"],
  ])("by %s are told apart, with a remark", (_, a, b) => {
    const { classes, notes } = withLabels([a, b, b, "zz"]);
    expect(classes).toHaveLength(3);
    const remark = notes.find((note) => note.includes("look alike"));
    expect(remark).toContain(`${JSON.stringify(a)} 1`);
    expect(remark).toContain(`${JSON.stringify(b)} 2`);
  });

  test.each([
    ["A", "A-"],
    ["N/A?", "NA?"],
    ["+", "-"],
    ["yes", "yes!"],
    ["\u0438", "\u0439"],
  ])("%s and %s do not", (a, b) => {
    expect(lookalikeKey(a)).not.toBe(lookalikeKey(b));
  });

  test("are no surprise where the config lists them", () => {
    const { notes } = withLabels(["Wet", "wet"], { labels: ["Wet", "wet"] });
    expect(notes.join("\n")).not.toContain("look alike");
  });
});

describe("no label", () => {
  test.each([
    "",
    " ",
    "\u200b",
    "nan",
    "NaN",
    "None",
    "NULL",
    "null",
    "<NA>",
    "N/A",
    "#N/A",
    "NaT",
  ])("%j: the row is left out, with a note", (word) => {
    const { classes, dev, notes, train } = withLabels(["wet", word, "dry", word]);
    expect(classes).toEqual(["dry", "wet"]);
    expect([train, dev]).toEqual([
      [1, 0],
      [1, 0],
    ]);
    for (const file of ["a.jsonl", "b.jsonl"])
      expect(notes.join("\n")).toContain(
        /\w/.test(word)
          ? `${file}: rows left out because "${word}" is read as no label: 2 (lines 2, 4), 50 % of all; to keep them, list every class in task.labels, "${word}" among them`
          : `${file}: rows left out for having no label: 2 (lines 2, 4)`,
      );
  });

  test.each(["none", "?", "-", "nano", "na"])("%s is a class", (word) => {
    expect(withLabels(["wet", word]).classes).toContain(word);
  });

  test("the config can make it a class", () => {
    const { classes, train } = withLabels(["None", "some", "nan"], { labels: ["None", "some"] });
    expect(classes).toEqual(["None", "some"]);
    expect(train).toEqual([0, 1]);
  });

  test("in regression only where there is nothing; task.leaveOut can do more", () => {
    const scores = ["1", "", "2.5", "NaN"];
    const { notes, train } = withLabels(scores, { kind: "regression", leaveOut: ["NaN"] });
    expect(train).toEqual([1, 2.5]);
    expect(notes).toContain("a.jsonl: rows left out for having no label: 1 (line 2)");
    expect(notes).toContain('a.jsonl: rows left out by task.leaveOut: "NaN" 1');
  });
});

describe("classes of the config", () => {
  const labels = { yes: ["Y", "Yes"], no: "N" };
  const written = ["Y", "N", "Yes", "NA", "Y"];

  test("rename and merge labels, and leave some out", () => {
    const { classes, notes, train } = withLabels(written, { labels, leaveOut: ["NA"] });
    expect(classes).toEqual(["yes", "no"]);
    expect(train).toEqual([0, 1, 0, 0]);
    expect(notes).toContain('a.jsonl: rows left out by task.leaveOut: "NA" 1');
    expect(notes).toContain("own-data train: 4 rows; yes 3 (75 %), no 1 (25 %)");
    expect(notes.join("\n")).not.toContain("another spelling");
  });

  test("are found by their new names, too, except where a name is another's label", () => {
    expect(withLabels(["Y", "no"], { labels }, ["yes", "N"]).dev).toEqual([0, 1]);
    const swapped = { a: ["b"], b: ["a"] };
    expect(withLabels(["a", "b"], { labels: swapped }).train).toEqual([1, 0]);
  });

  test("and labels to leave out may be spellings of one number, if they are listed", () => {
    const { dev, train } = withLabels(["1", "1.0", "0"], { labels: [0, 1], leaveOut: "1.0" });
    expect([train, dev]).toEqual([
      [1, 0],
      [1, 0],
    ]);
    expect(withLabels(["1", "0", "-1.0", "-1"], { leaveOut: "-1" }).classes).toEqual(["0", "1"]);
  });

  test("may be mixed with labels as they are", () => {
    const mixed = ["dry", { name: "wet", from: ["rain", "snow"] }];
    expect(withLabels(["snow", "dry", "rain"], { labels: mixed }).train).toEqual([1, 0, 1]);
  });

  test("say so where there is nothing to leave out", () => {
    const { notes } = withLabels(["wet", "dry"], { leaveOut: ["nan", "x\u001b"] });
    expect(notes).toContain('task.leaveOut: no row has the label "nan"');
    expect(notes).toContain('task.leaveOut: no row has the label "x\\u001b"');
  });

  test("read a file to evaluate on as the run did", () => {
    const dir = folder();
    writeFiles(dir, { "c.csv": "text,label\na,Yes\nb,no\nc,\nd,NA\ne,N\n" });
    const settings = ownSettings({ train: "a.csv", labels, leaveOut: "NA" });
    const task = ownFileTask(settings, join(dir, "c.csv"));
    const { examples, notes } = task.load("dev", { dataDir: dir, seed: 0 });
    expect(task.labels).toEqual(["yes", "no"]);
    expect(examples.map(({ label }) => label)).toEqual([0, 1, 1]);
    expect(notes.join("\n")).toMatch(/no label: 1 \(line 4\)\n.*task.leaveOut: "NA" 1\n/);
  });
});

test("rows that repeat another, and rows that contradict one", () => {
  const dir = folder();
  const rows = "x,wet\ny,dry\nx,dry\nx,wet\ny,dry\nx,wet\n";
  writeFiles(dir, { "a.csv": `text,label\n${rows}`, "b.csv": "text,label\nz,wet\nz,wet\nw,dry\n" });
  const { notes } = load(dir, { train: "a.csv", dev: "b.csv" });
  expect(notes).toContain("own-data train: rows that repeat another, text and label: 3");
  expect(notes).toContain("own-data train: rows that repeat a text with another label: 1");
  expect(notes).toContain("own-data dev: rows that repeat another, text and label: 1");
});
