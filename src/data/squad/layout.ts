// The layout of SQuAD's files: data[] > paragraphs[] > context, qas[] > id, question, answers[] > text, answer_start. A file of
// another layout is refused by the name of the place. A context is one string for all its questions.
import { UserError } from "../../errors.ts";
import { type ToUtf16, utf16Places } from "../../text/offsets.ts";
import type { Answer, Question } from "../task.ts";

/** The two releases; in 2.0 a question may have no answer. */
export type Version = "1.1" | "2.0";

/** All questions of a file in its order; `path` and the place in it are named where it has another layout. */
export function readLayout(path: string, file: unknown, version: Version): Question[] {
  const articles = listIn(file, "data", path, ": ");
  const questions = articles.flatMap(([article, place]) =>
    listIn(article, "paragraphs", place).flatMap(([paragraph, at]) =>
      readParagraph(paragraph, at, version),
    ),
  );
  if (questions.length === 0) {
    throw new UserError(`${path}: no questions: expected some in data[].paragraphs[].qas`, {
      hint: "the download may have been cut short; get the file again",
    });
  }
  checkIds(path, questions);
  return questions;
}

function readParagraph(paragraph: unknown, place: string, version: Version): Question[] {
  const context = textIn(paragraph, "context", place);
  const toUtf16 = utf16Places(context);
  return listIn(paragraph, "qas", place).map(([question, at]) => ({
    id: textIn(question, "id", at),
    question: textIn(question, "question", at),
    context,
    answers: readAnswers(question, at, toUtf16, version),
  }));
}

function readAnswers(question: unknown, place: string, toUtf16: ToUtf16, version: Version) {
  const isImpossible = fieldIn(question, "is_impossible", place) === true;
  const answers = isImpossible ? [] : listIn(question, "answers", place);
  if (answers.length === 0 && version === "1.1") {
    const missing = isImpossible ? "is_impossible: true" : "answers: none";
    throw new UserError(`${place}.${missing}: expected questions with answers, as in SQuAD 1.1`, {
      hint: "SQuAD 2.0 has questions without one: set task.name: squad2",
    });
  }
  return answers.map(([answer, at]): Answer => {
    const start = fieldIn(answer, "answer_start", at);
    if (!Number.isSafeInteger(start) || (start as number) < 0)
      throw otherLayout(`${at}.answer_start`, "a whole number from 0");
    return { text: textIn(answer, "text", at), start: toUtf16(start as number) };
  });
}

function checkIds(path: string, questions: readonly Question[]): void {
  const ids = new Set<string>();
  for (const { id } of questions) {
    if (ids.has(id)) {
      throw new UserError(`${path}: id ${id}: expected one question of that id, found several`, {
        hint: "give every question an id of its own",
      });
    }
    ids.add(id);
  }
}

/** The items of a list, each with its place. */
function listIn(parent: unknown, key: string, place: string, dot = "."): [unknown, string][] {
  const list = fieldIn(parent, key, place);
  const at = `${place}${dot}${key}`;
  if (!Array.isArray(list)) throw otherLayout(at, "a list");
  return list.map((item, i) => [item, `${at}[${i}]`]);
}

function textIn(parent: unknown, key: string, place: string): string {
  const value = fieldIn(parent, key, place);
  if (typeof value !== "string") throw otherLayout(`${place}.${key}`, "text");
  return value;
}

function fieldIn(parent: unknown, key: string, place: string): unknown {
  if (typeof parent === "object" && parent !== null && !Array.isArray(parent))
    return (parent as Record<string, unknown>)[key];
  throw otherLayout(place, `an object with ${key}`);
}

function otherLayout(place: string, expected: string): UserError {
  return new UserError(`${place}: expected ${expected}`, {
    hint: "the layout is data[].paragraphs[].qas[].answers[], as in SQuAD's own files",
  });
}
