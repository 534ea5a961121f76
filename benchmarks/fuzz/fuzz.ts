// npx tsx benchmarks/fuzz/fuzz.ts --count 1000000
// Fuzzes whatever reads a file, in process and by the structure of each format. Every input is a pure function of seed, target and
// index; anything but success or an error for the user is a fault. Prints the counts, and ends with 1 where there is a fault.
import { type ChildProcess, fork } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Draw } from "./draw.ts";
import { mutateFiles } from "./mutate.ts";
import type { Target } from "./target.ts";
import { targets } from "./targets/targets.ts";
import { type Counts, counts, type Fault, type Job, recordFault, work } from "./worker.ts";

const CHUNK = 20_000; // inputs that one process runs; a new one begins with a clean memory
const HANG_SECONDS = 60; // without getting on to the next input, on a machine that may be busy
const BEGIN_SECONDS = 300; // for the first one, as some targets train a run before it

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "10000" },
    target: { type: "string", multiple: true },
    seconds: { type: "string" },
    only: { type: "string" },
    jobs: { type: "string", default: "2" },
    scratch: { type: "string", default: tmpdir() },
    out: { type: "string" },
    job: { type: "string" }, // of the processes that it starts itself
  },
});

const zero = (): Counts => ({ at: 0, ok: 0, refused: 0, faults: 0, milliseconds: 0 });

function targetOf(name: string): Target {
  const target = targets.find((one) => one.name === name);
  if (target) return target;
  throw new Error(`--target ${name}: expected ${targets.map((one) => one.name).join(", ")}`);
}

/** How many inputs each target gets. */
function shareOut(chosen: readonly Target[], count: number): Map<Target, number> {
  const sum = chosen.reduce((total, { share }) => total + share, 0);
  return new Map(chosen.map((target) => [target, Math.ceil((count * target.share) / sum)]));
}

interface Campaign {
  seed: number;
  scratch: string;
  out: string;
  deadline: number;
  totals: Map<string, Counts>;
}

/** Runs a job in a process of its own, and goes on behind every input that ends the process. */
async function runJob(campaign: Campaign, job: Job): Promise<void> {
  for (let from = job.from; from < job.to;) {
    rmSync(job.progress, { force: true });
    const end = await watch({ ...job, from }, campaign.deadline);
    const done = readProgress(job.progress) ?? { ...zero(), at: from };
    const total = campaign.totals.get(job.target)!;
    for (const name of counts) total[name] += done[name];
    if (end === "done" || end === "stopped") return;
    total.faults++;
    if (!existsSync(job.progress)) throw new Error(`${job.target}: does not begin: ${end}`);
    await recordCrash(job, done.at, end);
    from = done.at + 1;
  }
}

/** How the process ended: "done", "stopped" at the deadline, or in words. */
async function watch(job: Job, deadline: number): Promise<string> {
  mkdirSync(job.folder, { recursive: true });
  const child = startWorker(job);
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000)));
  let [at, since] = [-1, Date.now()];
  let reason = "";
  const stop = (why: string) => {
    reason = why;
    child.kill("SIGKILL");
  };
  const timer = setInterval(() => {
    const now = readProgress(job.progress)?.at ?? -1;
    if (now !== at) [at, since] = [now, Date.now()];
    if (Date.now() > deadline) stop("stopped");
    const limit = at === -1 ? BEGIN_SECONDS : HANG_SECONDS;
    if (Date.now() - since > limit * 1000) stop(`hangs for ${limit} s`);
  }, 1000);
  const [code, signal] = await new Promise<[number | null, string | null]>((settle) => {
    child.on("exit", (...ended) => settle(ended));
  });
  clearInterval(timer);
  rmSync(job.folder, { recursive: true, force: true });
  if (reason) return reason;
  return code === 0 ? "done" : `the process ends with ${signal ?? code}: ${said}`;
}

/** Its own home and temporary folder, and a heap in which nothing endless gets far. */
function startWorker(job: Job): ChildProcess {
  const own = join(job.folder, "own");
  mkdirSync(own, { recursive: true });
  return fork(process.argv[1], ["--job", JSON.stringify(job)], {
    execArgv: [...process.execArgv, "--max-old-space-size=1024"],
    env: { ...process.env, HOME: own, TMPDIR: own, PEFT_CACHE: own, PEFT_HOME: own, NO_COLOR: "1" },
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
}

function readProgress(path: string): Counts | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  if (bytes.length < counts.length * 8) return undefined;
  return Object.fromEntries(counts.map((name, i) => [name, bytes.readDoubleLE(8 * i)])) as Counts;
}

/** The input is made once more, as the process that had it is gone. */
async function recordCrash(job: Job, index: number, end: string): Promise<void> {
  const target = targetOf(job.target);
  const folder = mkdtempSync(join(tmpdir(), "peft-fuzz-"));
  const isMutable = target.isMutable?.bind(target) ?? (() => true);
  const draw = new Draw(job.seed, target.name, index);
  const files = mutateFiles(draw, await target.seeds(folder), isMutable);
  const fatal = /FATAL ERROR.*|panicked at.*|Error: .*/.exec(end)?.[0] ?? "";
  const error = new Error(`${end.split("\n", 1)[0]} ${fatal}`.trim());
  error.stack = end;
  recordFault(job, index, error, files);
  rmSync(folder, { recursive: true, force: true });
}

/** The jobs of all targets, a piece of each in turn, so that a run that is cut short has seen all of them. */
function jobsOf({ out, scratch, seed }: Campaign, shares: Map<Target, number>): Job[] {
  const jobs: Job[] = [];
  for (let from = 0; [...shares.values()].some((count) => from < count); from += CHUNK)
    for (const [{ name: target }, count] of shares) {
      if (from >= count) continue;
      const folder = join(scratch, `${target}-${from}`);
      const to = Math.min(count, from + CHUNK);
      jobs.push({ target, seed, from, to, folder, out, progress: `${folder}.progress` });
    }
  return jobs;
}

function print({ out, totals }: Campaign, faults: readonly Fault[]): void {
  console.log(["target", "inputs", "ok", "user errors", "faults", "CPU ms per input"].join("\t"));
  const sum = zero();
  for (const [name, total] of [...totals, ["all", sum] as const]) {
    const { faults: numFaults, milliseconds, ok, refused } = total;
    const inputs = ok + refused + numFaults;
    if (total !== sum) for (const count of counts) sum[count] += total[count];
    const each = (milliseconds / Math.max(1, inputs)).toFixed(2);
    console.log([name, inputs, ok, refused, numFaults, each].join("\t"));
  }
  const byKey = new Map<string, Fault[]>();
  for (const fault of faults) {
    const key = `${fault.target}: ${fault.key}`;
    byKey.set(key, [...(byKey.get(key) ?? []).slice(0, 1e6), fault]);
  }
  for (const [key, all] of [...byKey].toSorted(([, a], [, b]) => b.length - a.length))
    console.log(`${all.length} x ${key} (first: ${all[0].index})`);
  if (faults.length > 0) console.log(`inputs and stacks: ${out}`);
}

async function fuzz(): Promise<void> {
  const chosen = options.target?.map(targetOf) ?? targets;
  mkdirSync(options.scratch, { recursive: true });
  const out = resolve(options.out ?? mkdtempSync(join(tmpdir(), "peft-faults-")));
  mkdirSync(out, { recursive: true });
  appendFileSync(join(out, "faults.jsonl"), "");
  const seconds = Number(options.seconds ?? Infinity);
  const all: Campaign = {
    seed: Number(options.seed),
    scratch: mkdtempSync(join(options.scratch, "peft-fuzz-")),
    out,
    deadline: Date.now() + seconds * 1000,
    totals: new Map(chosen.map(({ name }) => [name, zero()])),
  };
  const jobs = jobsOf(all, shareOut(chosen, Number(options.count)));
  if (options.only !== undefined) {
    const [job] = jobs;
    jobs.splice(0, Infinity, { ...job, from: Number(options.only), to: Number(options.only) + 1 });
  }
  const next = async (): Promise<void> => {
    for (let job = jobs.shift(); job && Date.now() < all.deadline; job = jobs.shift())
      await runJob(all, job);
  };
  try {
    await Promise.all(Array.from({ length: Number(options.jobs) }, next));
  } finally {
    rmSync(all.scratch, { recursive: true, force: true });
  }
  const lines = readFileSync(join(out, "faults.jsonl"), "utf8").split("\n").filter(Boolean);
  print(all, lines.map((line) => JSON.parse(line) as Fault)); // prettier-ignore
  if (lines.length > 0) process.exitCode = 1;
}

if (options.job !== undefined) {
  const job = JSON.parse(options.job) as Job;
  // Whatever still waits then is not waited for. An error here is one of the fuzzer's own.
  await work(job, targetOf(job.target)).then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(99);
    },
  );
} else await fuzz();
