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

  test("a name without the ending of a format, and a first line that tells none", () => {
    expect(refuse("reviews", "x").message).toBe(
      'reviews: "x" in the first line: expected columns separated by commas or tabs, or one JSON object per line',
    );
    expect(refuse("reviews.json", '[{"text": "a"}]').message).toContain("looks like a JSON array");
    expect(refuse("reviews.xlsx", "PK\x03\x04").message).toContain("an Excel sheet");
  });

  const disguises: [string, string | Buffer, string, string][] = [
    ["x.csv", gzipSync("text,label\n"), "looks like gzip", ".gz"],
    ["x.csv", "PK\x03\x04abc", "looks like a zip file or an Excel sheet", "save as CSV"],
    ["x.csv", "PAR1abc", "looks like Parquet", "to_csv"],
    ["x.jsonl", Buffer.from("28b52ffd00", "hex"), "looks like Zstandard", "unzstd"],
    [
      "x.csv",
      Buffer.from("\ufefftext,label", "utf16le"),
      "looks like UTF-16LE",
      "iconv -f UTF-16LE",
    ],
    [
      "x.csv",
      Buffer.from("text,label", "utf16le").swap16(),
      "looks like UTF-16BE",
      "iconv -f UTF-16BE",
    ],
    [
      "x.csv",
      Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"),
      "looks like a binary file",
      "UTF-8",
    ],
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
    ["x.csv", "text|label\na|b\n", "looks like text separated by |", "commas"],
    ["x.csv", "sep=;\ntext;label\na;b\n", "looks like a table for Excel", "sep="],
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
    expect(plain.message).toBe("x.csv.gz: incorrect header check: expected a whole gzip file");
    expect(plain.hint).toContain("take .gz off its name");
    const cut = gzipSync(rows.repeat(100)).subarray(0, 30);
    expect(refuseRaw("x.csv.gz", cut).message).toContain(
      "unexpected end of file: expected a whole gzip file",
    );
    const joined = Buffer.concat([
      gzipSync(`text,label\n${rows}`),
      Buffer.alloc(16),
      gzipSync(rows),
    ]);
    expect(refuseRaw("x.csv.gz", joined).message).toMatch(
      /^x\.csv\.gz: \d+ bytes after the end of the gzip data: expected none$/,
    );
    expect(refuse("x.csv.gz", gzipSync("text,label")).message).toContain("compressed twice");
    expect(refuse("x.csv.gz", "PAR1").message).toContain("looks like Parquet");
  });

  test("bytes that are not UTF-8, with their place", () => {
    const content = Buffer.from("text,label\ngood,wet\ncaf\u00e9,dry\n", "latin1");
    const { message, hint } = refuse("x.csv", content);
    expect(message).toBe("x.csv:3:4: not UTF-8: expected text in UTF-8");
    expect(hint).toContain("iconv -f WINDOWS-1252");
  });

  test("lines that end in CR alone, and only some of them", () => {
    const { hint, message } = refuse("x.tsv", "text\tlabel\ra\tb\r");
    expect(message).toBe(
      "x.tsv:1: a carriage return (CR) inside the line: expected lines that end in LF or CRLF",
    );
    expect(hint).toContain("perl -pe 's/\\r*\\n|\\r/\\n/g' FILE > NEW-FILE");
    expect(refuse("x.csv", "text,label\na,b\rc,d\n").message).toContain(
      "x.csv:2: a carriage return",
    );
  });

  test("rows of empty cells only, which are rows", () => {
    expect(refuse("x.csv", "text,label\n,\n").message).toContain("no text in any of 1 rows");
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

  test("a header that is repeated, as where files were joined", () => {
    expect(refuse("x.csv", `text,label\n${rows}text,label\n${rows}`)).toEqual({
      message: "x.csv:6: repeats the header of line 1: expected a row",
      hint: expect.stringContaining("joined"),
    });
    expect(refuse("x.tsv", "text\tlabel\na\tb\n\ufeffLabel\tText\n").message).toContain(
      "x.tsv:3: repeats",
    );
  });

  test("every problem of a file at once", () => {
    const { message } = refuse("x.csv", `text,label\na\n${rows}b,c,d\n"e" f,wet\ntext,label\n"g`);
    expect(message).toBe(
      [
        "5 problems in x.csv",
        "x.csv:2: 1 column: expected 2 as in the header",
        "x.csv:7: 3 columns: expected 2 as in the header",
        "x.csv:8: text after a closing quote: expected a comma or the end of the line",
        "x.csv:9: repeats the header of line 1: expected a row",
        "x.csv:10: a quoted field that never ends: expected a closing quote",
      ].join("\n  "),
    );
    const columns = refuse("x.csv", "a,b\nc,d\ne,f\n").message;
    expect(columns).toMatch(
      /^2 problems in x.csv\n {2}x.csv:1: no column "text".*\n {2}x.csv:1: no column "label"/,
    );
    const json = refuse("x.jsonl", '{"text": 1, "label": "a"}\n{"text": "b"}\n{\n').message;
    expect(json.split("\n")).toHaveLength(4);
  });

  test("a key that an object has twice, where it is read", () => {
    const twice = '{"text": "a", "label": "b", "text": "c"}\n';
    expect(refuse("x.jsonl", twice).message).toBe(
      'x.jsonl:1: two columns named "text": expected one',
    );
  });

  test("a title before the header", () => {
    expect(refuse("x.csv", "Our mails\ntext,label\n")).toEqual({
      message: "x.csv:2: 2 columns: expected 1 as in the header",
      hint: expect.stringContaining("take out titles"),
    });
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
    ['{"text": "a", "lab', "19: the text ends: expected the rest of the string"],
    ['{"text": "a", "label": "b"} {}', '29: "{}": expected nothing more'],
    ['{"text": "a",', "14: the text ends: expected key"],
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
