// npm run build && npx tsx benchmarks/report-scale.ts
// Seconds and peak memory of `peft report` over 10,000 runs: 8 tasks x 10 sizes x 25 tuned settings x 5 seeds, 3 to 20 evaluations
// each. The runs are invented, as large on disk as real ones, and removed afterwards.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TaskName } from "../src/data/tasks.ts";
import { randomStream } from "../src/random.ts";
import { trainedResult, writeRun } from "../test/support/records.ts";

const LIMIT_SECONDS = 5;
const LIMIT_MEGABYTES = 500;

const taskNames = [
  "cola",
  "sst2",
  "mrpc",
  "stsb",
  "qqp",
  "mnli",
  "qnli",
  "rte",
] satisfies TaskName[];
const sizes = Array.from({ length: 10 }, (_, n) => 2 ** n); // the paper's Fig. 4
const learningRates = [3e-5, 1e-4, 3e-4, 1e-3, 3e-3];
const epochs = [3, 5, 10, 15, 20];
const seeds = [0, 1, 2, 3, 4];

/** Every combination as a run folder; returns how many. */
function writeRuns(folder: string): number {
  const noise = randomStream(0, "scores");
  let numRuns = 0;
  for (const task of taskNames)
    for (const size of sizes)
      for (const learningRate of learningRates)
        for (const numEpochs of epochs)
          for (const seed of seeds) {
            const training = { learningRate, epochs: numEpochs };
            const method = { name: "houlsby", size } as const;
            const score = 0.8 + 0.1 * noise.uniform(numRuns++);
            writeRun(folder, trainedResult({ task, method, training, seed, score }));
          }
  return numRuns;
}

/** Runs the command as its own process and measures it; the process says what it used when it ends. */
function measure(folder: string, ...args: string[]) {
  const sayUsage =
    "process.on('exit',()=>{const u=process.resourceUsage();" +
    "process.stderr.write(`maxRSS ${u.maxRSS} cpu ${u.userCPUTime+u.systemCPUTime}\\n`)})";
  const peft = fileURLToPath(new URL("../bin/peft.js", import.meta.url));
  const start = performance.now();
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    [
      "--import",
      `data:text/javascript,${encodeURIComponent(sayUsage)}`,
      peft,
      "report",
      folder,
      ...args,
    ],
    { encoding: "utf8", maxBuffer: 2 ** 30 },
  );
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`peft report ended with ${status}: ${stderr.slice(-2000)}`);
  const [, kilobytes, cpuMicroseconds] = /maxRSS (\d+) cpu (\d+)/.exec(stderr) ?? [];
  const megabytes = Number(kilobytes) / 1000;
  const cpuSeconds = Number(cpuMicroseconds) / 1e6;
  return { seconds, cpuSeconds, megabytes, numRows: stdout.split("\n").length - 2 };
}

const folder = mkdtempSync(join(tmpdir(), "peft-scale-"));
try {
  console.log(`${writeRuns(folder)} runs in ${folder}`);
  for (const args of [[], ["--all"], ["--format", "md"]]) {
    const { cpuSeconds, megabytes, numRows, seconds } = measure(folder, ...args);
    const isWithin = seconds < LIMIT_SECONDS && megabytes < LIMIT_MEGABYTES;
    console.log(
      `peft report ${args.join(" ")}`.padEnd(36),
      `${numRows} lines, ${seconds.toFixed(2)} s (${cpuSeconds.toFixed(2)} s of CPU), ${megabytes.toFixed(0)} MB:`,
      isWithin ? "within" : "OVER",
      `${LIMIT_SECONDS} s and ${LIMIT_MEGABYTES} MB`,
    );
    if (!isWithin) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
