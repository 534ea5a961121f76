// result.json: everything a table needs to know of one run, in one file. Written when a run ends, read back by every command
// that compares runs; what cannot be read is a sentence saying why, because one bad file must not hide ten thousand good ones.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Experiment, experimentSchema } from "../config/schema.ts";
import type { Evaluation, ParameterLedger } from "../train/events.ts";

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

const evaluation = z.object({
  step: z.number(),
  epoch: z.number(),
  split: z.string(),
  trainLoss: z.number().nullable(),
  loss: z.number().nullable(), // JSON has no NaN
  metrics: z.record(z.string(), z.number().nullable()),
  best: z.boolean(),
});

const counts = ["adapters", "layerNorm", "head", "encoder", "trained", "frozen"] as const;
const shares = [
  "wholeModel",
  "encoderLayers",
  "percentOfWholeModel",
  "percentOfEncoderLayers",
] as const;

const numbers = <Key extends string>(keys: readonly Key[]) =>
  z.object(Object.fromEntries(keys.map((key) => [key, z.number()])) as Record<Key, z.ZodNumber>);

const ending = {
  resultVersion: z.literal(RESULT_VERSION),
  experiment: experimentSchema,
  software: z.record(z.string(), z.string()),
  finishedAt: z.string(),
};

const trained = z.object({
  ...ending,
  status: z.enum(["ok", "diverged"]),
  reason: z.string().optional(),
  mainMetric: z.string(),
  labels: z.array(z.string()).optional(),
  caveats: z.array(z.string()).optional(),
  evaluations: z.array(evaluation),
  best: evaluation.nullable(),
  majority: z.record(z.string(), z.record(z.string(), z.number())),
  parameters: numbers([...counts, ...shares]),
  adapterBytes: z.number().nullable(),
  adapterSha256: z.string().optional(),
  encoderSha256: z.string(),
  steps: z.number(),
  totalSteps: z.number(),
  seconds: z.number(),
  computeSeconds: z.number(),
  tokensPerSecond: z.number().nullable(),
  paddingWaste: z.number(),
  peakBytes: z.number(),
  engine: z.string(),
});

const failed = z.object({
  ...ending,
  status: z.literal("failed"),
  reason: z.string(),
  hint: z.string().optional(),
});

const resultSchema = z.discriminatedUnion("status", [trained, failed]);

/** The result in a run folder, or a sentence that begins with the file's path and says why it cannot be used. */
export function readResult(runDir: string): Recorded | string {
  const path = join(runDir, RESULT);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return `${path}: cannot be read: ${(error as Error).message}`;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text === ""
      ? `${path}: is empty: expected the JSON that peft train writes`
      : `${path}: not JSON, or cut off after ${text.length} characters`;
  }
  const version = (value as { resultVersion?: unknown } | null)?.resultVersion;
  if (version !== RESULT_VERSION)
    return `${path}: resultVersion ${JSON.stringify(version) ?? "missing"}: expected ${RESULT_VERSION}; written by another version of peft, or by another program`;
  const { success, data, error } = resultSchema.safeParse(value);
  if (success) return { ...(data as RunResult), runDir };
  const [{ message, path: at }] = error.issues;
  return `${path}: ${at.join(".") || "the whole file"}: ${message}`;
}
