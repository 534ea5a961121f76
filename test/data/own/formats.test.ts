// The same invented rows in every format, what a reader must cope with, and CSV against Python's csv module (test/golden/csv.json
// names the script and the versions).
import { describe, expect, test } from "vitest";
import { readEntries } from "../../../src/data/own/entries.ts";
import { Problems } from "../../../src/data/problems.ts";
import golden from "../../golden/csv.json" with { type: "json" };
import { temporaryFolders } from "../../support/temp.ts";
import { load, writeFiles } from "./files.ts";

const folder = temporaryFolders();

const dev = { "dev.tsv": "text\tlabel\nThe road is icy.\tdry\nIt pours.\twet\n" };
const expected = [
  { text: "It drizzles.", label: 1 },
  { text: 'They call it "summer".', label: 0 },
];

/** What is read from one training file; the evaluation file has two rows of classes dry and wet. */
function readTrain(name: string, content: string | Buffer) {
  const dir = folder();
  writeFiles(dir, { ...dev, [name]: content });
  return load(dir, { train: name, dev: "dev.tsv" }).train.examples;
}

const csv = 'id,label,text\n7,wet,It drizzles.\n8,dry,"They call it ""summer""."\n';
const tsv = 'text\tlabel\nIt drizzles.\twet\nThey call it "summer".\tdry\n';
const jsonl =
  '{"text": "It drizzles.", "label": "wet", "id": 7}\n{"label": "dry", "text": "They call it \\"summer\\"."}\n';

describe("reads", () => {
  test.each([
    ["train.csv", csv],
    ["train.tsv", tsv],
    ["train.jsonl", jsonl],
    ["train.ndjson", jsonl],
    ["train.csv.gz", csv],
    ["train.tsv.gz", tsv],
    ["train.jsonl.gz", jsonl],
    ["TRAIN.CSV", csv],
    ["my.best.train.csv", csv],
    ["train", tsv],
    ["train.txt", tsv],
    ["train.data.gz", csv],
    ["train.json", jsonl],
  ])("%s", (name, content) => {
    expect(readTrain(name, content)).toEqual(expected);
  });

  test.each([
    ["a byte-order mark", (text: string) => `\ufeff${text}`],
    ["CRLF", (text: string) => text.replaceAll("\n", "\r\n")],
    ["a missing final newline", (text: string) => text.trimEnd()],
    ["blank lines", (text: string) => `\n${text.replaceAll("\n", "\n\n")}\n\r\n`],
  ])("%s in every format", (_, change) => {
    expect(readTrain("train.csv", change(csv))).toEqual(expected);
    expect(readTrain("train.tsv", change(tsv))).toEqual(expected);
    expect(readTrain("train.jsonl", change(jsonl))).toEqual(expected);
    expect(readTrain("train.csv.gz", change(csv))).toEqual(expected);
  });

  test("blanks around column names and labels, and rows of empty cells", () => {
    const content = "text , label\nIt drizzles., wet \n,\n  ,\nIt snows.,dry\n";
    expect(readTrain("train.csv", content).map(({ label }) => label)).toEqual([1, 0]);
    expect(readTrain("train.tsv", content.replaceAll(",", "\t"))).toHaveLength(2);
  });

  test("numbers and truth values as labels of JSON lines", () => {
    const dir = folder();
    const lines = [10, 9, true].map((label, i) => JSON.stringify({ text: `text ${i}`, label }));
    writeFiles(dir, { "train.jsonl": lines.join("\n"), "dev.jsonl": lines[0] });
    const { task } = load(dir, { train: "train.jsonl", dev: "dev.jsonl" });
    expect(task.labels).toEqual(["10", "9", "true"]);
  });

  test("numbers as labels of JSON lines, of which no two become one", () => {
    const dir = folder();
    const numbers = ["5", "9007199254740992", "9007199254740993", "1e400", "1e-400", "1.0", "1", "-0", "0"]; // prettier-ignore
    const lines = numbers.map(
      (label, i) => `{"id": {"label": [7, "}"]}, "text": "t${i}", "label": ${label}}`,
    );
    writeFiles(dir, { "train.jsonl": lines.join("\n"), "dev.jsonl": lines[0] });
    const { train, task } = load(dir, { train: "train.jsonl", dev: "dev.jsonl" });
    expect(train.examples.map(({ label }) => task.labels[label])).toEqual([
      ...numbers.slice(0, 5),
      "1",
      "1",
      "0",
      "0",
    ]);
  });

  test("quotes inside an unquoted field, and rows that lack empty cells at their end", () => {
    const content = 'label,text,,\nwet,It "drizzles".,,\ndry,"It is ""dry"", so far"\n';
    expect(readTrain("train.csv", content).map(({ text }) => text)).toEqual([
      'It "drizzles".',
      'It is "dry", so far',
    ]);
  });

  test("what a file without an ending is read as is told", () => {
    const dir = folder();
    writeFiles(dir, { train: tsv, "dev.tsv": dev["dev.tsv"] });
    expect(load(dir, { train: "train", dev: "dev.tsv" }).notes[0]).toBe(
      `${dir}/train: read as tab-separated text, by its first line`,
    );
  });

  test("a field of a megabyte, with line breaks and quotes", () => {
    const long = 'So it "rained", and rained.\n'.repeat(40_000);
    const content = `text,label\n"${long.replaceAll('"', '""')}",wet\nSun.,dry\n`;
    expect(readTrain("train.csv", content)[0].text).toBe(long);
    const line = JSON.stringify({ text: long, label: "wet" });
    expect(readTrain("train.jsonl", `${line}\n{"text":"Sun.","label":"dry"}`)[0].text).toBe(long);
  });

  test("line separators that are not line ends", () => {
    const text = "one\u2028two\u0085three\u000bfour";
    const rows = [text, "five"].map((words, i) => `${words}\t${i ? "dry" : "wet"}`);
    expect(readTrain("train.tsv", `text\tlabel\n${rows.join("\n")}`)[0].text).toBe(text);
  });
});

describe("CSV against Python's csv module", () => {
  const columns = { text: "text", textPair: "other", label: "label" };

  test.each(golden.cases)("$name", ({ content, rows, lines }) => {
    const file = { path: "x.csv", format: "csv", bytes: Buffer.from(content), sha256: "" } as const;
    const problems = new Problems();
    const { entries } = readEntries(file, columns, problems);
    problems.refuse("");
    expect(entries.map(({ text, textPair, label }) => [text, textPair, label])).toEqual(rows);
    expect(entries.map(({ line }) => line)).toEqual(lines);
  });
});
