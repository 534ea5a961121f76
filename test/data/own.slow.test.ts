// Real texts in every format: what the built-in tasks read, written as a user's own files, comes back letter for letter, and what
// is written as CSV is what Python's csv module reads.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { describe, expect, test } from "vitest";
import { glueTask } from "../../src/data/glue.ts";
import { countShared } from "../../src/data/own/repeats.ts";
import { spam } from "../../src/data/spam.ts";
import type { Example } from "../../src/data/task.ts";
import { temporaryFolders } from "../support/temp.ts";
import { load, writeFiles } from "./own/files.ts";

const glue = join(import.meta.dirname, "../../../shared/data/glue");
const folder = temporaryFolders();

const splits = ["train", "dev"] as const;
const keys = ["text", "textPair", "label"] as const;

const writers: Record<string, (examples: readonly Example[]) => string> = {
  csv: (examples) => stringify([...examples], { header: true, columns: [...keys], bom: true }),
  tsv: (examples) =>
    [keys.join("\t"), ...examples.map((row) => keys.map((key) => row[key]).join("\t"))].join(
      "\r\n",
    ),
  jsonl: (examples) => examples.map((example) => `${JSON.stringify(example)}\n`).join(""),
};

/** Both splits as they come back from files of this ending. */
function roundTrip(ending: string, examples: Record<"train" | "dev", Example[]>, settings: object) {
  const dir = folder();
  const write = writers[ending.replace(".gz", "")];
  for (const split of splits) writeFiles(dir, { [`${split}.${ending}`]: write(examples[split]) });
  return load(dir, { train: `train.${ending}`, dev: `dev.${ending}`, ...settings });
}

describe.skipIf(!existsSync(join(glue, "STS-B")))(
  `STS-B in ${glue} (skipped where it is not there)`,
  () => {
    const stsb = glueTask("stsb");
    const source = { dataDir: glue, seed: 0 };
    const [train, dev] = splits.map((split) => stsb.load(split, source).examples);
    const settings = { kind: "regression", textPair: "textPair" };

    test.each(["tsv", "csv", "jsonl.gz", "csv.gz"])("comes back from %s", (ending) => {
      const own = roundTrip(ending, { train, dev }, settings);
      expect(own.train.examples).toEqual(train);
      expect(own.dev.examples).toEqual(dev);
      expect(own.task.metrics).toEqual(stsb.metrics);
    });

    test("is read from its own files by the names of their columns", () => {
      const own = load(join(glue, "STS-B"), {
        kind: "regression",
        train: "train.tsv",
        dev: "dev.tsv",
        text: "sentence1",
        textPair: "sentence2",
        label: "score",
      });
      expect(own.train.examples).toEqual(train);
      expect(own.dev.examples).toEqual(dev);
    });
  },
);

describe("SpamAssassin's mails, full of quotes and line breaks", () => {
  const source = { dataDir: undefined, seed: 0 };
  // One mail has a NUL character, which no text file may have.
  const mailsOf = (split: string) =>
    spam
      .load(split, source)
      .examples.map((mail) => ({ ...mail, text: mail.text.replaceAll("\0", "") }));
  const [train, dev] = splits.map(mailsOf);
  const isWritten = ({ text }: Example) => text.trim() !== "";

  test("are as difficult as they ought to be", () => {
    expect(train.every(isWritten)).toBe(true);
    expect(train.filter(({ text }) => text.includes('"')).length).toBeGreaterThan(1000);
    expect(train.filter(({ text }) => text.includes("\n")).length).toBeGreaterThan(4000);
  });

  test.each(["csv", "csv.gz", "jsonl.gz"])("come back from %s", (ending) => {
    const own = roundTrip(ending, { train, dev }, { labels: ["0", "1"] });
    expect(own.train.examples).toEqual(train);
    expect(own.dev.examples).toEqual(dev);
    expect(own.task.metrics).toEqual(["accuracy", "f1", "macroF1", "matthews"]);
  });

  test("are to Python's csv module what they are to us", ({ skip }) => {
    const dir = folder();
    writeFiles(dir, { "train.csv": writers.csv(train), "dev.csv": writers.csv(dev) });
    const script =
      "import csv, json, sys\ncsv.field_size_limit(10**9)\n" +
      "json.dump(list(csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8-sig'))), open(sys.argv[2], 'w'))";
    const out = join(dir, "python.json");
    const python = spawnSync("python3", ["-c", script, join(dir, "train.csv"), out]);
    if (python.error) skip("no python3");
    expect(python.status, python.stderr?.toString()).toBe(0);
    const rows = JSON.parse(readFileSync(out, "utf8")) as { text: string; label: string }[];
    const own = load(dir, { train: "train.csv", dev: "dev.csv" }).train.examples;
    expect(own).toEqual(rows.map(({ text, label }) => ({ text, label: Number(label) })));
  });

  test("are divided by the seed without a mail on both sides, classes alike", () => {
    const dir = folder();
    writeFiles(dir, { "all.jsonl.gz": writers.jsonl([...train, ...dev]) });
    const own = load(dir, { train: "all.jsonl.gz", devShare: 0.2 }, 1);
    expect(own.train.examples.length + own.dev.examples.length).toBe(6046);
    expect(countShared(own.dev.examples, own.train.examples)).toBe(0);
    const share = ({ examples }: { examples: Example[] }) =>
      examples.filter(({ label }) => label === 1).length / examples.length;
    expect(Math.abs(share(own.dev) - share(own.train))).toBeLessThan(0.005);
    expect(Math.abs(own.dev.examples.length / 6046 - 0.2)).toBeLessThan(0.002);
  });
});

test("three classes of compressed JSON lines", () => {
  const names = ["neutral", "negative", "positive"];
  const rows = Array.from({ length: 3000 }, (_, i) => ({
    body: `Review ${i}: "${names[i % 3]}"\nand more`,
    stars: { of: 5 },
    sentiment: names[i % 3],
  }));
  const dir = folder();
  writeFiles(dir, { "reviews.jsonl.gz": rows.map((row) => JSON.stringify(row)).join("\n") });
  const settings = { train: "reviews.jsonl.gz", text: "body", label: "sentiment" };
  const { task, train, dev } = load(dir, settings);
  expect(task.labels).toEqual(["negative", "neutral", "positive"]);
  expect([train.examples.length, dev.examples.length]).toEqual([2700, 300]);
  for (const { text, label } of dev.examples) expect(text).toContain(task.labels[label]);
});
