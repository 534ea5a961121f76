// What people read of answers: a line for each run.
import type { Prediction } from "../inference/predict.ts";
import { renderTable } from "./render.ts";

/** The answers to one text by the name of the run. */
export function renderAnswers(answers: Readonly<Record<string, Prediction>>): string {
  return renderTable(Object.entries(answers).map(([name, answer]) => [name, ...cells(answer)]));
}

function cells(answer: Prediction): string[] {
  if ("probabilities" in answer) {
    const all = Array.from(
      answer.probabilities,
      ([label, probability]) => `${label} ${probability.toFixed(4)}`,
    );
    return [answer.label, all.join(", ")];
  }
  const score = answer.score.toFixed(4);
  if (!("answer" in answer)) return [score];
  const { end, start } = answer;
  if (start === null) return ["no answer", `score ${score}`];
  return [answer.answer, `score ${score}, characters [${start}, ${end})`];
}
