// Shows a sweep while it goes on: on a terminal one bar per running cell and one for all of them, elsewhere a line when a cell
// ends, nothing when quiet.
import { MultiBar, type SingleBar } from "cli-progress";
import { printable } from "../cite.ts";
import { firstLine } from "../errors.ts";
import { type Measured, secondsOf } from "../sweep/estimate.ts";
import type { Outcome } from "../sweep/messages.ts";
import type { PlannedCell } from "../sweep/plan.ts";
import { isDue, type SweepEvent } from "../sweep/sweep.ts";
import type { RunEvent } from "../train/events.ts";
import { line, type Output, paint } from "./io.ts";
import { duration } from "./render.ts";

/** A watcher of a sweep. `close` leaves the terminal as it was; reporting may go on after it. */
export interface SweepProgress {
  note: (text: string) => void;
  /** The cells are known and begin to run. */
  begin: (
    cells: readonly PlannedCell[],
    options: { numJobs: number; retryFailed: boolean },
  ) => void;
  report: (event: SweepEvent) => void;
  /** `done` of `total` settings are measured for a plan. */
  probing: (done: number, total: number) => void;
  close: () => void;
}

/** The watcher that suits the stream. */
export function createSweepProgress(
  output: Output,
  { quiet, now = Date.now }: { quiet: boolean; now?: () => number },
): SweepProgress {
  const tally = new Tally(now);
  const shown = quiet ? silence : output.isTTY ? bars(output, tally) : lines(output, tally);
  const note = (text: string) => {
    if (!quiet) output.write(`${paint(output, "yellow", "note:")} ${line`${text}`}`);
  };
  return {
    note,
    begin: (cells, options) => {
      tally.begin(cells, options);
      shown.begin();
    },
    report: (event) => {
      if (event.type === "note") return note(event.text);
      tally.report(event);
      shown.report(event);
    },
    probing: (done, total) => {
      if (!quiet && done < total) output.write(`measuring ${done + 1} of ${total} settings\n`);
    },
    close: () => shown.close(),
  };
}

const silence = { begin: () => {}, report: () => {}, close: () => {} };

/** What happens to a cell. */
type CellEvent = Exclude<SweepEvent, { type: "note" }>;

/** What is done, what is going on, and how long the rest takes. */
class Tally {
  total = 0;
  done = 0;
  #due: PlannedCell[] = [];
  #numJobs = 1;
  /** Finished before or in this sweep. */
  readonly #measured: Measured[] = [];
  readonly #running = new Map<PlannedCell, { startedAt: number; share: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  begin(
    cells: readonly PlannedCell[],
    { numJobs, retryFailed }: { numJobs: number; retryFailed: boolean },
  ): void {
    this.#numJobs = numJobs;
    this.#due = cells.filter(({ state }) => isDue(state, { retryFailed }));
    this.total = cells.length;
    this.done = cells.length - this.#due.length;
    for (const cell of cells)
      if (cell.result?.status === "ok")
        this.#measured.push({ cell, seconds: cell.result.seconds, steps: cell.result.steps });
  }

  report(event: CellEvent): void {
    if (event.type === "waiting") return;
    const { cell } = event;
    if (event.type === "started") this.#running.set(cell, { startedAt: this.#now(), share: 0 });
    if (event.type === "running") this.#advance(cell, event.event);
    if (event.type === "ended") this.#end(cell, event.outcome);
  }

  #advance(cell: PlannedCell, event: RunEvent): void {
    const running = this.#running.get(cell);
    if (running && event.type === "progress" && event.phase === "train")
      running.share = event.done / event.total;
  }

  #end(cell: PlannedCell, outcome: Outcome): void {
    this.#running.delete(cell);
    if (outcome.kind === "locked" || outcome.kind === "stopped") return;
    this.#due = this.#due.filter((other) => other !== cell);
    this.done++;
    if (outcome.kind === "ok")
      this.#measured.push({ cell, seconds: outcome.seconds, steps: outcome.steps });
  }

  /** Seconds until every cell is done; undefined while none was finished. */
  secondsLeft(): number | undefined {
    let sum = 0;
    for (const cell of this.#due) {
      const seconds = secondsOf(cell, this.#measured);
      if (seconds === undefined) return undefined;
      sum += seconds * (1 - (this.#running.get(cell)?.share ?? 0));
    }
    return sum / Math.max(1, Math.min(this.#numJobs, this.#due.length));
  }
}

function timeLeft(tally: Tally): string {
  const seconds = tally.secondsLeft();
  return seconds === undefined || seconds === 0 ? "" : `, ${duration(seconds)} left`;
}

/** A bar for every running cell and one for all, redrawn in place; ended cells become lines above them. */
function bars(output: Output, tally: Tally) {
  let multi: MultiBar | undefined;
  let overall: SingleBar | undefined;
  const lanes = new Map<number, SingleBar>();
  const begin = () => {
    multi = new MultiBar({
      stream: output.bars,
      format: "{name} [{bar}] {percentage}%{details}",
      barsize: 24,
      clearOnComplete: true,
      hideCursor: true,
    });
    overall = multi.create(tally.total, tally.done, { name: "all cells", details: "" });
  };
  const close = () => {
    multi?.stop();
    multi = undefined;
    lanes.clear();
  };
  const report = (event: CellEvent) => {
    if (!multi) return;
    if (event.type === "started")
      lanes.set(event.lane, multi.create(event.cell.totalSteps, 0, { name: printable(event.cell.name), details: "" })); // prettier-ignore
    if (event.type === "running") showStep(lanes.get(event.lane), event.event);
    if (event.type === "ended") {
      const bar = lanes.get(event.lane);
      if (bar) multi.remove(bar);
      multi.log(line`${renderEnd(event.cell, event.outcome)}`);
    }
    if (event.type === "waiting") multi.log(renderWaiting(event.cells));
    const details = `, ${tally.done} of ${tally.total}${timeLeft(tally)}`;
    overall?.update(tally.done, { details });
  };
  return { begin, report, close };
}

function showStep(bar: SingleBar | undefined, event: RunEvent): void {
  if (!bar || event.type !== "progress") return;
  if (event.phase !== "train") {
    bar.update({ details: `, ${event.phase}` });
    return;
  }
  const { done, loss, tokensPerSecond, total } = event;
  const speed = tokensPerSecond === undefined ? "" : `, ${Math.round(tokensPerSecond)} tokens/s`;
  bar.setTotal(total);
  bar.update(done, {
    details: `, ${done}/${total} steps${loss === undefined ? "" : `, loss ${loss.toFixed(4)}`}${speed}`,
  });
}

/** A line when a cell begins and when it ends. */
function lines(output: Output, tally: Tally) {
  const report = (event: CellEvent) => {
    const place = `[${tally.done}/${tally.total}]`;
    if (event.type === "started") output.write(line`${place} running ${event.cell.name}`);
    if (event.type === "ended")
      output.write(line`${place} ${renderEnd(event.cell, event.outcome)}${timeLeft(tally)}`);
    if (event.type === "waiting") output.write(renderWaiting(event.cells));
  };
  return { begin: () => {}, report, close: () => {} };
}

function renderWaiting(cells: readonly PlannedCell[]): string {
  return line`waiting for other processes: ${cells.map(({ name }) => name).join(", ")}`;
}

/** How a cell ended, in one line. */
function renderEnd({ name }: PlannedCell, outcome: Outcome): string {
  switch (outcome.kind) {
    case "ok":
    case "diverged": {
      const score = outcome.score === null ? "" : `, best score ${outcome.score.toFixed(4)}`;
      return `${name}: ${outcome.kind}${score}, ${duration(outcome.seconds)}`;
    }
    case "failed":
      return `${name}: failed: ${firstLine(outcome.message)}`;
    case "stopped":
      return `${name}: stopped and saved`;
    case "locked":
      return `${name}: another process is at it`;
    case "finished elsewhere":
      return `${name}: finished by another process`;
  }
}
