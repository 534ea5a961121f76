// The lock under contention, in real processes that are killed while they hold it. Needs the built program (`npm test` builds
// first).
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { isLocked, lockRun, RunLocked } from "../../src/record/lock.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();
const built = resolve("dist/record/lock.js");

/** A script that has `runDir` and `lockRun`. */
function start(runDir: string, script: string) {
  const code = `
    import { appendFileSync, rmSync, writeFileSync } from "node:fs";
    import { setTimeout } from "node:timers/promises";
    import { lockRun, RunLocked } from ${JSON.stringify(`file://${built}`)};
    const runDir = ${JSON.stringify(runDir)};
    ${script}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code]);
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<string>((done) => void child.on("close", () => done(stderr)));
  const ready = new Promise<void>((done) => void child.stdout.once("data", () => done()));
  return { child, ended, ready };
}

const holdForever = `lockRun(runDir); console.log("locked"); await setTimeout(1e6);`;

describe("a lock", () => {
  test("keeps a second owner out, and lets it in when it is released", () => {
    const runDir = join(temporaryFolder(), "run");
    const lock = lockRun(runDir);
    expect(isLocked(runDir)).toBe(true);
    expect(() => lockRun(runDir)).toThrow(RunLocked);
    expect(() => lockRun(runDir)).toThrow(`process ${process.pid} on `);
    lock.release();
    expect(isLocked(runDir)).toBe(false);
    lockRun(runDir).release({ finished: true });
    expect(readdirSync(join(runDir, "..", ".locks"))).toEqual([]);
  });

  test("does not confuse runs whose names begin alike", () => {
    const folder = temporaryFolder();
    lockRun(join(folder, "run"));
    lockRun(join(folder, "run.2")).release();
    lockRun(join(folder, "run-2"));
    expect(isLocked(join(folder, "run"))).toBe(true);
  });

  test("of a killed process is taken over", async () => {
    const runDir = join(temporaryFolder(), "run");
    const { child, ended, ready } = start(runDir, holdForever);
    await ready;
    expect(() => lockRun(runDir)).toThrow(`process ${child.pid} on `);
    child.kill("SIGKILL");
    await ended;
    lockRun(runDir).release({ finished: true });
    expect(readdirSync(join(runDir, "..", ".locks"))).toEqual([]);
  });

  test("of another machine counts until it has been silent for ten minutes", () => {
    const runDir = join(temporaryFolder(), "run");
    const locks = join(runDir, "..", ".locks");
    mkdirSync(locks);
    const owner = { pid: process.pid, place: "elsewhere", started: "1" };
    writeFileSync(join(locks, "run.7"), JSON.stringify(owner));
    expect(() => lockRun(runDir)).toThrow("on elsewhere is working on this run");
    const silent = new Date(Date.now() - 601_000);
    utimesSync(join(locks, "run.7"), silent, silent);
    lockRun(runDir);
    expect(readdirSync(locks)).toEqual(["run.8"]);
  });

  test("of a process whose number was given to another one is dead", () => {
    const runDir = join(temporaryFolder(), "run");
    lockRun(runDir);
    const file = join(runDir, "..", ".locks", "run.1");
    const owner = JSON.parse(readFileSync(file, "utf8")) as object;
    writeFileSync(file, JSON.stringify({ ...owner, started: "1" }));
    expect(isLocked(runDir)).toBe(process.platform !== "linux");
  });
});

test("eight processes that come, go and crash never hold a lock together", async () => {
  const runDir = join(temporaryFolder(), "run");
  const log = `${runDir}.log`;
  writeFileSync(log, "");
  const contend = `
    const inside = runDir + ".inside";
    for (let i = 0; i < 40; i++) {
      try {
        const lock = lockRun(runDir);
        writeFileSync(inside, "", { flag: "wx" }); // fails if another process is inside
        await setTimeout(Math.random() * 3);
        rmSync(inside);
        appendFileSync(log, "x");
        if (i === 20 + process.pid % 10) process.kill(process.pid, "SIGKILL"); // while holding it
        lock.release();
      } catch (error) {
        if (!(error instanceof RunLocked)) throw error;
        await setTimeout(Math.random() * 4);
      }
    }`.replace("appendFileSync(log", `appendFileSync(${JSON.stringify(log)}`);
  const children = Array.from({ length: 8 }, () => start(runDir, contend).ended);
  expect(await Promise.all(children)).toEqual(Array.from({ length: 8 }, () => ""));
  expect(readFileSync(log, "utf8").length).toBeGreaterThan(20);
});
