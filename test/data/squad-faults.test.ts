// Questions of SQuAD that cannot be trained on as they are: misplaced and empty answers, empty texts.
import { describe, expect, test } from "vitest";
import { ask, context, fileOf, squadFiles } from "../support/squad-files.ts";

const { load, refusal, write } = squadFiles();

describe("answers that do not stand at their place", () => {
  const shifted = (id: string, text: string, by: number) => {
    const [answer] = ask(id, text).answers;
    return { ...ask(id), answers: [{ text, answer_start: answer.answer_start + by }] };
  };
  const qas = [ask("good", "boat"), shifted("x", "1871", -2), shifted("y", "Mara", 90)];

  test("are left out of training, by name", () => {
    write("train-v1.1.json", fileOf(qas));
    const { caveats, notes, questions } = load();
    expect(questions.map(({ id }) => id)).toEqual(["good"]);
    expect(caveats).toContain("squad train: 2 questions were left out");
    expect(notes).toEqual([
      "squad train: 2 questions left out, an answer does not stand at the given place: x, y",
    ]);
  });

  test("are named up to a few", () => {
    write("train-v1.1.json", fileOf([qas[0], ..."abcdefg".split("").map((id) => shifted(id, "Mara", 1))])); // prettier-ignore
    expect(load().notes[0]).toMatch(/: 7 questions left out, .*: a, b, c, d, e, …$/);
  });

  test("are an error where the settings say so, with the place as the file counts", () => {
    const path = write("train-v1.1.json", fileOf(qas));
    const { hint, message } = refusal("train", { misplacedAnswers: "error" });
    const place = Array.from(context.slice(0, context.indexOf("1871"))).length - 2;
    expect(message).toBe(
      `${path}: question x: answer "1871" at ${place}: "n 18" stands there; 2 such questions in all`,
    );
    expect(hint).toContain("task.misplacedAnswers: skip");
  });

  test("are kept for evaluation, which says so", () => {
    write("dev-v1.1.json", fileOf(qas));
    const { notes, questions } = load("dev", { misplacedAnswers: "error" });
    expect(questions).toHaveLength(3);
    expect(notes).toEqual([
      "squad dev: 2 questions kept, an answer does not stand at the given place: x, y",
    ]);
  });

  test("cannot be all there is to train on", () => {
    write("train-v1.1.json", fileOf(qas.slice(1)));
    expect(refusal().message).toContain("no question is left: an answer does not stand");
  });

  test("are none where only characters and code units differ", () => {
    write("train-v1.1.json", fileOf([ask("a", "1871."), ask("b", "😀 The red"), ask("c", "😀")]));
    const { notes, questions } = load("train", { misplacedAnswers: "error" });
    expect(notes).toEqual([]);
    for (const { answers } of questions)
      expect(context.startsWith(answers[0].text, answers[0].start)).toBe(true);
  });
});

test("questions, contexts and answers without text are left out of training and kept for evaluation", () => {
  const blank = { text: "", answer_start: 3 };
  const qas = [
    { ...ask("q", "boat"), question: " " },
    { ...ask("e"), answers: [blank] },
    ask("good", "boat"),
  ];
  const file = fileOf(qas);
  const none = { ...ask("c"), answers: [{ text: "boat", answer_start: 0 }] };
  file.data.push({ title: "", paragraphs: [{ context: "", qas: [none] }] });
  write("train-v1.1.json", file);
  write("dev-v1.1.json", file);
  const { notes, questions } = load("train", { misplacedAnswers: "error" });
  expect(questions.map(({ id }) => id)).toEqual(["good"]);
  expect(notes).toEqual([
    "squad train: 1 question left out, the question is empty: q",
    "squad train: 1 question left out, an answer is empty: e",
    "squad train: 1 question left out, the context is empty: c",
  ]);
  expect(load("dev").questions).toHaveLength(4);
});
