// Proves that runs over one encoder leave each other alone: the encoder's bytes on disk and in memory, each run's file, and each
// run's answers before and after the others were added.
// Reference: Houlsby et al. 2019 §1: adapters are extensible, tasks are added without forgetting earlier ones.
import { outlineOf } from "../data/tasks.ts";
import { readBytes, sha256 } from "../files.ts";
import { hashWeights } from "../model/checkpoint-files.ts";
import { sizeOf } from "../model/shape.ts";
import { adapterFile } from "../train/checkpoint.ts";
import { NotFiniteError } from "../train/evaluate.ts";
import type { Report } from "../train/events.ts";
import { evaluateRun, type OpenedRuns } from "./evaluate.ts";
import { checkAgain, checkRecorded, type SplitScores } from "./score-check.ts";
import { tensorFaults } from "./tensor-check.ts";
import type { TrainedRun } from "./trained-run.ts";
import {
  bytesOf,
  type Check,
  type CheckName,
  describeRun,
  type Verification,
} from "./verification.ts";

export interface VerifyOptions {
  /** The folder with the tasks' files; by default each run's own. */
  dataDir?: string;
  /** Whether to leave out what needs the model to answer: hashes and tensors alone are compared. */
  quick: boolean;
  signal: AbortSignal;
  report: Report;
}

/** A run on its way through the checks. */
interface Subject {
  run: TrainedRun;
  faults: readonly string[];
  /** Names of the encoder's weights that were others after the run had answered. */
  touched: Set<string>;
  /** The scores when the run was added, and once all were there; undefined where they were not computed. */
  first?: SplitScores;
  again?: SplitScores;
  /** Why there are no scores, where the model gave what is no number. */
  notFinite?: NotFiniteError;
}

/** Checks the runs in their order. Throws Interrupted when stopped. */
export async function verify(opened: OpenedRuns, options: VerifyOptions): Promise<Verification> {
  const { encoder, engine, runs } = opened;
  const subjects = runs.map((run): Subject => ({
    run,
    faults: tensorFaults(run, encoder),
    touched: new Set(),
  }));
  if (!options.quick) await answerTwice(opened, subjects, options);
  const encoderSha256 = await hashWeights(encoder.weightsFile);
  const verified = subjects.map((subject) =>
    describeRun(subject.run, {
      encoder: checkFile(encoder.weightsFile, encoderSha256, encoder.weightsSha256),
      frozen: checkFrozen(subject, encoder.weightsFile),
      file: checkAdapterFile(subject.run),
      tensors: checkTensors(subject),
      ...checkScores(subject, engine.description),
    }),
  );
  const numWeights = [...encoder.weights.values()].reduce(
    (sum, { shape }) => sum + sizeOf(shape),
    0,
  );
  return {
    passed: verified.every((run) => Object.values(run.checks).every(({ outcome }) => outcome !== "failed")), // prettier-ignore
    encoder: {
      file: encoder.weightsFile,
      sha256: encoderSha256,
      numWeights,
      bytes: bytesOf(numWeights),
    },
    engine: engine.description,
    runs: verified,
  };
}

/** Lets every run answer when it is added, and once more when all of them are there. */
async function answerTwice(
  opened: OpenedRuns,
  subjects: readonly Subject[],
  options: VerifyOptions,
): Promise<void> {
  const before = fingerprints(opened);
  for (const round of ["first", "again"] as const)
    for (const subject of subjects) {
      if (subject.faults.length > 0 || subject.notFinite) continue;
      try {
        subject[round] = await scoresOf(opened, subject.run, options);
      } catch (error) {
        if (!(error instanceof NotFiniteError)) throw error;
        subject.notFinite = error;
      }
      for (const [name, hash] of fingerprints(opened))
        if (before.get(name) !== hash) subject.touched.add(name);
    }
}

async function scoresOf(
  opened: OpenedRuns,
  run: TrainedRun,
  { quick: _quick, ...options }: VerifyOptions,
): Promise<SplitScores> {
  const scores = new Map();
  for (const split of outlineOf(run.experiment.task).evaluationSplits)
    scores.set(split, await evaluateRun(opened, run, { ...options, split }));
  return scores;
}

/** SHA-256 of every weight of the encoder in memory, which the cpu engine computes with as they lie there; a GPU has a copy. */
function fingerprints({ encoder }: OpenedRuns): Map<string, string> {
  return new Map([...encoder.weights].map(([name, { data }]) => [name, sha256(data)]));
}

function checkFile(path: string, found: string, expected: string): Check {
  if (found === expected) return { outcome: "passed" };
  const remark = `${path}: SHA-256 ${found}: expected ${expected}`;
  return {
    outcome: "failed",
    remark,
    hint: "the file was replaced: put back the one that the run was trained on",
  };
}

function checkFrozen({ first, touched }: Subject, weightsFile: string): Check {
  if (!first) return { outcome: "skipped" };
  if (touched.size === 0) return { outcome: "passed" };
  const [name] = touched;
  return {
    outcome: "failed",
    remark: `${weightsFile}: ${name}: other bytes in memory than were loaded (${touched.size} weights): expected them untouched`,
    hint: "a model wrote to the encoder it shares: please report this as a bug in peft",
  };
}

/** The file now is the one that was loaded, and that one is the one that was scored. */
function checkAdapterFile({ adapterSha256, result, runDir }: TrainedRun): Check {
  const path = adapterFile(runDir);
  const recorded = result.adapterSha256;
  const check = checkFile(path, sha256(readBytes(path)), recorded ?? adapterSha256);
  if (check.outcome === "failed")
    return {
      ...check,
      hint: `the file is damaged or of another run: train it again with: peft rerun ${runDir}`,
    };
  return recorded === undefined ? { ...check, remark: "its SHA-256 was not recorded" } : check;
}

function checkTensors({ faults, run: { runDir } }: Subject): Check {
  if (faults.length === 0) return { outcome: "passed" };
  const others = faults.length > 1 ? ` (and ${faults.length - 1} more)` : "";
  return {
    outcome: "failed",
    remark: `${adapterFile(runDir)}: ${faults[0]}${others}`,
    hint: "the file does not belong to this run's result.json: copy the whole run folder, or train it again",
  };
}

function checkScores(
  { again, first, notFinite, run }: Subject,
  engine: string,
): Record<Extract<CheckName, "scores" | "recorded">, Check> {
  if (notFinite) {
    const { hint = "", message } = notFinite;
    return {
      scores: { outcome: "failed", remark: message, hint },
      recorded: { outcome: "skipped" },
    };
  }
  if (!first || !again) return { scores: { outcome: "skipped" }, recorded: { outcome: "skipped" } };
  return { scores: checkAgain(run, first, again), recorded: checkRecorded(run, first, engine) };
}
