// predictions.json: what the best checkpoint answered to every example of every evaluation split, beside the true labels or its
// scores, so that two runs can be compared example by example without computing anything again.
import { join } from "node:path";
import { z } from "zod";
import type { Answers } from "../answers/collect.ts";
import { UserError } from "../errors.ts";
import { readText, sha256, writeAtomic } from "../files.ts";
import { checkJson, parseJson } from "../json.ts";

const PREDICTIONS = "predictions.json";

const values = z
  .object({
    /** Class indices or scores in the order of the split's file. */
    labels: z.array(z.number()),
    predictions: z.array(z.number()),
  })
  .refine(
    ({ labels, predictions }) => labels.length === predictions.length,
    "expected as many predictions as labels",
  );

const spans = z
  .object({
    /** In the order of the split's file. */
    ids: z.array(z.string()),
    /** Empty where the answer is that there is none. */
    answers: z.array(z.string()),
    /** Metric -> score of each answer; the metric of the split is their mean. */
    scores: z.record(z.string(), z.array(z.number())),
  })
  .refine(
    ({ answers, ids, scores }) =>
      [answers, ...Object.values(scores)].every(({ length }) => length === ids.length),
    "expected as many answers and scores as ids",
  );

const schema = z.record(z.string(), z.union([spans, values]));

export type ValuePredictions = z.infer<typeof values>;
export type SpanPredictions = z.infer<typeof spans>;
export type SplitPredictions = ValuePredictions | SpanPredictions;

/** Writes the answers of every split into the run folder; returns the file's SHA-256. */
export function writePredictions(runDir: string, splits: Record<string, Answers>): string {
  const plain = Object.entries(splits).map(([name, answers]) => [name, toPlain(answers)]);
  const text = `${JSON.stringify(Object.fromEntries(plain))}\n`;
  writeAtomic(join(runDir, PREDICTIONS), text);
  return sha256(text);
}

function toPlain(answers: Answers): SplitPredictions {
  if ("ids" in answers) return { ...answers, answers: answers.answers.map(({ text }) => text) };
  return {
    labels: Array.from(answers.labels, shorten),
    predictions: Array.from(answers.predictions, shorten),
  };
}

/**
 * The answers of every split; undefined where the run folder has none, or not those that were recorded by `expected`, their SHA-256:
 * comparisons that need them say that they are missing.
 */
export function readPredictions(
  runDir: string,
  expected?: string,
): Record<string, SplitPredictions> | undefined {
  const path = join(runDir, PREDICTIONS);
  try {
    const text = readText(path);
    if (expected !== undefined && sha256(text) !== expected) return undefined;
    return checkJson(path, parseJson({ path }, text), schema);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Nine digits bring every float32 back exactly. */
function shorten(value: number): number {
  return Number(value.toPrecision(9));
}
