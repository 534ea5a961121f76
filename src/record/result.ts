// result.json: everything a table needs to know of one run, in one file. Written when a run ends, read back by every command
// that compares runs; what cannot be read is a sentence saying why, because one bad file must not hide ten thousand good ones.
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { cite, kindOf } from "../cite.ts";
import { type Experiment, experimentSchema } from "../config/schema.ts";
import { isOwn } from "../data/settings.ts";
import { outlineOf, tasks } from "../data/tasks.ts";
import { UserError } from "../errors.ts";
import { readText } from "../files.ts";
import { checkJson, parseJson } from "../json.ts";
import { type Evaluation, evaluationSchema, type ParameterLedger } from "../train/events.ts";

export const RESULT = "result.json";

/** Raised whenever a reader of the old layout would go wrong. */
export const RESULT_VERSION = 2;

/** What every result says, however the run ended. */
interface Ending {
  resultVersion: typeof RESULT_VERSION;
  /** The settings of the run, every default filled in. */
  experiment: Experiment;
  /** Versions of this program and of Node, and the platform. */
  software: Record<string, string>;
  /** When the run ended, ISO 8601. */
  finishedAt: string;
}

/** A run that was trained to its end, or until its loss was no longer a number. */
export interface TrainedResult extends Ending {
  status: "ok" | "diverged";
  /** Why training ended before the last planned step, if it did. */
  reason?: string;
  mainMetric: string;
  /** The class names by index, where the user's files decided them. */
  labels?: readonly string[];
  /** Why the scores must not be compared with published ones. */
  caveats?: readonly string[];
  evaluations: Evaluation[];
  /** The best evaluation on the deciding split, whose parameters adapter.safetensors holds. */
  best: Evaluation | null;
  /** Split -> metric -> score of always answering the training set's most frequent class (its mean score in regression, no answer for spans). */
  majority: Record<string, Record<string, number>>;
  parameters: ParameterLedger;
  /** Size of adapter.safetensors; null where no evaluation was completed. */
  adapterBytes: number | null;
  /** SHA-256 of adapter.safetensors; runs of earlier versions have none. */
  adapterSha256?: string;
  /** SHA-256 of predictions.json; likewise. */
  predictionsSha256?: string;
  /** SHA-256 of the encoder's weights file. */
  encoderSha256: string;
  steps: number;
  totalSteps: number;
  /** Wall time of training and evaluation, over all sessions of the run. */
  seconds: number;
  /** The part of `seconds` spent in training steps on the engine. */
  computeSeconds: number;
  tokensPerSecond: number;
  /** Share of padding among the positions computed while training. */
  paddingWaste: number;
  /** Largest resident memory of the last session's process. */
  peakBytes: number;
  engine: string;
}

/** A run that ended in an error, as a sweep records it. */
export interface FailedResult extends Ending {
  status: "failed";
  /** The error's message. */
  reason: string;
  /** What the error advised. */
  hint?: string;
}

export type RunResult = TrainedResult | FailedResult;

/** A result and the folder it lies in. */
export type Recorded<Result extends RunResult = RunResult> = Result & { runDir: string };

const sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "expected a SHA-256, 64 hexadecimal digits");
const count = z.int().nonnegative();
const amount = z.number().nonnegative();

const countKeys = ["adapters", "layerNorm", "head", "encoder", "trained", "frozen"] as const;
const shareKeys = [
  "wholeModel",
  "encoderLayers",
  "percentOfWholeModel",
  "percentOfEncoderLayers",
] as const;

const amounts = <Key extends string>(keys: readonly Key[]) =>
  z.object(Object.fromEntries(keys.map((key) => [key, amount])) as Record<Key, typeof amount>);

const ending = {
  resultVersion: z.literal(RESULT_VERSION),
  experiment: experimentSchema,
  software: z.record(z.string(), z.string()),
  finishedAt: z.iso.datetime("expected a date and time such as 2026-01-31T12:00:00.000Z"),
};

const trained = z
  .object({
    ...ending,
    status: z.enum(["ok", "diverged"]),
    reason: z.string().optional(),
    mainMetric: z.string(),
    labels: z.array(z.string()).optional(),
    caveats: z.array(z.string()).optional(),
    evaluations: z.array(evaluationSchema),
    best: evaluationSchema.nullable(),
    majority: z.record(z.string(), z.record(z.string(), z.number())),
    parameters: amounts([...countKeys, ...shareKeys]),
    adapterBytes: count.nullable(),
    adapterSha256: sha256Schema.optional(),
    predictionsSha256: sha256Schema.optional(),
    encoderSha256: sha256Schema,
    steps: count,
    totalSteps: count,
    seconds: amount,
    computeSeconds: amount,
    tokensPerSecond: amount.nullable(),
    paddingWaste: z.number().max(1),
    peakBytes: amount,
    engine: z.string(),
  })
  .superRefine((result, context) => {
    const { best, evaluations, experiment, labels = [], mainMetric, steps, totalSteps } = result;
    const refuse = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    for (const [i, { metrics, step }] of evaluations.entries()) {
      // Only a name of its own is a metric's: every object has "toString".
      if (!Object.hasOwn(metrics, mainMetric))
        refuse(["evaluations", i, "metrics"], `expected ${cite(mainMetric)}, the main metric`);
      if (step > steps) refuse(["evaluations", i, "step"], `expected at most ${steps}, the steps of the run`); // prettier-ignore
    }
    if (best !== null && !evaluations.some((one) => isDeepStrictEqual(one, best)))
      refuse(["best"], "expected one of the evaluations");
    const needsLabels = isOwn(experiment.task) && outlineOf(experiment.task, labels).kind === "classification"; // prettier-ignore
    if (needsLabels && new Set(labels).size !== Math.max(labels.length, 2))
      refuse(["labels"], "expected at least two classes, each once");
    if (steps > totalSteps) refuse(["steps"], `expected at most ${totalSteps}, the total`);
  });

const failed = z.object({
  ...ending,
  status: z.literal("failed"),
  reason: z.string(),
  hint: z.string().optional(),
});

const resultSchema = z.discriminatedUnion("status", [trained, failed]);

/** The class names of a trained run by index; empty for regression and spans. */
export function labelsOf({ experiment, labels = [] }: TrainedResult): readonly string[] {
  return isOwn(experiment.task) ? labels : tasks[experiment.task.name].labels;
}

/** The result in a run folder, or a sentence that begins with the file's path and says why it cannot be used. */
export function readResult(runDir: string): Recorded | string {
  const path = join(runDir, RESULT);
  try {
    const text = readText(path);
    if (text === "") return `${path}: is empty: expected the JSON that peft train writes`;
    const value = parseJson({ path }, text);
    checkVersion(path, value);
    return { ...(checkJson(path, value, resultSchema) as RunResult), runDir };
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

function checkVersion(path: string, value: unknown): void {
  const { resultVersion: version } = (value ?? {}) as { resultVersion?: unknown };
  if (version === RESULT_VERSION) return;
  const found =
    typeof version === "number"
      ? String(version)
      : version === undefined
        ? "missing"
        : kindOf(version);
  throw new UserError(
    `${path}: resultVersion ${found}: expected ${RESULT_VERSION}; written by another version of peft, or by another program`,
  );
}
