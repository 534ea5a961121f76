// Sweeps in real processes on the tiny encoder: what runs, what does not run again, and what is left when something goes wrong.
// Needs the built program (`npm test` builds first).
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readResult } from "../../src/record/result.ts";
import { cellsOf, endings, type Grid, startSweep, sweep, writeGrid } from "../support/grid.ts";
import { type Ended, ended, startCommand } from "../support/process.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();
let grid: Grid;
let finished: string;
let first: Ended;
let out: string;
beforeAll(async () => {
  grid = writeGrid(temporaryFolder());
  finished = temporaryFolder();
  first = await sweep(grid, finished, "--jobs", "2");
});
beforeEach(() => void (out = temporaryFolder()));

describe("a sweep", () => {
  test("runs every cell once, and nothing when it is started again", async () => {
    expect(first).toMatchObject({ code: 0, stdout: "4 cells: 4 finished\n" });
    expect(first.stderr).toMatch(/^\[0\/4\] running sst2-houlsby-2-seed0-/m);
    // Less than half a second left is not worth saying.
    const line = /^\[3\/4\] .*: ok, best score 0\.\d{4}, 0:\d\d(, 0:\d\d left)?$/m;
    expect(first.stderr).toMatch(line);
    expect(cellsOf(finished)).toHaveLength(4);
    expect(readdirSync(join(finished, ".locks"))).toEqual([]);
    const before = endings(finished);
    expect(await sweep(grid, finished)).toMatchObject({ code: 0, stdout: first.stdout });
    expect(endings(finished)).toEqual(before);
  });

  test("gives each cell the bytes that peft train gives it", async () => {
    const set = ["--set", "method.size=2", "--seed", "1", "--quiet"];
    const plain = join(grid.folder, "plain.yaml");
    writeFileSync(plain, readFileSync(grid.config, "utf8").split("sweep:")[0]);
    await ended(startCommand(grid.folder, ["train", "--config", plain, "--out", out, ...set]));
    const [name] = cellsOf(out);
    expect(name).toMatch(/^sst2-houlsby-2-seed1-/);
    for (const file of ["adapter.safetensors", "metrics.jsonl", "predictions.json", "config.yaml"])
      expect(readFileSync(join(out, name, file)).equals(readFileSync(join(finished, name, file))), file).toBe(true); // prettier-ignore
  });

  test("runs only the new cells when a size is added", async () => {
    cpSync(finished, out, { recursive: true });
    const { stderr, stdout } = await sweep(grid, out, "--sizes", "2,4,8");
    expect(stdout).toBe("6 cells: 6 finished\n");
    expect(stderr.match(/running/g)).toHaveLength(2);
    expect(endings(out)).toMatchObject(endings(finished));
  });

  test("shares its cells with another sweep on the same folder", async () => {
    const both = await Promise.all([sweep(grid, out), sweep(grid, out)]);
    for (const { code, stdout } of both)
      expect({ code, stdout }).toEqual({ code: 0, stdout: "4 cells: 4 finished\n" });
    const trained = both.flatMap(({ stderr }) => stderr.match(/: ok, best score/g) ?? []);
    expect(trained).toHaveLength(4);
  });

  // Ctrl-C in a terminal, and the end of a batch job, reach the worker processes as well.
  test.each(["SIGINT", "SIGTERM"] as const)(
    "stops on %s to all its processes, keeps what is finished and goes on with the rest",
    async (signal) => {
      const child = startSweep(grid, out);
      const end = ended(child);
      while (Object.keys(endings(out)).length === 0) await setTimeout(20);
      process.kill(-child.pid!, signal);
      const { code, stderr } = await end;
      expect(code).toBe(130);
      expect(stderr).toMatch(/stopped: \d of 4 cells are finished, and nothing is lost/);
      const before = endings(out);
      expect(await sweep(grid, out)).toMatchObject({ code: 0 });
      expect(endings(out)).toMatchObject(before);
    },
  );
});

describe("a cell that cannot be finished", () => {
  test("is recorded, the others go on, and the exit code says so", async () => {
    const axes = { "method.size": [2, 400], "training.learningRate": [3e-3, 1e8], seed: [0] };
    const bad = writeGrid(temporaryFolder(), axes);
    const { code, stderr, stdout } = await sweep(bad, out);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^4 cells: 1 finished, 1 diverged, 2 failed\n/);
    expect(stdout).toContain("method.size: 400: expected at most the encoder's hidden size, 16");
    expect(stderr).toContain("1 of 4 cells are finished");
    const statuses = cellsOf(out).map((name) => {
      const result = readResult(join(out, name));
      return typeof result === "string" ? result : result.status;
    });
    expect(statuses.toSorted((a, b) => a.localeCompare(b))).toEqual(["diverged", "failed", "failed", "ok"]); // prettier-ignore
    const before = endings(out);
    await sweep(bad, out);
    expect(endings(out)).toEqual(before);
    const retried = await sweep(bad, out, "--retry-failed");
    expect(retried.stderr.match(/running/g)).toHaveLength(2);
  });

  test("because its process was killed is recorded, and can be tried again", async () => {
    const child = startSweep(grid, out);
    const end = ended(child);
    // In the middle of a cell: one that has its result is finished, whatever becomes of the process.
    const numEnded = () => Object.keys(endings(out)).length;
    while (numEnded() === 0 || cellsOf(out).length === numEnded()) await setTimeout(5);
    process.kill(await workerOf(child.pid!), "SIGKILL");
    const { code, stdout } = await end;
    expect(code).toBe(1);
    expect(stdout).toMatch(/3 finished, 1 failed/);
    expect(stdout).toContain("the process was killed (SIGKILL)");
    expect(await sweep(grid, out, "--retry-failed")).toMatchObject({ code: 0 });
  });

  test("because its result is cut off is named and left alone", async () => {
    cpSync(finished, out, { recursive: true });
    const [name] = cellsOf(out);
    writeFileSync(join(out, name, "result.json"), '{"resultVersion": 2, "stat');
    const { code, stdout } = await sweep(grid, out);
    expect(code).toBe(1);
    expect(stdout).toContain("3 finished, 1 unreadable");
  });
});

test("a dry run says what would run and what it takes, and runs nothing", async () => {
  const { code, stdout } = await sweep(grid, out, "--dry-run");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^sst2-houlsby-2-seed0-\w+ +to run +\d+ .* % .* % +30 +0:\d\d +\d+ MB$/m);
  expect(stdout).toMatch(/^cells +4 to run of 4$/m);
  expect(stdout).toMatch(/^time +about 0:\d\d$/m);
  expect(cellsOf(out)).toEqual([]);
});

test.each([
  ["--jobs", "0"],
  ["--jobs", "two"],
  ["--jobs", "1e9"],
])("%s %s is refused", async (...flags) => {
  const { code, stderr } = await sweep(grid, out, ...flags);
  expect(code).toBe(1);
  expect(stderr).toContain(`--jobs ${flags[1]}: expected an integer from 1 to the number of cores`);
});

/** The process that a sweep has started. */
async function workerOf(pid: number): Promise<number> {
  const children = `/proc/${pid}/task/${pid}/children`;
  for (;;) {
    const pids = readFileSync(children, "utf8").trim().split(" ").filter(Boolean);
    const worker = pids.find((child) => commandOf(child).includes("/sweep/worker."));
    if (worker) return Number(worker);
    await setTimeout(10);
  }
}

/** A sweep has other children, too: those that ask what the machine has. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // it has ended
  }
}
