// Whether scores and answers are those of an earlier evaluation: of the same models a moment ago, or of the run when it was recorded.
import { isDeepStrictEqual } from "node:util";
import type { Answers } from "../answers/collect.ts";
import type { Evaluation } from "../train/events.ts";
import type { Scores } from "../train/evaluate.ts";
import { readPredictions, type SplitPredictions } from "../train/predictions.ts";
import type { TrainedRun } from "./trained-run.ts";
import type { Check } from "./verification.ts";

/** The scores of a run on the splits of its task. */
export type SplitScores = ReadonlyMap<string, Scores>;

/** More than another number of threads changes in a loss, as a share of it; that was 8e-9 on MRPC. */
const ROUNDING = 1e-6;

/** Whether a run answers as it did before other runs were added. */
export function checkAgain({ runDir }: TrainedRun, before: SplitScores, after: SplitScores): Check {
  for (const [split, { answers, loss, metrics }] of after) {
    const first = before.get(split)!;
    const changed = [
      ...changedScores({ ...first.metrics, loss: first.loss }, { ...metrics, loss }),
      ...(isDeepStrictEqual(first.answers, answers) ? [] : ["some answers"]),
    ];
    if (changed.length > 0)
      return {
        outcome: "failed",
        remark: `${runDir}: ${split}: after the other runs were added, ${changed.join(", ")}: expected the same`,
        hint: "models that share an encoder must not touch each other: please report this as a bug in peft",
      };
  }
  return { outcome: "passed" };
}

/** Whether a run scores and answers what was recorded of its best checkpoint. */
export function checkRecorded(run: TrainedRun, scores: SplitScores, engine: string): Check {
  const { result, runDir } = run;
  const predictions = readPredictions(runDir, result.predictionsSha256);
  const remarks = predictions
    ? []
    : ["predictions.json is missing or damaged: scores alone were compared"];
  for (const [split, { answers, loss, metrics }] of scores) {
    const recorded = result.evaluations.find(
      (evaluation) => evaluation.step === result.best?.step && evaluation.split === split,
    );
    if (!recorded) {
      remarks.push(`${split}: no recorded score`);
      continue;
    }
    const numOther = countOther(predictions?.[split], answers);
    const changed = [
      ...changedScores(recorded.metrics, metrics),
      ...(numOther > 0 ? [`${numOther} answers differ`] : []),
    ];
    const off = lossDifference(recorded, loss);
    // Where no hash was recorded, nothing but the loss tells a damaged file from a sound one.
    const isBlind = result.adapterSha256 === undefined && result.engine === engine;
    const tolerance = isBlind ? 0 : ROUNDING;
    if (changed.length > 0 || off > tolerance) {
      const found = [...changed, ...changedScores({ loss: recorded.loss }, { loss })].join(", ");
      return { outcome: "failed", remark: `${runDir}: ${split}: ${found}: expected what was recorded`, hint: hintFor(run, engine) }; // prettier-ignore
    }
    if (off > 0) remarks.push(`${split}: loss differs by ${off.toExponential(0)} of it, as rounding does`); // prettier-ignore
  }
  return { outcome: "passed", ...(remarks.length > 0 && { remark: remarks.join("; ") }) };
}

function hintFor({ result, runDir }: TrainedRun, engine: string): string {
  if (result.engine !== engine)
    return `recorded with ${result.engine}, now ${engine}: they may round differently`;
  return result.adapterSha256 === undefined
    ? `the adapter file may be damaged, or the data other; train it again with: peft rerun ${runDir}`
    : "the data may be other than the run was scored on: name its folder with --data";
}

/** Such as `f1 0.81 instead of 0.87`. */
function changedScores(before: Record<string, number>, after: Record<string, number>): string[] {
  return Object.entries(after)
    .filter(([name, score]) => !isSame(before[name], score))
    .map(([name, score]) => `${name} ${score} instead of ${before[name]}`);
}

/** A number that JSON could not hold was not one. */
function isSame(before: number | null | undefined, after: number): boolean {
  return Object.is(before ?? NaN, after);
}

/** Relative to the recorded loss. */
function lossDifference({ loss: recorded }: Evaluation, loss: number): number {
  if (isSame(recorded, loss)) return 0;
  const difference = Math.abs(loss - recorded) / Math.abs(recorded);
  return Number.isFinite(difference) ? difference : Infinity;
}

/** How many answers are not the recorded ones; none where no answers were recorded. */
function countOther(recorded: SplitPredictions | undefined, answers: Answers): number {
  if (!recorded) return 0;
  const before = "ids" in recorded ? recorded.answers : recorded.predictions.map(Math.fround);
  const after = "ids" in answers ? answers.answers.map(({ text }) => text) : [...answers.predictions]; // prettier-ignore
  const length = Math.max(before.length, after.length);
  return Array.from({ length }, (_, i) => i).filter((i) => before[i] !== after[i]).length;
}
