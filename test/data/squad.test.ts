// SQuAD's layout in invented files: where they are looked for, what is made of them, and what a user is told about files that
// are not as they should be. squad-faults.test.ts has answers that are not where they should be.
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { sha256 } from "../../src/files.ts";
import { ask, context, fileOf, squadFiles, taskOf } from "../support/squad-files.ts";

const { folder, load, newFolder, refusal, write } = squadFiles();

const boats = fileOf([ask("a", "Mara"), ask("b", "1871", "in 1871")]);

describe("reads", () => {
  test("questions in order, their answers placed in code units", () => {
    const path = write("train-v1.1.json", boats);
    const { files, notes, questions } = load();
    expect(questions).toEqual([
      { id: "a", question: "Question a?", context, answers: [{ text: "Mara", start: 25 }] },
      {
        id: "b",
        question: "Question b?",
        context,
        answers: [
          { text: "1871", start: context.indexOf("1871") },
          { text: "in 1871", start: context.indexOf("in 1871") },
        ],
      },
    ]);
    expect(notes).toEqual([]);
    expect(files).toEqual([{ path, sha256: sha256(JSON.stringify(boats)) }]);
  });

  test("many paragraphs of many articles", () => {
    const paragraph = (id: string) => ({ context, qas: [ask(id, "boat")] });
    const data = [
      { paragraphs: [paragraph("1"), paragraph("2")] },
      { paragraphs: [] },
      { paragraphs: [paragraph("3")] },
    ];
    write("dev-v1.1.json", { data });
    expect(load("dev").questions.map(({ id }) => id)).toEqual(["1", "2", "3"]);
  });

  test("compressed files, with the ending and without, and a byte-order mark", () => {
    write("train-v1.1.json.gz", gzipSync(JSON.stringify(boats)));
    expect(load().questions).toHaveLength(2);
    write("own.json", gzipSync(JSON.stringify(boats)));
    expect(load("train", { train: "own.json" }).questions).toHaveLength(2);
    write("mark.json", `\ufeff${JSON.stringify(boats)}`);
    expect(load("train", { train: "mark.json" }).questions).toHaveLength(2);
  });

  test("questions without answers, of SQuAD 2.0 only", () => {
    const impossible = { ...ask("no"), is_impossible: true, plausible_answers: [{ text: "x" }] };
    write("dev-v2.0.json", fileOf([impossible, ask("bare"), { ...ask("yes", "boat"), is_impossible: false }])); // prettier-ignore
    const { notes, questions } = load("dev", { name: "squad2" });
    expect(questions.map(({ answers }) => answers.length)).toEqual([0, 0, 1]);
    expect(notes).toEqual([]);
    const { caveats } = load("dev", { name: "squad2" });
    expect(caveats).toHaveLength(1); // about their number only
    const error = refusal("dev", { dev: "dev-v2.0.json" });
    expect(error.message).toBe(
      `${join(folder(), "dev-v2.0.json")}: data[0].paragraphs[0].qas[0].is_impossible: true: expected questions with answers, as in SQuAD 1.1`,
    );
    expect(error.hint).toContain("squad2");
  });

  test("answers where is_impossible contradicts them, and says so where results are", () => {
    const given = { ...ask("given", "boat"), is_impossible: true };
    const none = { ...ask("none"), is_impossible: false };
    const left = { id: "left", question: "Left out?", is_impossible: true };
    write("train-v2.0.json", fileOf([given, none, left]));
    const { caveats, questions } = load("train", { name: "squad2" });
    expect(questions.map(({ answers }) => answers.length)).toEqual([1, 0, 0]);
    expect(caveats?.slice(1)).toEqual([
      "squad2 train: 2 questions whose is_impossible contradicts the answers, which count: given, none",
    ]);
    write("train-v1.1.json", fileOf([given]));
    expect(refusal().message).toContain("qas[0].is_impossible: true: expected questions with");
  });

  test("SQuAD 1.1's files as SQuAD 2.0, and says so", () => {
    write("dev-v1.1.json", boats);
    const { notes } = load("dev", { name: "squad2", dev: "dev-v1.1.json" });
    expect(notes).toEqual(["squad2 dev: every question has an answer, unlike in SQuAD 2.0"]);
  });
});

test("says that other than the official questions cannot be compared", () => {
  write("train-v1.1.json", boats);
  write("dev-v2.0.json", boats);
  expect(load().caveats).toEqual([
    "squad train: 2 of SQuAD 1.1's 87,599 questions: scores are not comparable with published ones",
  ]);
  expect(load("dev", { name: "squad2" }).caveats).toEqual([
    "squad2 dev: 2 of SQuAD 2.0's 11,873 questions: scores are not comparable with published ones",
  ]);
  const qas = Array.from({ length: 10_571 }, (_, i) => ask(`${i}`, "boat"));
  write("dev-v1.1.json", fileOf(qas));
  expect(load("dev").caveats).toEqual([
    "squad dev: 10,571 questions where SQuAD 1.1 has 10,570: scores are not comparable with published ones",
  ]);
  write("dev-v1.1.json", fileOf(qas.slice(1)));
  expect(load("dev").caveats).toEqual([]);
});

describe("looks for", () => {
  test("the folder itself, then squad in it", () => {
    const inner = write("squad/train-v1.1.json", boats);
    expect(load().files[0].path).toBe(inner);
    const outer = write("train-v1.1.json", boats);
    expect(load().files[0].path).toBe(outer);
  });

  test("a part of the training file where the whole is not there", () => {
    const part = write("squad/train-v1.1-part7.json", boats);
    write("squad/train-v2.0-part.json", boats);
    write("squad/train-v1.1-readme.txt", "");
    expect(load().files[0].path).toBe(part);
    const whole = write("squad/train-v1.1.json", boats);
    expect(load().files[0].path).toBe(whole);
  });

  test("one part, not several", () => {
    const paths = ["train-v1.1-a.json", "train-v1.1-b.json.gz"].map((name) => write(name, boats));
    expect(refusal().message).toBe(
      `task.train: several files: expected one of ${paths.join(", ")}`,
    );
  });

  test("files that the settings name, in the folder or anywhere", () => {
    const path = write("mine/questions.json", boats);
    expect(load("dev", { dev: "mine/questions.json" }).files[0].path).toBe(path);
    expect(load("train", { train: path }, newFolder()).questions).toHaveLength(2);
    const error = refusal("dev", { dev: "nowhere.json" });
    expect(error.message).toBe(`task.dev: ${join(folder(), "nowhere.json")}: no such file`);
    expect(error.hint).toContain("--data");
    const both = { train: path, dev: path };
    expect(taskOf(both).load("dev", { dataDir: undefined, seed: 0 }).questions).toHaveLength(2);
    expect(taskOf(both).needsDataDir).toBe(false);
    expect(taskOf({}).needsDataDir).toBe(true);
  });

  test("nothing else, and names every place", () => {
    write("train-v1.1.json", boats);
    const error = refusal("dev");
    for (const name of ["dev-v1.1.json", "dev-v1.1.json.gz", "squad/dev-v1.1.json"])
      expect(error.message).toContain(join(folder(), name));
    expect(error.hint).toContain("task.dev");
    const nowhere = join(folder(), "nowhere");
    expect(refusal("train", {}, nowhere).message).toContain(`${nowhere}: no such folder`);
    const task = taskOf({});
    expect(() => task.load("train", { dataDir: undefined, seed: 0 })).toThrow(
      "data: no folder given: expected the one with train-v1.1.json",
    );
  });
});

describe("refuses by file, line and column", () => {
  const whole = JSON.stringify(boats, null, 2);

  test.each([
    ["an empty file", "", 1, 1, "the text ends: expected value"],
    ["a table", "id\tquestion\n1\tWho?\n", 1, 1, '"id\\tquestion\\n1\\tWho?\\n": expected value'],
    [
      "a file cut short",
      whole.slice(0, 60),
      5,
      21,
      "the text ends: expected the rest of the string",
    ],
    ["a web page", "\n  <html>", 2, 3, '"<html>": expected value'],
    ["a comma too many", '{\n"data": [1,\n2,]}', 3, 3, '"]}": expected value'],
    ["a missing comma", '{"data": []\n "x": 1}', 2, 2, '"\\"x\\": 1}": expected comma or }'],
    ["a string over two lines", '{"data": "one\ntwo"}', 1, 14, "expected the rest of the string"],
    ["something behind the end", '{"data": []}\n{}', 2, 1, '"{}": expected nothing more'],
  ])("%s", (_, content, line, column, message) => {
    const path = write("train-v1.1.json", content);
    const error = refusal();
    expect(error.message).toContain(`${path}:${line}:${column}: `);
    expect(error.message).toContain(message);
  });

  test("bytes that are not UTF-8, compressed or not", () => {
    const latin1 = Buffer.from('{"data": [],\n "x": "caf\u00e9"}', "latin1");
    for (const [content, message] of [
      [latin1, ":2:11: not UTF-8: expected text in UTF-8"],
      [gzipSync(latin1), ":2:11: not UTF-8: expected text in UTF-8"],
      [Buffer.from(`\ufeff${whole}`, "utf16le"), ": looks like UTF-16LE: expected text in UTF-8"],
      [Buffer.from(whole, "utf16le"), ": looks like UTF-16LE: expected text in UTF-8"],
    ] as const) {
      const path = write("train-v1.1.json", content);
      const error = refusal();
      expect(error.message).toBe(`${path}${message}`);
      expect(error.hint).toMatch(/iconv|UTF-8/);
    }
  });

  test("a compressed file cut short", () => {
    const path = write("train-v1.1.json.gz", gzipSync(JSON.stringify(boats)).subarray(0, 90));
    expect(refusal().message).toBe(`${path}: unexpected end of file: expected a whole gzip file`);
  });
});

describe("refuses another layout by its place", () => {
  const good = ask("a", "boat");
  test.each<[string, unknown]>([
    [": expected an object with data", [boats]],
    [": data: expected a list", { rows: [] }],
    [": data[0].paragraphs: expected a list", { data: [{ title: "x" }] }],
    [": data[1]: expected an object with paragraphs", { data: [boats.data[0], null] }],
    [".paragraphs[0].context: expected text", { data: [{ paragraphs: [{ qas: [] }] }] }],
    [".qas[1].question: expected text", fileOf([good, { ...good, question: 5 }])],
    [".qas[0].id: expected text", fileOf([{ ...good, id: undefined }])],
    [".qas[0].answers: expected a list", fileOf([{ ...good, answers: "boat" }])],
    [".qas[0].answers: none: expected questions with answers", fileOf([ask("a")])],
    [".answers[0].text: expected text", fileOf([{ ...good, answers: [{ answer_start: 1 }] }])],
    [
      ".answers[0].answer_start: expected a whole number from 0",
      fileOf([{ ...good, answers: [{ text: "boat", answer_start: -1 }] }]),
    ],
    [
      ".answers[0].answer_start: expected a whole number from 0",
      fileOf([{ ...good, answers: [{ text: "boat", answer_start: "9" }] }]),
    ],
    [': id "a": expected one question of that id, found several', fileOf([good, good])],
    [": no questions: expected some", { data: [] }],
  ])("%s", (message, content) => {
    const path = write("train-v1.1.json", content);
    const error = refusal();
    expect(error.message.startsWith(`${path}: `)).toBe(true);
    expect(error.message).toContain(message);
    expect(error.hint).toBeDefined();
  });
});
