// What a verification found, as plain data: the checks of every run, and what sharing the encoder saves.
import type { ParameterLedger } from "../train/events.ts";
import type { TrainedRun } from "./trained-run.ts";

/** Every check with what it says of a run where it passes. */
export const CHECKS = {
  encoder: "the encoder's file has the SHA-256 that the run recorded, before and after",
  frozen:
    "the encoder's weights in memory are, to the byte, as they were loaded after the run answered",
  file: "the run's adapter.safetensors is the file that was scored, and did not change",
  tensors: "it holds what the run trains and nothing else, in finite numbers",
  scores: "the run answers alike before and after the runs behind it were added",
  recorded: "scores and answers are those of its result.json and predictions.json",
} as const;

export type CheckName = keyof typeof CHECKS;

export interface Check {
  outcome: "passed" | "failed" | "skipped";
  /** Of a failed check `place: found: expected`; else what is to be known of it. */
  remark?: string;
  /** What to do about a failed check. */
  hint?: string;
}

export interface VerifiedRun {
  runDir: string;
  task: string;
  method: string;
  /** Values that the run trains, by group. */
  trains: Pick<ParameterLedger, "adapters" | "layerNorm" | "head" | "encoder">;
  /** Memory that the run adds to the encoder, 4 bytes per trained value. */
  bytes: number;
  /** That of a model of its own: the whole encoder and the head. */
  separateBytes: number;
  /** What keeps the run from sharing the encoder, in a sentence; absent where it shares all that is frozen. */
  remark?: string;
  checks: Record<CheckName, Check>;
}

export interface Verification {
  passed: boolean;
  encoder: { file: string; sha256: string; numWeights: number; bytes: number };
  engine: string;
  runs: VerifiedRun[];
}

const BYTES_PER_VALUE = 4;

/** The verification of the runs with these checks, in their order. */
export function describeRun(run: TrainedRun, checks: Record<CheckName, Check>): VerifiedRun {
  const { experiment, result, runDir } = run;
  const { adapters, encoder, head, layerNorm, trained, wholeModel } = result.parameters;
  const remark = sharingRemark(result.parameters);
  return {
    runDir,
    task: experiment.task.name,
    method: experiment.method.name,
    trains: { adapters, layerNorm, head, encoder },
    bytes: BYTES_PER_VALUE * trained,
    separateBytes: BYTES_PER_VALUE * (wholeModel + head),
    ...(remark !== undefined && { remark }),
    checks,
  };
}

/** Bytes of the encoder in memory. */
export function bytesOf(numWeights: number): number {
  return BYTES_PER_VALUE * numWeights;
}

/** A run that trains the encoder itself shares what it leaves alone, and nothing where that is nothing. */
function sharingRemark({ encoder, frozen, layerNorm }: ParameterLedger): string | undefined {
  if (encoder === 0) return undefined;
  const own = `trains ${millions(encoder + layerNorm)} of the encoder's weights in a copy of its own: the encoder is untouched, but`;
  return frozen === 0 ? `${own} nothing is shared` : `${own} only the other ${millions(frozen)} are shared`; // prettier-ignore
}

function millions(count: number): string {
  return `${(count / 1e6).toFixed(1)} M`;
}
