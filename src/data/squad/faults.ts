// Questions that cannot be learnt from as they are: those without text, and those whose answers are not where the file says.
// Training leaves them out, by name; scores need no more than the texts of the answers, so evaluation keeps them all.
import { cite } from "../../cite.ts";
import { UserError } from "../../errors.ts";
import type { Answer, Question } from "../task.ts";

export interface FaultOptions {
  /** The file, for errors. */
  path: string;
  /** Task and split, for notes. */
  place: string;
  /** What becomes of questions with misplaced answers; "keep" leaves nothing out, whatever its fault. */
  policy: "keep" | "skip" | "error";
}

const MAX_NAMED = 5; // ids in a note

const MISPLACED = "an answer does not stand at the given place";

/** What is wrong with the question, as notes say it; undefined if nothing is. */
function faultOf({ answers, context, question }: Question): string | undefined {
  if (!/\S/.test(question)) return "the question is empty";
  if (!/\S/.test(context)) return "the context is empty";
  if (answers.some(({ text }) => !/\S/.test(text))) return "an answer is empty";
  return answers.every((answer) => standsIn(context, answer)) ? undefined : MISPLACED;
}

function standsIn(context: string, { start, text }: Answer): boolean {
  return context.startsWith(text, start) && start + text.length <= context.length;
}

/** The questions to use, and what to say about the faulty ones. Throws UserError where misplaced answers are to be errors. */
export function sortOut(
  questions: readonly Question[],
  { path, place, policy }: FaultOptions,
): { kept: Question[]; notes: string[] } {
  const kept: Question[] = [];
  const byFault = new Map<string, Question[]>();
  for (const question of questions) {
    const fault = faultOf(question);
    if (fault === undefined || policy === "keep") kept.push(question);
    if (fault === undefined) continue;
    const others = byFault.get(fault);
    if (others) others.push(question);
    else byFault.set(fault, [question]);
  }
  const misplaced = byFault.get(MISPLACED);
  if (misplaced && policy === "error") throw misplacedAnswers(path, misplaced);
  if (kept.length === 0) {
    throw new UserError(`${path}: no question is left: ${[...byFault.keys()].join(", ")}`, {
      hint: "is this file SQuAD's? its answers say where they stand in characters",
    });
  }
  const verb = policy === "keep" ? "kept" : "left out";
  const notes = Array.from(byFault, ([fault, { length }]) => {
    const ids = byFault.get(fault)!.map(({ id }) => id);
    return `${place}: ${numQuestions(length)} ${verb}, ${fault}: ${firstOf(ids)}`;
  });
  return { kept, notes };
}

/** `1 question`, `1,000 questions`. */
export function numQuestions(count: number): string {
  return `${count.toLocaleString("en")} question${count === 1 ? "" : "s"}`;
}

/** The ids, of many the first few. */
export function firstOf(ids: readonly string[]): string {
  return `${ids.slice(0, MAX_NAMED).join(", ")}${ids.length > MAX_NAMED ? ", …" : ""}`;
}

function misplacedAnswers(path: string, questions: readonly Question[]): UserError {
  const [{ answers, context, id }] = questions;
  const { start, text } = answers.find((answer) => !standsIn(context, answer))!;
  const place = Array.from(context.slice(0, start)).length; // as the file counts
  const found = context.slice(start, start + text.length);
  const others = questions.length === 1 ? "" : `; ${questions.length} such questions in all`;
  return new UserError(
    `${path}: question ${id}: answer ${cite(text)} at ${place}: ${cite(found)} stands there${others}`,
    { hint: "correct the file, or leave such questions out with task.misplacedAnswers: skip" },
  );
}
