// One process of the fuzzer: runs a range of inputs of one target, and writes down before each which one it is at, so that whoever
// watches knows which input a crash or a hang belongs to.
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../src/errors.ts";
import { sha256 } from "../../src/files.ts";
import { Draw } from "./draw.ts";
import { type Entry, type Files, mutateFiles } from "./mutate.ts";
import { checkError, type Target } from "./target.ts";

/** What a process is to do, and where it may write. */
export interface Job {
  target: string;
  seed: number;
  from: number;
  to: number;
  /** Where inputs lie while they are read. */
  folder: string;
  /** Where faults are kept. */
  out: string;
  /** The file with the counts, as `Counts` lists them. */
  progress: string;
}

/** What a process has done so far, as float64 in a file. */
export const counts = ["at", "ok", "refused", "faults", "milliseconds"] as const;
export type Counts = Record<(typeof counts)[number], number>;

/** One fault: which input, and what it has in common with others of its kind. */
export interface Fault {
  target: string;
  index: number;
  key: string;
}

const SLOW_MS = 2000; // of processor time, for inputs of some kilobytes
const REPEAT_EVERY = 16; // equal inputs must give equal outputs

/** Runs the inputs of a job. */
export async function work(job: Job, target: Target): Promise<void> {
  const bench = new Bench(job.folder, target);
  const seeds = await target.seeds(job.folder);
  const isMutable = target.isMutable?.bind(target) ?? (() => true);
  const file = openSync(job.progress, "w");
  const done: Counts = { at: job.from, ok: 0, refused: 0, faults: 0, milliseconds: 0 };
  const save = () => writeSync(file, Float64Array.from(counts, (name) => done[name]), 0, undefined, 0); // prettier-ignore
  let inFlight: Files = {};
  const blame = (error: unknown) => {
    done.faults++;
    recordFault(job, done.at, error, inFlight);
  };
  process.on("uncaughtException", blame).on("unhandledRejection", blame);
  for (const [i, files] of seeds.entries()) {
    inFlight = files;
    const { fault, refused, said } = await bench.run(files); // opens what is opened once
    if (fault !== undefined) blame(fault);
    else if (refused && !target.isRefused?.(files))
      blame(new Error(`seed ${i} is refused: ${said}`));
  }
  const start = process.cpuUsage();
  for (; done.at < job.to; done.at++) {
    save();
    const draw = new Draw(job.seed, target.name, done.at);
    inFlight = mutateFiles(draw, seeds, isMutable);
    const { fault, refused } = await bench.examine(inFlight, draw.once(REPEAT_EVERY));
    if (fault !== undefined) blame(fault);
    else if (refused) done.refused++;
    else done.ok++;
    const { system, user } = process.cpuUsage(start);
    done.milliseconds = (system + user) / 1000;
  }
  save();
}

interface Verdict {
  said?: string;
  refused?: boolean;
  fault?: unknown;
}

/** The folder in which inputs are laid out, and what must not pile up while they are read. */
class Bench {
  readonly #folder: string;
  readonly #target: Target;
  #laid: Files = {};
  #descriptors = Infinity;

  constructor(folder: string, target: Target) {
    this.#folder = folder;
    this.#target = target;
  }

  /** Lays out an input, has it read, and looks at what came of it. */
  async examine(files: Files, isRepeated: boolean): Promise<Verdict> {
    const start = process.cpuUsage();
    const first = await this.run(files);
    const { system, user } = process.cpuUsage(start);
    const milliseconds = Math.round((system + user) / 1000);
    if (first.fault !== undefined) return first;
    if (milliseconds > SLOW_MS) return { fault: new Error(`slow: more than ${SLOW_MS} ms`) };
    if (isRepeated) {
      const again = await this.run(files);
      if (again.said !== first.said)
        return {
          fault: new Error(
            `broken: the same input gave ${JSON.stringify([first.said, again.said]).slice(0, 400)}`,
          ),
        };
    }
    const leftover = await this.#leftover();
    return leftover === undefined ? first : { fault: new Error(leftover) };
  }

  async run(files: Files): Promise<Verdict> {
    this.#layOut(files);
    try {
      const said = JSON.stringify(await this.#target.run(this.#folder, files)) ?? "";
      return { said };
    } catch (error) {
      if (!(error instanceof UserError)) return { fault: error ?? new Error("nothing was thrown") };
      try {
        checkError(error);
      } catch (complaint) {
        return { fault: complaint };
      }
      return { refused: true, said: error.message };
    }
  }

  #layOut(files: Files): void {
    const remove = (name: string) => rmSync(join(this.#folder, name), { recursive: true, force: true }); // prettier-ignore
    if (this.#target.writes) {
      const tops = Object.keys({ ...files, ...this.#laid }).map((path) => path.split("/")[0]);
      for (const name of new Set(tops)) remove(name);
      this.#laid = {};
    }
    for (const name of Object.keys(this.#laid)) if (!(name in files)) remove(name);
    for (const [name, entry] of Object.entries(files))
      if (this.#laid[name] !== entry) lay(join(this.#folder, name), entry);
    this.#laid = files;
  }

  /** Open files or temporary ones that were not there before. */
  async #leftover(): Promise<string | undefined> {
    const count = () => readdirSync("/proc/self/fd").length;
    let open = count();
    for (let tries = 0; open > this.#descriptors && tries < 20; tries++) {
      await sleep(5); // streams close their file a moment later
      open = count();
    }
    const before = this.#descriptors;
    this.#descriptors = Math.max(open, before === Infinity ? 0 : before);
    if (open > before) return "leak: more open files than before";
    const rest = readdirSync(this.#folder).find((name) => name.endsWith(".tmp"));
    return rest === undefined ? undefined : `leak: a temporary file stays`;
  }
}

/** Keeps the fault; of each kind, the first input of the process as files. */
export function recordFault(
  { folder, out, seed, target }: Job,
  index: number,
  error: unknown,
  files: Files,
): void {
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  const key = keyOf(message, stack, folder);
  const fault: Fault = { target, index, key };
  appendFileSync(join(out, "faults.jsonl"), `${JSON.stringify(fault)}\n`);
  const kept = join(out, `${target}-${sha256(key).slice(0, 8)}`);
  try {
    mkdirSync(kept);
  } catch {
    return; // there is one of the kind
  }
  const again = `npx tsx benchmarks/fuzz/fuzz.ts --seed ${seed} --target ${target} --only ${index}`;
  writeFileSync(
    join(kept, "fault.txt"),
    `${again}\n${key}\n\n${message.slice(0, 20_000)}\n${stack.slice(0, 20_000)}\n`,
  );
  for (const [name, entry] of Object.entries(files)) lay(join(kept, "input", name), entry);
}

/** Puts the entry at the path, in the place of what is there. */
function lay(path: string, entry: Entry): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  if (typeof entry !== "string") writeFileSync(path, entry);
  else if (entry === "folder") mkdirSync(path);
  else if (entry === "pipe") execFileSync("mkfifo", [path]);
  else symlinkSync(entry === "loop" ? basename(path) : "nowhere", path);
}

/** The message without what differs from input to input, and where in our code it came from. */
function keyOf(message: string, stack: string, folder: string): string {
  const frame = stack.split("\n").find((line) => /^\s+at .*\/(src|dist)\//.test(line)) ?? "";
  const [, place = ""] = /\/((?:src|dist)\/[^)\s]*?:\d+)/.exec(frame) ?? [];
  const plain = message
    .replaceAll(folder, "")
    .replaceAll(/"(?:[^"\\]|\\.)*"?/g, '""')
    .replaceAll(/'[^']*'?/g, "''")
    .replaceAll(/-?\d[\d.e+-]*/g, "#");
  return `${plain.split("\n", 1)[0].slice(0, 120)}${place && ` <${place}>`}`;
}
