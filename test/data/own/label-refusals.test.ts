// Labels that cannot be learnt from: their place, their value, what was expected and the way out, all of a task's files at once.
import { describe, expect, test } from "vitest";
import { temporaryFolders } from "../../support/temp.ts";
import { refusal, writeFiles } from "./files.ts";

const folder = temporaryFolders();

/** Why a training file of this content is refused. */
function refuse(name: string, content: string, settings: object = {}) {
  const dir = folder();
  writeFiles(dir, { [name]: content });
  return refusal(dir, { train: name, ...settings });
}

const rows = "It rains.,wet\nIt pours.,wet\nSun.,dry\nDust.,dry\n";

describe("labels", () => {
  test("none in any row", () => {
    const content = "text,label\na,\nb, \nc,nan\nd,<NA>\n";
    expect(refuse("x.csv", content)).toEqual({
      message: "x.csv: no label in any of 4 rows: expected labelled rows",
      hint: "is task.label the right column?",
    });
    expect(refuse("x.csv", "text,label\na,\n", { kind: "regression" }).message).toBe(
      "x.csv: no label in any of 1 rows: expected labelled rows",
    );
  });

  test("none that task.leaveOut keeps", () => {
    expect(refuse("x.csv", `text,label\n${rows}`, { leaveOut: ["wet", "dry"] })).toEqual({
      message: "x.csv: no row with a label that task.leaveOut keeps, of 4: expected labelled rows",
      hint: "leave fewer labels out",
    });
  });

  test("one class only", () => {
    const message = 'x.csv: "wet" is the only label: expected two at least';
    expect(refuse("x.csv", "text,label\na,wet\nb,wet\n").message).toBe(message);
    const labels = ["dry", "wet"];
    expect(refuse("x.csv", "text,label\na,wet\nb,wet\n", { labels }).message).toBe(message);
    expect(refuse("x.csv", `text,label\n${rows}`, { leaveOut: "dry" }).message).toBe(message);
    expect(refuse("x.csv", "text,label\na,None\nb,wet\n")).toEqual({
      message,
      hint: '"None" is read as no label: list it in task.labels if it is a class',
    });
  });

  test("one class only, whose spellings are one number", () => {
    expect(refuse("x.csv", "text,label\na,1.0\nb,1\nc,+1\n").message).toBe(
      'x.csv: "1.0" is the only label: expected two at least',
    );
  });

  test("more than can be classes", () => {
    const many = Array.from({ length: 1001 }, (_, i) => `text ${i},${i / 7}`).join("\n");
    const { message, hint } = refuse("x.csv", `text,label\n${many}\n`);
    expect(message).toContain('x.csv: 1001 different labels, such as "0", "0.14');
    expect(hint).toContain("task.kind: regression");
  });

  test("one of dev that train does not have", () => {
    const dir = folder();
    writeFiles(dir, { "x.csv": `text,label\n${rows}`, "y.csv": "text,label\na,wet\nb,wett\n" });
    expect(refusal(dir, { train: "x.csv", dev: "y.csv" })).toEqual({
      message:
        'y.csv:3: label "wett": expected one of "dry", "wet", the labels of x.csv; did you mean "wet"?',
      hint: "correct the rows, list all classes in task.labels, or leave the rest out by task.leaveOut",
    });
  });

  test("everything that is wrong in both files, each label once", () => {
    const dir = folder();
    writeFiles(dir, {
      "x.csv": `text,label\n${rows}a,Wet\nb,hail\nc,Wet\n`,
      "y.csv": "text,label\na,wet\nb,snow\n",
    });
    const settings = { train: "x.csv", dev: "y.csv", labels: ["wet", "dry"] };
    const listed = 'expected one of "wet", "dry", which task.labels lists';
    expect(refusal(dir, settings).message.split("\n  ")).toEqual([
      "3 problems in the data",
      `x.csv:6: label "Wet" in 2 rows: ${listed}; did you mean "wet"?`,
      `x.csv:7: label "hail": ${listed}`,
      `y.csv:3: label "snow": ${listed}`,
    ]);
  });

  test("a file that cannot be read does not hide what is wrong with the other", () => {
    const dir = folder();
    writeFiles(dir, { "x.csv": "text,label\n", "y.tsv": "text,label\na,wet\n" });
    const lines = refusal(dir, { train: "x.csv", dev: "y.tsv" }).message.split("\n  ");
    expect(lines).toEqual([
      "2 problems in the data",
      "x.csv: no rows: expected at least one example",
      expect.stringContaining("y.tsv: looks like comma-separated text"),
    ]);
  });

  test("more unknown labels than anyone reads", () => {
    const many = Array.from({ length: 3000 }, (_, i) => `text ${i},label ${i}`).join("\n");
    const { message } = refuse("x.csv", `text,label\n${rows}${many}\n`, { labels: ["wet", "dry"] });
    expect(message).toMatch(/^3000 problems in x\.csv\n/);
    expect(message).toMatch(/\n {2}and 2980 more$/);
  });

  test("one that the config does not list", () => {
    const content = `text,label\n${rows}Hail.,${"very ".repeat(100)}\n`;
    const { message } = refuse("x.csv", content, { labels: ["wet", "dry"] });
    expect(message).toMatch(
      /^x\.csv:6: label "(very )+v?e?r?y?…": expected one of "wet", "dry", which task\.labels lists$/,
    );
    expect(message.length).toBeLessThan(160);
  });

  test.each([
    ["high", "task.kind: classification"],
    ["2,5", "with a point"],
    ["1,234.5", "nothing between thousands"],
    ["1 234", "nothing between thousands"],
    ["45%", "plain numbers"],
    ["NaN", "task.leaveOut"],
    ["NULL", "task.leaveOut"],
    ["0x10", "task.kind: classification"],
    ["1e99", "single precision"],
    ["1e400", "single precision"],
    ["Infinity", "task.kind: classification"],
    ["-inf", "task.kind: classification"],
  ])("the score %s", (score, cure) => {
    const { message, hint } = refuse("x.tsv", `text\tlabel\na\t1\nb\t${score}\n`, {
      kind: "regression",
    });
    expect(message).toBe(`x.tsv:3: label "${score}": expected a number`);
    expect(hint).toContain(cure);
  });

  test("all that are no scores, at once", () => {
    const content = "text\tlabel\na\t1\nb\tnan\nc\t2,5\nd\tnan\n";
    expect(refuse("x.tsv", content, { kind: "regression" }).message).toBe(
      '2 problems in x.tsv\n  x.tsv:3: label "nan" in 2 rows: expected a number\n  ' +
        'x.tsv:4: label "2,5": expected a number',
    );
  });

  test("one score only, however it is written", () => {
    expect(refuse("x.csv", "text,label\na,1\nb,1.0\n", { kind: "regression" }).message).toBe(
      'x.csv: "1" is the only label: expected two at least',
    );
  });
});
