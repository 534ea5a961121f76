import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readEntries } from "../../src/data/own/entries.ts";
import { Problems } from "../../src/data/problems.ts";
import { UserError } from "../../src/errors.ts";
import { openInput } from "../../src/inference/input-stream.ts";
import { type Row, readRows } from "../../src/inference/rows.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();
const { signal } = new AbortController();

async function collect(rows: AsyncIterable<Row>): Promise<Row[]> {
  const all: Row[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

async function errorOf(action: Promise<unknown>): Promise<UserError> {
  const error = await action.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

/** The rows of a file with this content. */
function read(name: string, content: string | Uint8Array): Promise<Row[]> {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return collect(readRows(openInput(path), ["text"], signal));
}

/** The rows of standard input that arrives in pieces of three bytes. */
function readStream(content: string): Promise<Row[]> {
  const bytes = Buffer.from(content);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 3) }, (_, i) =>
    bytes.subarray(3 * i, 3 * i + 3),
  );
  return collect(readRows({ name: "stdin", stream: Readable.from(pieces) }, ["text"], signal));
}

const values = (rows: readonly Row[]) => rows.map((row) => row.values);
const lines = (rows: readonly Row[]) => rows.map(({ place }) => Number(place.split(":").at(-1)));

describe("the same rows", () => {
  const expected = [
    { text: "ein Café, \u{1f3a5}", pair: 'so "to speak"' },
    { text: "long", pair: " b " },
  ];
  const jsonl = `${expected.map((row) => JSON.stringify(row)).join("\n\n")}\n`;
  test.each<[string, string | Uint8Array]>([
    ["a.jsonl", jsonl],
    ["a.NDJSON", jsonl.replaceAll("\n", "\r\n")],
    ["a.jsonl.gz", gzipSync(jsonl)],
    ["A.JSONL.GZ", gzipSync(jsonl)],
    ["a.jsonl", `\ufeff${jsonl.trim()}`],
    ["a.csv", 'text,pair\n"ein Café, \u{1f3a5}","so ""to speak"""\n\nlong, b \n'],
    ["a.csv", '\ufefftext , pair\r\n"ein Café, \u{1f3a5}","so ""to speak"""\r\nlong, b '],
    ["a.tsv", 'text\tpair\nein Café, \u{1f3a5}\tso "to speak"\nlong\t b \n'],
    ["a.tsv", 'text\tpair\r\nein Café, \u{1f3a5}\tso "to speak"\r\nlong\t b \r\n'],
  ])("%s", async (name, content) => {
    expect(values(await read(name, content))).toEqual(expected);
  });
});

test("one text per line", async () => {
  const rows = await read("a.txt", "one\r\n{two}\nthree");
  expect(values(rows)).toEqual([{ text: "one" }, { text: "{two}" }, { text: "three" }]);
  expect(lines(rows)).toEqual([1, 2, 3]);
});

test("a quoted field of several lines counts from its first", async () => {
  const rows = await read("a.csv", 'text,n\n"a\r\n\nb",1\nc,2\n');
  expect(values(rows)).toEqual([
    { text: "a\r\n\nb", n: "1" },
    { text: "c", n: "2" },
  ]);
  expect(lines(rows)).toEqual([2, 5]);
});

test("a carriage return alone is a part of a quoted field only", async () => {
  expect(values(await read("a.csv", 'text,n\n"begin\rend",1\nc,2'))).toEqual([
    { text: "begin\rend", n: "1" },
    { text: "c", n: "2" },
  ]);
});

test("tables are read as training data is", async () => {
  const csv = 'text,label\r\n\r\nsay "a", b,x\r\n"so ""to, speak""\r\n\n",y\r\n" b",\r\nlast,z';
  const tsv = 'text\tlabel\n \nbegin\tx\r\n\t\n"so" ""\ty\nlast\tz\r\n';
  const columns = { text: "text", label: "label" };
  for (const [format, content] of [
    ["csv", csv.replace('"a", b', '"a" b')],
    ["tsv", tsv],
  ] as const) {
    const bytes = Buffer.from(content);
    const file = { path: "a", format, bytes, sha256: "" };
    const problems = new Problems();
    const { entries } = readEntries(file, columns, problems);
    expect(problems.count).toBe(0);
    const rows = await read(`a.${format}`, content);
    expect(entries.length).toBeGreaterThan(3);
    expect(values(rows)).toEqual(entries.map(({ text, label }) => ({ text, label })));
    expect(lines(rows)).toEqual(entries.map(({ line }) => line));
  }
});

test("only the last lines of texts may be empty, none of JSON lines is an input", async () => {
  expect(values(await read("a.txt", "a\nb\n\n \r\n"))).toEqual([{ text: "a" }, { text: "b" }]);
  const refused = ":1: an empty line: expected a text on every line";
  expect((await errorOf(readStream("\n\nfine\nbad"))).message).toBe(`stdin${refused}`);
  expect((await errorOf(read("a.txt", "\nfine\n"))).message).toContain(`a.txt${refused}`);
  expect((await errorOf(readStream("fine\n\nbad"))).message).toContain("stdin:2: an empty line");
  expect(lines(await readStream('\n\n{"text": "a"}\n \n{"text": "b"}\n\n'))).toEqual([3, 5]);
  expect((await errorOf(readStream("\n\n"))).message).toContain("stdin: no inputs");
});

test("standard input is JSON lines or texts, wherever its pieces end", async () => {
  expect(values(await readStream('\n{"text": "é\u{1f3a5}"}\n{"text": "b"}'))).toEqual([
    { text: "é\u{1f3a5}" },
    { text: "b" },
  ]);
  expect(values(await readStream("é\u{1f3a5}\nb\n"))).toEqual([
    { text: "é\u{1f3a5}" },
    { text: "b" },
  ]);
});

test("without an ending that is known, the first line tells", async () => {
  const expected = [{ text: "a, b", n: "1" }];
  expect(values(await read("inputs", "text\tn\na, b\t1\n"))).toEqual(expected);
  expect(values(await read("inputs.data", 'n,text\n1,"a, b"\n'))).toEqual(expected);
  expect(values(await readStream('text,n\n"a, b",1\n'))).toEqual(expected);
  expect(values(await readStream("a, b\nc; d\n"))).toEqual([{ text: "a, b" }, { text: "c; d" }]);
  expect(values(await readStream("a | b\n"))).toEqual([{ text: "a | b" }]);
});

test("a table or JSON lines in .txt are read as in training", async () => {
  const expected = [{ text: "a, b", n: "1" }];
  expect(values(await read("a.txt", "text\tn\na, b\t1\n"))).toEqual(expected);
  expect(values(await read("a.txt.gz", gzipSync('n,text\n1,"a, b"\n')))).toEqual(expected);
  expect(values(await read("a.txt", '{"text": "a, b", "n": "1"}\n'))).toEqual(expected);
  for (const line of ["so, text", "one\ttwo", '{"one": 1}', "[1]", "<html>"])
    expect(values(await read("a.txt", `${line.replace("text", "it is")}\n`))).toHaveLength(1);
});

test("rows may lack cells at their end that have no name", async () => {
  const rows = await read("a.csv", "text,n,,\na,1,,\nb,2,\nc,3\n");
  expect(values(rows).map(({ text, n }) => [text, n])).toEqual([["a", "1"], ["b", "2"], ["c", "3"]]); // prettier-ignore
  const tooShort = await errorOf(read("a.csv", "text,n,\na\n"));
  expect(tooShort.message).toContain("a.csv:2: 1 column: expected 3");
});

test("a key twice in an object is known to whoever reads it", async () => {
  const [row] = await read(
    "a.jsonl",
    '{"text": "a", "\\u0074ext": "b", "__proto__": {"n": [1, "}"]}}',
  );
  expect(row.header).toMatchObject({ names: ["text", "text", "__proto__"] });
});

test("a line of a megabyte", async () => {
  const text = "very long ".repeat(100_000);
  expect(values(await read("a.jsonl", JSON.stringify({ text })))).toEqual([{ text }]);
});

describe("refuses, naming the place", () => {
  test.each<[string, string | Uint8Array, string]>([
    ["a.jsonl", '{"text": "a"}\n{"text": "b",}\n', ':2:14: "}": expected key'],
    ["a.jsonl", '{"text": "a', ":1:12: the text ends: expected the rest of the string"],
    ["a.jsonl", "[1]", ":1: a list: expected a JSON object"],
    ["a.jsonl", "", ": no inputs: expected at least one"],
    ["a.txt", "", ": no inputs: expected at least one"],
    ["a.csv", "text,pair\n", ": no inputs: expected at least one"],
    ["a.tsv", "text\tpair\na\n", ":2: 1 column: expected 2 as in the header"],
    ["a.csv", 'text\n"a\nb\nc', ":2: a quoted field that never ends"],
    ["a.csv", 'text\n"b" c\n', ":2: text after a closing quote"],
    ["a.txt", Buffer.from("gut\nsch\xf6n\n", "latin1"), ":2:4: not UTF-8"],
    ["a.jsonl.gz", "no gzip", ": incorrect header check: expected a whole gzip file"],
    [
      "a.txt.gz",
      Buffer.concat([gzipSync("one\n"), Buffer.alloc(16), gzipSync("two\n")]),
      ": 40 bytes after the end of the gzip data: expected none",
    ],
    [
      "a.jsonl.gz",
      gzipSync("{}").subarray(0, 15),
      ": unexpected end of file: expected a whole gzip file",
    ],
    ["a.csv", "text;n\na;1\n", ": looks like text separated by semicolons"],
    ["a.csv", "text,n\na,1\nText ,N\nb,2\n", ":3: repeats the header of line 1"],
    ["a.csv", "text,n\na,1,\n", ":2: 3 columns: expected 2 as in the header"],
    ["a.csv", "text\na\n\nb\n", ":3: an empty line: expected a text"],
    ["a.csv", "text,n\na\rb,1\n", ":2: a carriage return (CR) inside the line"],
    ["a.txt", "one\rtwo\rthree\r", ":1: a carriage return (CR) inside the line"],
    ["a.txt", "one\ntwo\rthree\n", ":2: a carriage return (CR) inside the line"],
    [
      "a.tsv",
      Buffer.from("\ufefftext\tn\na\t1\n", "utf16le"),
      ": looks like UTF-16LE: expected text",
    ],
    ["a.tsv", Buffer.from("text\tn\na\t1\n", "utf16le"), ": looks like UTF-16LE: expected text"],
    [
      "a.txt",
      Buffer.from("日本語、\nです。\n", "utf16le").swap16(),
      ": looks like UTF-16BE: expected text",
    ],
    ["a.txt", "one\ntw\0o, and so on\n", ":2:3: a NUL character: expected text"],
    ["a", '[{"text": "a"}]', ": looks like a JSON array"],
    ["a", "text;n\na;1\n", ": looks like text separated by semicolons"],
    ["a.txt", "text|n\na|1\n", ": looks like text separated by |"],
    ["a", "sep=,\ntext,n\na,1\n", ": looks like a table for Excel, by its first line"],
    ["a.csv", "text,n,\na,1,\ntext,n\n", ":3: repeats the header of line 1"],
    ["a.jsonl", "{'text': 'a', 'n': 1}\n", ":1:2: \"'text': 'a', 'n': 1}\": expected key or }"],
    ["a.csv", Buffer.from("text,n\nпривет мир,да\n", "utf16le"), ": looks like UTF-16LE: expected"],
    [
      "a.jsonl",
      `{"text": "a", "n": ${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
      ":1: nested more than 200 levels deep",
    ],
    [
      "a.jsonl",
      `{"text": "${"x".repeat(1_000_000)}`,
      ":1:1000011: the text ends: expected the rest of the string",
    ],
    ["a.xlsx", "PK\x03\x04", ": looks like a zip file or an Excel sheet"],
  ])("%s %j", async (name, content, message) => {
    expect((await errorOf(read(name, content))).message).toContain(name + message); // prettier-ignore
  });

  test("what is no file", async () => {
    expect(() => openInput("/nowhere/a.txt")).toThrow("no such file or folder");
    const folder = temporaryFolder();
    expect(() => openInput(folder)).toThrow("is a folder, expected a file");
  });
});

test.skipIf(process.platform === "win32")(
  "a named pipe is read, and waited for without holding up anything",
  async () => {
    const path = join(temporaryFolder(), "pipe");
    execFileSync("mkfifo", [path]);
    const controller = new AbortController();
    const waiting = collect(readRows(openInput(path), [], controller.signal));
    setTimeout(() => controller.abort(), 10);
    expect((await errorOf(waiting)).name).toBe("Interrupted");
    const rows = collect(readRows(openInput(path), [], signal));
    writeFileSync(path, "one\ntwo\n");
    expect(values(await rows)).toEqual([{ text: "one" }, { text: "two" }]);
  },
);

test("a device is no input", () => {
  expect(() => openInput("/dev/null")).toThrow("/dev/null: is a device, expected a file or a pipe");
});

test("stops when asked to, even where nothing arrives", async () => {
  const controller = new AbortController();
  const stream = new Readable({ read: () => {} });
  const rows = collect(readRows({ name: "stdin", stream }, [], controller.signal));
  controller.abort();
  expect((await errorOf(rows)).name).toBe("Interrupted");
});
