// What a sweep and its worker processes say to each other.
import type { EngineName } from "../engine/create.ts";
import type { Experiment } from "../config/schema.ts";
import type { RunEvent } from "../train/events.ts";

/** From the sweep to a worker. */
export type Order =
  | {
      type: "run";
      experiment: Experiment;
      outDir: string;
      retryFailed: boolean;
      numThreads: number;
      /** The engine that `device: auto` takes if it works. */
      prefer?: EngineName;
    }
  | { type: "probe"; experiment: Experiment; numThreads: number }
  /** Finish the step, save, and end the run that is going on. */
  | { type: "stop" };

/** From a worker to the sweep. */
export type Reply =
  | { type: "event"; event: RunEvent }
  | { type: "ended"; outcome: Outcome }
  | { type: "probed"; cost: Cost | { problem: string } };

/** How an attempt to run a cell ended. */
export type Outcome =
  | { kind: "ok" | "diverged"; seconds: number; steps: number; score: number | null }
  /** An error, recorded in the run folder. */
  | { kind: "failed"; message: string; hint?: string; isDeviceLost?: boolean }
  /** Stopped on request, saved. */
  | { kind: "stopped" }
  /** Another process is working on it. */
  | { kind: "locked" }
  /** Another process has finished it since the plan was made. */
  | { kind: "finished elsewhere" };

/** What a few steps have shown that running costs. */
export interface Cost {
  /** Seconds to train on one token of the training set. */
  trainSecondsPerToken: number;
  /** Seconds to evaluate one token of an evaluation split. */
  evaluateSecondsPerToken: number;
  /** Seconds before the first step. */
  startSeconds: number;
  peakBytes: number;
}
