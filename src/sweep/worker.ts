// A worker process of a sweep: runs one cell after another for the process that started it, and keeps what it has read. It has a
// process of its own so that a crash of a native library, or the system's killing it for memory, costs one cell and no more.
import type { Experiment } from "../config/schema.ts";
import { DeviceLostError } from "../engine/engine.ts";
import { Interrupted, UserError } from "../errors.ts";
import { tolerate } from "../files.ts";
import { createReader } from "../prepare.ts";
import { RunLocked } from "../record/lock.ts";
import { recordFailure, RunFinished } from "../record/run-folder.ts";
import { runExperiment } from "../run.ts";
import type { Order, Outcome, Reply } from "./messages.ts";
import { probe } from "./probe.ts";

const read = createReader();
let stop = new AbortController();

process.on("message", (order: Order) => void obey(order));
// The sweep is gone: whoever goes on with the run must not find us at it.
process.on("disconnect", () => process.exit());
// These reach every process of a terminal, a batch job or a container; the sweep decides what to do and says so.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => {});

async function obey(order: Order): Promise<void> {
  switch (order.type) {
    case "stop":
      stop.abort();
      return;
    case "run":
      stop = new AbortController();
      reply({ type: "ended", outcome: await attemptRun(order) });
      return;
    case "probe":
      reply({ type: "probed", cost: await attemptProbe(order) });
  }
}

function reply(message: Reply): void {
  process.send?.(message);
}

async function attemptRun(order: Extract<Order, { type: "run" }>): Promise<Outcome> {
  const { experiment, numThreads, outDir, prefer, retryFailed } = order;
  try {
    const result = await runExperiment(experiment, {
      outDir,
      goOn: true,
      retryFailed,
      numThreads,
      ...(prefer && { prefer }),
      read,
      signal: stop.signal,
      report: (event) => reply({ type: "event", event }),
    });
    const { best, mainMetric, seconds, status, steps } = result;
    return { kind: status, seconds, steps, score: best?.metrics[mainMetric] ?? null };
  } catch (error) {
    return explain(error, experiment, outDir);
  }
}

function explain(error: unknown, experiment: Experiment, outDir: string): Outcome {
  if (error instanceof Interrupted) return { kind: "stopped" };
  if (error instanceof RunLocked) return { kind: "locked" };
  if (error instanceof RunFinished) return { kind: "finished elsewhere" };
  const failure = describe(error);
  tolerate(() => recordFailure(experiment, outDir, failure)); // the sweep sees what could not be recorded, and says so
  return {
    kind: "failed",
    ...failure,
    ...(error instanceof DeviceLostError && { isDeviceLost: true }),
  };
}

/** A bug in one cell is reported like a failure, with its stack, and the sweep goes on. */
function describe(error: unknown): { message: string; hint?: string } {
  if (error instanceof UserError)
    return { message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { message, hint: "this is a bug in peft: please report it with the lines above" };
}

async function attemptProbe(order: Extract<Order, { type: "probe" }>) {
  try {
    return await probe(order.experiment, { read, numThreads: order.numThreads });
  } catch (error) {
    return { problem: describe(error).message };
  }
}
