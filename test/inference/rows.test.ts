import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readCsv } from "../../src/data/own/csv.ts";
import { readTsv } from "../../src/data/own/tsv.ts";
import { UserError } from "../../src/errors.ts";
import { openLines } from "../../src/inference/lines.ts";
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
  return collect(readRows(openLines(path), signal));
}

/** The rows of standard input that arrives in pieces of three bytes. */
function readStream(content: string): Promise<Row[]> {
  const bytes = Buffer.from(content);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 3) }, (_, i) => bytes.subarray(3 * i, 3 * i + 3)); // prettier-ignore
  return collect(readRows({ name: "stdin", stream: Readable.from(pieces) }, signal));
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

test("a carriage return alone is a part of its field", async () => {
  expect(values(await read("a.csv", "text,n\nbegin\rend,1\nc,2"))).toEqual([
    { text: "begin\rend", n: "1" },
    { text: "c", n: "2" },
  ]);
});

test("tables are read as training data is", async () => {
  const name = "a.csv";
  const csv = 'text,label\r\n\r\nbegin\rend,x\n,\n"so ""to, speak""\r\n\n",y\r\n" b",\r\nlast,z';
  const tsv = 'text\tlabel\n \nbegin\rend\tx\r\n\t\n"so" ""\ty\nlast\tz\r\n';
  for (const [content, readOwn] of [
    [csv, readCsv],
    [tsv, readTsv],
  ] as const) {
    const entries = readOwn(name, Buffer.from(content), { text: "text", label: "label" });
    const rows = await read(content === csv ? name : "a.tsv", content);
    expect(entries.length).toBeGreaterThan(2);
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

test("a line of a megabyte", async () => {
  const text = "very long ".repeat(100_000);
  expect(values(await read("a.jsonl", JSON.stringify({ text })))).toEqual([{ text }]);
});

describe("refuses, naming the place", () => {
  test.each<[string, string | Uint8Array, string]>([
    ["a.jsonl", '{"text": "a"}\n{"text": "b",}\n', ":2:14: not JSON: expected key"],
    ["a.jsonl", '{"text": "a', ":1:12: not JSON: expected the rest of the string"],
    ["a.jsonl", "[1]", ":1: [1]: expected a JSON object"],
    ["a.jsonl", "", ": no inputs: expected at least one"],
    ["a.txt", "", ": no inputs: expected at least one"],
    ["a.csv", "text,pair\n", ": no inputs: expected at least one"],
    ["a.tsv", "text\tpair\na\n", ":2: 1 column: expected 2 as in the header"],
    ["a.csv", 'text\n"a\nb\nc', ":2: a quoted field that never ends"],
    ["a.csv", 'text\na "b" c\n', ":2: quotes inside a field"],
    ["a.txt", Buffer.from("gut\nsch\xf6n\n", "latin1"), ":2: not UTF-8"],
    ["a.jsonl.gz", "no gzip", ": incorrect header check: expected gzip"],
    ["a.jsonl.gz", gzipSync("{}").subarray(0, 15), ": unexpected end of file: expected gzip"],
    ["a.xlsx", "PK", "expected a name ending in .jsonl, .ndjson, .csv, .tsv or .txt"],
  ])("%s %j", async (name, content, message) => {
    expect((await errorOf(read(name, content))).message).toContain(name + message.replace(/^expected/, ": expected")); // prettier-ignore
  });

  test("what is no file", async () => {
    expect(() => openLines("/nowhere/a.txt")).toThrow("no such file or folder");
    const folder = temporaryFolder();
    expect(() => openLines(folder)).toThrow("is a folder, expected a file");
  });
});

test("stops when asked to, even where nothing arrives", async () => {
  const controller = new AbortController();
  const stream = new Readable({ read: () => {} });
  const rows = collect(readRows({ name: "stdin", stream }, controller.signal));
  controller.abort();
  expect((await errorOf(rows)).name).toBe("Interrupted");
});
