// Shows a run while it goes on: bars on a terminal, an occasional line elsewhere, nothing when quiet.
import { SingleBar } from "cli-progress";
import type { Phase, Report, RunEvent } from "../train/events.ts";
import { line, type Output, paint } from "./io.ts";
import { count, duration, renderEvaluation, renderLedger } from "./render.ts";

type ProgressEvent = Extract<RunEvent, { type: "progress" }>;

/** A watcher of a run. `close` leaves the terminal as it was; reporting may go on after it. */
export interface Progress {
  report: Report;
  close(): void;
}

/** How a run is shown. */
export interface ProgressOptions {
  quiet: boolean;
  /** Milliseconds since any fixed moment. */
  now?: () => number;
}

/** What is counted of questions: each context and question while tokenizing, windows as the model's inputs. */
const phases: Record<Phase, { verb: string; unit: string }> = {
  tokenize: { verb: "tokenizing", unit: "texts" },
  train: { verb: "training", unit: "steps" },
  evaluate: { verb: "evaluating", unit: "inputs" },
};

/** The watcher that suits the stream. */
export function createProgress(
  output: Output,
  { quiet, now = Date.now }: ProgressOptions,
): Progress {
  if (quiet) return { report: () => {}, close: () => {} };
  const shown = output.isTTY ? bars(output, now) : lines(output, now);
  return {
    close: shown.close,
    report: (event) => {
      if (event.type === "progress") return shown.progress(event);
      shown.close();
      output.write(renderEvent(event, output));
    },
  };
}

function renderEvent(event: Exclude<RunEvent, ProgressEvent>, output: Output): string {
  switch (event.type) {
    case "note":
      return `${paint(output, "yellow", "note:")} ${line`${event.text}`}`;
    case "ledger":
      return `\nparameters\n${renderLedger(event.ledger)}\n`;
    case "evaluation":
      return line`${renderEvaluation(event.evaluation)}`;
  }
}

/** Bars that vanish when they are done: what stays on the screen are the lines between them. */
function bars(output: Output, now: () => number) {
  const left = timeLeft(now);
  let bar: SingleBar | undefined;
  let phase: Phase | undefined;
  const close = () => {
    bar?.stop();
    bar = undefined;
  };
  const progress = (event: ProgressEvent) => {
    const { verb, unit } = phases[event.phase];
    const payload = { verb, unit, details: details(event, left(event)) };
    if (event.phase !== phase) close();
    phase = event.phase;
    if (bar) {
      bar.setTotal(event.total);
      bar.update(event.done, payload);
    } else {
      bar = new SingleBar({
        stream: output.bars,
        format: "{verb} [{bar}] {percentage}%, {value}/{total} {unit}{details}",
        barsize: 24,
        clearOnComplete: true,
      });
      bar.start(event.total, event.done, payload);
    }
  };
  return { progress, close };
}

const quietMs = 10_000; // between two lines of one phase at least
const longQuietMs = 60_000; // after which a line is due even if little was done
const worthwhileShare = 0.05; // of the total: progress that is worth a line

/** A line now and then, for logs: one per 5 % or minute, but none within ten seconds of the last; and one at the end. */
function lines(output: Output, now: () => number) {
  const left = timeLeft(now);
  let last: { phase: Phase; done: number; at: number } | undefined;
  const progress = (event: ProgressEvent) => {
    const { phase, done, total } = event;
    const secondsLeft = left(event);
    if (last?.phase !== phase || done < last.done) last = { phase, done, at: now() };
    const waited = now() - last.at;
    const isWorthwhile = done - last.done >= worthwhileShare * total || waited >= longQuietMs;
    const isDue = waited >= quietMs && isWorthwhile;
    // An evaluation ends in a line of its own.
    if (!(done === total ? phase !== "evaluate" : isDue)) return;
    last = { phase, done, at: now() };
    const { verb, unit } = phases[phase];
    output.write(`${verb}: ${count(done)}/${count(total)} ${unit}${details(event, secondsLeft)}\n`);
  };
  return { progress, close: () => {} };
}

function details(
  { loss, tokensPerSecond }: ProgressEvent,
  secondsLeft: number | undefined,
): string {
  const parts = [
    loss === undefined ? "" : `loss ${loss.toFixed(4)}`,
    tokensPerSecond === undefined ? "" : `${count(tokensPerSecond)} tokens/s`,
    secondsLeft === undefined ? "" : `${duration(secondsLeft)} left`,
  ];
  return parts.map((part) => (part === "" ? "" : `, ${part}`)).join("");
}

/**
 * Seconds until a phase is done, at the pace since its first event in this process; what a resumed run had done before does
 * not count. Undefined until something was done.
 */
function timeLeft(now: () => number) {
  const starts = new Map<Phase, { done: number; at: number; last: number }>();
  return ({ phase, done, total }: ProgressEvent): number | undefined => {
    let start = starts.get(phase);
    // Fewer than before: the next split or the next evaluation has begun.
    if (!start || done < start.last) start = { done, at: now(), last: done };
    starts.set(phase, { ...start, last: done });
    if (done === start.done || done === total) return undefined;
    return ((now() - start.at) / 1000 / (done - start.done)) * (total - done);
  };
}
