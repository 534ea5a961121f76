// Every mistake in a user's files and settings: its place, its value, what was expected and the way out.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { temporaryFolders } from "../../support/temp.ts";
import { refusal, writeFiles } from "./files.ts";

const folder = temporaryFolders();

/** Why a training file of this content is refused. */
function refuse(name: string, content: string | Buffer, settings: object = {}) {
  const dir = folder();
  writeFiles(dir, { [name]: content });
  return refusal(dir, { train: name, ...settings });
}

/** As `refuse`; a name ending in .gz does not compress the bytes. */
function refuseRaw(name: string, content: string | Buffer) {
  const dir = folder();
  writeFileSync(join(dir, name), content);
  return refusal(dir, { train: name });
}

const rows = "It rains.,wet\nIt pours.,wet\nSun.,dry\nDust.,dry\n";

describe("files that are not there or not text", () => {
  test("no such file, saying where it looked", () => {
    const { message, hint } = refusal(folder(), { train: "nowhere.csv" });
    expect(message).toBe("task.train: nowhere.csv: no such file: looked for nowhere.csv");
    expect(hint).toContain("--data DIR");
  });

  test("one that is in the current folder, but not in the data folder", () => {
    const [before, here] = [process.cwd(), folder()];
    writeFiles(here, { "reviews.csv": "" });
    process.chdir(here);
    onTestFinished(() => process.chdir(before));
    expect(refusal(folder(), { train: "reviews.csv" }).hint).toContain("only without --data");
  });

  test("a folder", () => {
    const dir = folder();
    mkdirSync(join(dir, "reviews.csv"));
    expect(refusal(dir, { train: "reviews.csv" }).message).toContain("is a folder");
  });

  test.each(["reviews", "reviews.xlsx", "reviews.json", "reviews.gz", "reviews.csv.zip"])(
    "the name %s",
    (name) => {
      expect(refuse(name, "x").message).toBe(
        `task.train: ${name}: expected a name ending in .tsv, .csv, .jsonl or .ndjson, each also with .gz`,
      );
    },
  );

  const disguises: [string, string | Buffer, string, string][] = [
    ["x.csv", gzipSync("text,label\n"), "looks like gzip", ".gz"],
    ["x.csv", "PK\x03\x04abc", "looks like a zip file or an Excel sheet", "save as CSV"],
    ["x.csv", "PAR1abc", "looks like Parquet", "to_csv"],
    ["x.jsonl", Buffer.from("28b52ffd00", "hex"), "looks like Zstandard", "unzstd"],
    ["x.csv", Buffer.from("\ufefftext,label", "utf16le"), "looks like UTF-16", "iconv"],
    ["x.csv", Buffer.from("text,label", "utf16le"), "looks like a binary file or UTF-16", "UTF-8"],
    ["x.tsv", "text\tlabel\ra\tb\r", "lines end in CR alone", "tr '\\r' '\\n'"],
    ["x.csv", "version https://git-lfs.example/spec/v1\n", "looks like a pointer", "git lfs pull"],
    ["x.csv", '{"text": "a", "label": "b"}\n', "looks like JSON lines", ".jsonl"],
    ["x.tsv", '{"text": "a", "label": "b"}\n', "looks like JSON lines", ".jsonl"],
    ["x.jsonl", '[{"text": "a"}]', "looks like a JSON array", "jq -c"],
    ["x.jsonl", "[\n", "looks like a JSON array", "jq -c"],
    ["x.jsonl", "text,label\n", "looks like comma-separated text", ".csv"],
    ["x.jsonl", "text\tlabel\n", "looks like tab-separated text", ".tsv"],
    ["x.tsv", `text,label\n${rows}`, "looks like comma-separated text", ".csv"],
    ["x.csv", "text\tlabel\na\tb\n", "looks like tab-separated text", ".tsv"],
    ["x.csv", "text;label\na;b\n", "looks like text separated by semicolons", "decimal point"],
    ["x.csv", "<!DOCTYPE html>\n<p>Sign in, please", "looks like a web page", "login"],
  ];

  test.each(disguises)("%s of %j", (name, content, looks, cure) => {
    const { message, hint } = refuse(name, content);
    expect(message).toMatch(new RegExp(`^${name}: .*: expected .+`));
    expect(message).toContain(looks);
    expect(hint).toContain(cure);
  });

  test("a .gz that is none, is cut short or holds something else", () => {
    const plain = refuseRaw("x.csv.gz", "text,label\n");
    expect(plain.message).toBe("x.csv.gz: incorrect header check: expected gzip, as .gz says");
    expect(plain.hint).toContain("take .gz off its name");
    const cut = gzipSync(rows.repeat(100)).subarray(0, 30);
    expect(refuseRaw("x.csv.gz", cut).message).toContain("unexpected end of file: expected gzip");
    expect(refuse("x.csv.gz", gzipSync("text,label")).message).toContain("compressed twice");
    expect(refuse("x.csv.gz", "PAR1").message).toContain("looks like Parquet");
  });

  test("bytes that are not UTF-8, with their place", () => {
    const content = Buffer.from("text,label\ngood,wet\ncaf\u00e9,dry\n", "latin1");
    const { message, hint } = refuse("x.csv", content);
    expect(message).toBe("x.csv:3:4: not UTF-8: expected text in UTF-8");
    expect(hint).toContain("iconv -f WINDOWS-1252");
  });

  test.each([
    ["x.csv", ""],
    ["x.csv", "\ufeff\n \n"],
    ["x.tsv.gz", ""],
    ["x.jsonl", "\n"],
  ])("%s with nothing in it: %j", (name, content) => {
    expect(refuse(name, content).message).toContain(`${name}: empty: expected`);
  });

  test.each([
    ["x.csv", "text,label\n"],
    ["x.csv", "text,label\n,\n"],
    ["x.tsv", "text\tlabel\n"],
  ])("%s with a header only: %j", (name, content) => {
    expect(refuse(name, content).message).toBe(`${name}: no rows: expected at least one example`);
  });
});

describe("columns", () => {
  test("one that is not there, listing what is and guessing", () => {
    const { message, hint } = refuse("x.csv", "Review Text,sentiment,id\na,b,c\n", {
      text: "review_text",
      label: "sentiment",
    });
    expect(message).toBe(
      'x.csv:1: no column "review_text" for task.text: expected one of "Review Text", "sentiment", "id"',
    );
    expect(hint).toContain("did you mean task.text: Review Text?");
    expect(refuse("x.tsv", "words\tlabel\na\tb\n").hint).not.toContain("did you mean");
    expect(refuse("x.tsv", '"text"\t"label"\n"a"\t"b"\n').hint).toContain("save it as .csv");
  });

  test("a key that a JSON line lacks", () => {
    const content = '{"text": "a", "label": "b"}\n{"text": "a", "Label": "b"}\n';
    const { message, hint } = refuse("x.jsonl", content);
    expect(message).toBe(
      'x.jsonl:2: no column "label" for task.label: expected one of "text", "Label"',
    );
    expect(hint).toContain("did you mean task.label: Label?");
  });

  test("a name that two columns have, where it is read", () => {
    expect(refuse("x.csv", "text,label,text\na,b,c\n").message).toBe(
      'x.csv:1: two columns named "text": expected one',
    );
    expect(refuse("x.csv", "text,label,id,id\na,b,c,d\n").message).toContain("the only label");
  });

  test("rows of another width than the header", () => {
    expect(refuse("x.csv", `text,label\n${rows}It rains, a lot.,wet\n`)).toMatchObject({
      message: "x.csv:6: 3 columns: expected 2 as in the header",
      hint: expect.stringContaining("stands in quotes"),
    });
    expect(refuse("x.csv", 'text,label\n"a\r\nb",wet\r\n\r\nc\n').message).toBe(
      "x.csv:5: 1 column: expected 2 as in the header",
    );
    expect(refuse("x.tsv", "text\tlabel\n\na\twet\tx\n").message).toBe(
      "x.tsv:3: 3 columns: expected 2 as in the header",
    );
  });

  test.each([
    ["a quote that never ends", 'a,wet\n"b,dry\nc,dry\n', "3: a quoted field that never ends"],
    ["a quote inside a field", 'a,wet\nsay "b",dry\n', "3: a quote inside an unquoted field"],
    ["text after a quote", 'a,wet\n"b" c,dry\n', "3: text after a closing quote"],
  ])("%s", (_, content, fault) => {
    const { message, hint } = refuse("x.csv", `text,label\n${content}`);
    expect(message).toContain(`x.csv:${fault}`);
    expect(hint).toContain("doubled");
  });
});

describe("JSON lines", () => {
  test.each([
    ['{"text": "a", "label": tru}', '24: "tru}": expected value'],
    ['{"text": "a" "label": "b"}', '14: "\\"label\\": \\"b\\"}": expected comma or }'],
    ["{'text': 'a'}", "2: \"'text': 'a'}\": expected key or }"],
    ['{"text": "a", "label": NaN}', '24: "NaN}": expected value'],
    ['{"text": "a", "lab', "19: the line ends: expected the rest of the string"],
    ['{"text": "a", "label": "b"} {}', '29: "{}": expected nothing more'],
    ['{"text": "a",', "14: the line ends: expected key"],
  ])("%s", (line, fault) => {
    const { hint, message } = refuse("x.jsonl", `{"text": "a", "label": "b"}\n${line}\n`);
    expect(message).toBe(`x.jsonl:2:${fault}`);
    expect(hint).toContain("one JSON object");
  });

  test.each([
    ['["a", "b"]', "x.jsonl:2: a list: expected a JSON object"],
    ["7", "x.jsonl:2: a number: expected a JSON object"],
    ["null", "x.jsonl:2: null: expected a JSON object"],
    ['{"text": 7, "label": "b"}', 'x.jsonl:2: "text" is a number: expected a text'],
    ['{"text": "a", "label": ["b"]}', 'x.jsonl:2: "label" is a list: expected a text or a number'],
  ])("%s", (line, message) => {
    const content = `{"text": "a", "label": "b"}\n${line}\n`;
    expect(refuse("x.jsonl", content).message).toBe(message);
  });
});

describe("evaluation", () => {
  test("on the very rows that are trained on", () => {
    const dir = folder();
    writeFiles(dir, { "x.csv": `text,label\n${rows}`, "y.csv": `text,label\n${rows}` });
    expect(refusal(dir, { train: "x.csv", dev: "y.csv" }).message).toBe(
      "task.dev: y.csv: expected other rows than those of task.train",
    );
  });

  test("on nothing, where no class has two texts", () => {
    const { message, hint } = refuse("x.csv", "text,label\na,wet\nb,dry\nb,dry\n");
    expect(message).toContain("x.csv: nothing to evaluate on: expected at least two rows of one");
    expect(hint).toContain("task.dev");
  });
});
