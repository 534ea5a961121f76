// The layout of SQuAD's files: data[] > paragraphs[] > context, qas[] > id, question, answers[] > text, answer_start. A file of
// another layout is refused by the name of the place. A context is one string for all its questions.
import { cite } from "../../cite.ts";
import { UserError } from "../../errors.ts";
import { type ToUtf16, utf16Places } from "../../text/offsets.ts";
import type { Answer, Question } from "../task.ts";

/** The two releases; in 2.0 a question may have no answer. */
export type Version = "1.1" | "2.0";

/** What a file holds. */
export interface Layout {
  /** In the order of the file. */
  questions: Question[];
  /** Ids of questions whose `is_impossible` says otherwise than their answers, which count: as in the official evaluate-v2.0.py. */
  contradictory: string[];
}

/** A question, and whether its answers are there exactly where `is_impossible` denies it. */
interface Read {
  question: Question;
  isContradictory: boolean;
}

/** All questions of a file; `path` and the place in it are named where it has another layout. */
export function readLayout(path: string, file: unknown, version: Version): Layout {
  const articles = listIn(file, "data", path, ": ");
  const all = articles.flatMap(([article, place]) =>
    listIn(article, "paragraphs", place).flatMap(([paragraph, at]) =>
      readParagraph(paragraph, at, version),
    ),
  );
  const questions = all.map(({ question }) => question);
  if (questions.length === 0) {
    throw new UserError(`${path}: no questions: expected some in data[].paragraphs[].qas`, {
      hint: "the download may have been cut short; get the file again",
    });
  }
  checkIds(path, questions);
  const contradictory = all.filter(({ isContradictory }) => isContradictory);
  return { questions, contradictory: contradictory.map(({ question: { id } }) => id) };
}

function readParagraph(paragraph: unknown, place: string, version: Version): Read[] {
  const context = textIn(paragraph, "context", place);
  const toUtf16 = utf16Places(context);
  return listIn(paragraph, "qas", place).map(([item, at]) => {
    const id = textIn(item, "id", at);
    const question = textIn(item, "question", at);
    const answers = readAnswers(item, at, toUtf16, version);
    return {
      question: { id, question, context, answers },
      isContradictory: fieldIn(item, "is_impossible", at) === answers.length > 0,
    };
  });
}

function readAnswers(question: unknown, place: string, toUtf16: ToUtf16, version: Version) {
  const isImpossible = fieldIn(question, "is_impossible", place) === true;
  const isLeftOut = isImpossible && fieldIn(question, "answers", place) === undefined;
  const answers = isLeftOut ? [] : listIn(question, "answers", place);
  if (version === "1.1" && (isImpossible || answers.length === 0)) {
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
      throw new UserError(
        `${path}: id ${cite(id)}: expected one question of that id, found several`,
        {
          hint: "give every question an id of its own",
        },
      );
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
