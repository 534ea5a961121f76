// `peft predict`: every way of using it, and what is said of inputs that cannot be answered.
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PassThrough } from "node:stream";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { main } from "../../src/cli/main.ts";
import { renderAnswers } from "../../src/cli/predict-render.ts";
import { openSink } from "../../src/cli/sink.ts";
import type { Recorded, TrainedResult } from "../../src/record/result.ts";
import { readPredictions, type ValuePredictions } from "../../src/train/predictions.ts";
import { writeGlueTests } from "../support/glue.ts";
import { temporaryFolders } from "../support/temp.ts";
import { writeTinyEncoder, writeTinyGlue } from "../support/tiny.ts";
import { type TinyInputs, trainTiny } from "../support/tiny-runs.ts";
import { Output } from "../../src/cli/io.ts";
import { capture, captureIo, peft } from "./capture.ts";

const temporaryFolder = temporaryFolders();
let inputs: TinyInputs;
let sst2: Recorded<TrainedResult>;
let stsb: Recorded<TrainedResult>;
beforeAll(async () => {
  vi.stubEnv("PEFT_CACHE", temporaryFolder());
  inputs = {
    encoder: writeTinyEncoder(temporaryFolder()),
    dataDir: writeTinyGlue(temporaryFolder()),
    outDir: temporaryFolder(),
  };
  sst2 = await trainTiny(inputs);
  stsb = await trainTiny(inputs, { task: { name: "stsb", maxLength: 24 } });
  return () => vi.unstubAllEnvs();
}, 60_000);

/** A file with this content. */
function file(name: string, content: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

const jsonLines = (text: string) =>
  text.trim().split("\n").map((line) => JSON.parse(line) as Record<string, object>); // prettier-ignore

describe("--text", () => {
  test("prints a line for each run", async () => {
    const { exitCode, stdout } = await peft("predict", sst2.runDir, stsb.runDir, "--text", "a good film", "--pair", "a dog"); // prettier-ignore
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^sst2 {2}(negative|positive) +negative 0\.\d{4}, positive 0\.\d{4}\nstsb {2}-?\d\.\d{4}\n$/,
    );
  });

  test("shows spans with their places, and that there is none", () => {
    const none = { answer: "", score: 0.5, start: null, end: null };
    const span = { answer: "a dog", score: 0.25, start: 3, end: 8 };
    expect(renderAnswers({ squad: span, squad2: none })).toBe(
      "squad   a dog      score 0.2500, characters [3, 8)\nsquad2  no answer  score 0.5000\n",
    );
  });

  test.each<[string, () => string[], string]>([
    ["no second", () => [stsb.runDir], "--pair: missing: expected the second text that stsb reads"],
    ["a second", () => [sst2.runDir, "--pair", "b"], "--pair: sst2 reads one text: expected none"],
    ["no text", () => [sst2.runDir, "--text", ""], '--text: "text" is empty: expected text'],
  ])("%s", async (_what, args, message) => {
    const { exitCode, stderr } = await peft("predict", "--text", "a", ...args());
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
  });
});

describe("--input", () => {
  test("answers every input in its order, on standard output or in a file", async () => {
    const lines = Array.from({ length: 1100 }, (_, i) => `a ${"very ".repeat(i % 13)}good film`);
    const input = file("texts.txt", lines.join("\n"));
    const { exitCode, stdout } = await peft("predict", sst2.runDir, "--input", input);
    expect(exitCode).toBe(0);
    const answers = jsonLines(stdout);
    expect(answers).toHaveLength(1100);
    for (const [i, answer] of answers.entries()) expect(answer).toEqual(answers[i % 13]);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(13);

    const output = join(temporaryFolder(), "answers.csv");
    const second = await peft("predict", sst2.runDir, "--input", input, "--output", output);
    expect(second.stdout).toBe("");
    const table = readFileSync(output, "utf8").trim().split("\n");
    expect(table[0]).toBe("sst2.label,sst2.probabilities.negative,sst2.probabilities.positive");
    expect(table).toHaveLength(1101);
  });

  test("counts the texts that are cut", async () => {
    const input = file("in.jsonl", JSON.stringify({ text: "very long ".repeat(20) }));
    const { stderr } = await peft("predict", sst2.runDir, "--input", input);
    expect(stderr).toContain("note: 1 text was longer than task.maxLength and cut there\n");
  });

  test.each<[string, string, string]>([
    ["in.jsonl", '{"text": "a"}\n{"text"}\n', 'in.jsonl:2:8: "}": expected colon'],
    ["in.jsonl", '{"text": "a"}\n{"txt": "b"}\n', 'in.jsonl:2: no "text": found "txt"'],
    ["in.txt", "a\n\nb\n", "in.txt:2: an empty line"],
    ["in.csv", "text,text\na,b\n", 'in.csv:1: two columns named "text"'],
    ["in.tsv", "text\n", "in.tsv: no inputs"],
    ["in.pdf", "%PDF-1.7\n", "in.pdf: looks like PDF"],
  ])("%s %j", async (name, content, message) => {
    const folder = temporaryFolder();
    const output = join(folder, "answers.jsonl");
    const args = ["--input", file(name, content), "--output", output];
    const { exitCode, stderr, stdout } = await peft("predict", sst2.runDir, ...args);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
    expect(readdirSync(folder)).toEqual([]); // nothing half-written
  });

  test("an interruption leaves nothing behind", async () => {
    const folder = temporaryFolder();
    const { io, stderr } = captureIo();
    const input = file("in.txt", "a good film\n".repeat(20_000));
    const output = join(folder, "answers.jsonl");
    const exit = main(["predict", sst2.runDir, "--input", input, "--output", output], io);
    await vi.waitUntil(() => stderr.text().includes("engine:"), { timeout: 30_000 });
    process.emit("SIGINT");
    expect(await exit).toBe(130);
    expect(stderr.text()).toContain("finishing the batch … (Ctrl-C again to end at once)\n");
    expect(stderr.text()).toContain("stopped; nothing was written\n");
    expect(readdirSync(folder)).toEqual([]);
  }, 60_000);

  test("what was answered before an interruption is counted", async () => {
    const { io, stderr, stdout } = captureIo();
    const input = file("in.txt", "a good film\n".repeat(20_000));
    const exit = main(["predict", sst2.runDir, "--input", input], io);
    await vi.waitUntil(() => stdout.text() !== "", { timeout: 30_000 });
    process.emit("SIGINT");
    expect(await exit).toBe(130);
    const [, count] = /^stopped after (\d+) answers$/m.exec(stderr.text()) ?? [];
    expect(Number(count)).toBe(jsonLines(stdout.text()).length);
  }, 60_000);

  test("inputs before a bad one are answered on standard output", async () => {
    const input = file("in.jsonl", '{"text": "a"}\n{"text": "b"}\n{"txt": "c"}\n{"text": "d"}\n');
    const { exitCode, stderr, stdout } = await peft("predict", sst2.runDir, "--input", input);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('in.jsonl:3: no "text": found "txt"');
    expect(jsonLines(stdout)).toHaveLength(2);
  });

  test("answers do not replace the texts, under whatever name", async () => {
    const input = file("in.csv", "text\na good film\n");
    const link = join(temporaryFolder(), "out.csv");
    symlinkSync(input, link);
    for (const output of [input, link]) {
      const { exitCode, stderr } = await peft("predict", sst2.runDir, "--input", input, "--output", output); // prettier-ignore
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`--output: ${output}: is the same file as --input ${input}`);
    }
    const train = join(inputs.dataDir, "SST-2", "dev.tsv");
    const before = readFileSync(train, "utf8");
    const split = await peft("predict", sst2.runDir, "--split", "dev", "--output", train);
    expect(split.stderr).toContain(`--output: ${train}: is the same file as dev ${train}`);
    expect(readFileSync(train, "utf8")).toBe(before);
    expect(readFileSync(input, "utf8")).toBe("text\na good film\n");
  });

  test("files that are not there or cannot be written", async () => {
    const missing = await peft("predict", sst2.runDir, "--input", "/nowhere/in.txt");
    expect(missing.stderr).toContain("/nowhere/in.txt: no such file or folder");
    const input = file("in.txt", "a");
    const below = join(input, "answers.jsonl");
    const unwritable = await peft("predict", sst2.runDir, "--input", input, "--output", below);
    expect(unwritable.stderr).toContain("expected a folder");
    expect(readFileSync(input, "utf8")).toBe("a");
  });
});

describe("standard output", () => {
  test("is waited for", async () => {
    const stdout = new PassThrough({ highWaterMark: 10 });
    const sink = await openSink(undefined, {
      stdout: new Output(stdout),
      stderr: capture().stream,
    });
    let isWritten = false;
    const written = sink.write([{ text: "longer than that" }]).then(() => (isWritten = true));
    await new Promise(setImmediate);
    expect(isWritten).toBe(false);
    stdout.resume();
    await written;
    expect(sink.isClosed()).toBe(false);
  });

  test("that nobody reads any more ends the work", async () => {
    const stdout = new PassThrough({ highWaterMark: 10 });
    const sink = await openSink(undefined, {
      stdout: new Output(stdout),
      stderr: capture().stream,
    });
    const written = sink.write([{ text: "longer than that" }]);
    stdout.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    await written;
    expect(sink.isClosed()).toBe(true);
  });
});

describe("--split", () => {
  test("answers every example beside the truth", async () => {
    const second = await trainTiny(inputs, { seed: 1 });
    const { stdout } = await peft("predict", sst2.runDir, second.runDir, "--split", "dev");
    const lines = jsonLines(stdout);
    const { labels, predictions } = readPredictions(sst2.runDir)!.dev as ValuePredictions;
    const names = ["negative", "positive"];
    expect(lines.map(({ expected }) => expected)).toEqual(labels.map((label) => names[label]));
    const name = basename(sst2.runDir);
    expect(lines.map((line) => (line[name] as { label: string }).label)).toEqual(
      predictions.map((label) => names[label]),
    );
    expect(Object.keys(lines[0])).toEqual(["example", "expected", name, basename(second.runDir)]);
  });

  test("of runs of several tasks is refused", async () => {
    const { stderr } = await peft("predict", sst2.runDir, stsb.runDir, "--split", "dev");
    expect(stderr).toContain("task stsb: expected the task of");
  });
});

describe("--glue-submission", () => {
  const args = (path: string) => ["--split", "test", "--glue-submission", path, "--data", inputs.dataDir]; // prettier-ignore

  test("is refused before anything is predicted where the test files are not GLUE's", async () => {
    writeGlueTests(inputs.dataDir);
    const path = join(temporaryFolder(), "glue.zip");
    const { exitCode, stderr } = await peft("predict", sst2.runDir, ...args(path));
    expect(exitCode).toBe(1);
    expect(stderr).toContain("CoLA.tsv: missing");
    expect(stderr).toContain("SST-2.tsv: 4 rows: expected 1821");
    expect(existsSync(path)).toBe(false);
  });

  test("holds tasks of GLUE only", async () => {
    const rows = ["good film,1", "bad film,0", "long film,1", "dull song,0"];
    for (const [name, some] of Object.entries({ train: rows, dev: rows.slice(0, 2) }))
      writeFileSync(join(inputs.dataDir, `${name}.csv`), `t,l\n${some.join("\n")}\n`);
    const columns = { kind: "classification", name: "mine", text: "t", label: "l" } as const;
    const task = { ...columns, train: "train.csv", dev: "dev.csv", maxLength: 16 };
    const own = await trainTiny(inputs, { task });
    const { stderr } = await peft("predict", own.runDir, ...args("glue.zip"));
    expect(stderr).toContain("task mine: expected one of GLUE's");
  });
});

test.each([
  [["--text", "a", "--input", "b"], "predict what?"],
  [[], "predict what?"],
  [["--input", "b", "--pair", "c"], "--pair is for --text, not for --input"],
  [["--text", "b", "--output", "c"], "--output is for --input and --split, not for --text"],
  [["--text", "b", "--text-key", "c"], "--text-key is for --input, not for --text"],
  [["--text", "b", "--pair", "c", "--context", "d"], "two names of one thing"],
  [["--split", "dev", "--glue-submission", "d.zip"], "expected --split test"],
])("%j is a misuse", async (args, message) => {
  const { exitCode, stderr } = await peft("predict", "some-run", ...args);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
});

test("says how it is used", async () => {
  const { exitCode, stdout } = await peft("predict", "--help");
  expect(exitCode).toBe(0);
  for (const text of [
    "--text",
    "--pair",
    "--context",
    "--input",
    "--output",
    "--split",
    "--glue-submission",
    "Examples:",
  ])
    // prettier-ignore
    expect(stdout).toContain(text);
});
