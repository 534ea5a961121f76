// The lock under contention, in real processes that are killed while they hold it. Needs the built program (`npm test` builds
// first).
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { Interrupted } from "../../src/errors.ts";
import { isLocked, lockRun, RunLocked, seemsLocked } from "../../src/record/lock.ts";
import { mountTiny, temporaryFolders } from "../support/temp.ts";

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

const holdForever = `await lockRun(runDir); console.log("locked"); await setTimeout(1e6);`;

describe("a lock", () => {
  test("keeps a second owner out, and lets it in when it is released", async () => {
    const runDir = join(temporaryFolder(), "run");
    const lock = await lockRun(runDir);
    expect(isLocked(runDir)).toBe(true);
    await expect(lockRun(runDir)).rejects.toThrow(RunLocked);
    await expect(lockRun(runDir)).rejects.toThrow(`process ${process.pid} on `);
    lock.release();
    expect(isLocked(runDir)).toBe(false);
    (await lockRun(runDir)).release({ finished: true });
    expect(readdirSync(join(runDir, "..", ".locks"))).toEqual([]);
  });

  test("does not confuse runs whose names begin alike", async () => {
    const folder = temporaryFolder();
    await lockRun(join(folder, "run"));
    (await lockRun(join(folder, "run.2"))).release();
    await lockRun(join(folder, "run-2"));
    expect(isLocked(join(folder, "run"))).toBe(true);
  });

  test("of a killed process is taken over", async () => {
    const runDir = join(temporaryFolder(), "run");
    const { child, ended, ready } = start(runDir, holdForever);
    await ready;
    await expect(lockRun(runDir)).rejects.toThrow(`process ${child.pid} on `);
    child.kill("SIGKILL");
    await ended;
    (await lockRun(runDir)).release({ finished: true });
    expect(readdirSync(join(runDir, "..", ".locks"))).toEqual([]);
  });

  describe("of another machine", () => {
    const otherMachine = { silenceMs: 60_000, watchMs: 600 };
    const hours = (number: number) => new Date(Date.now() + number * 3_600_000);

    function lockOfOther(modified: Date): { runDir: string; file: string } {
      const runDir = join(temporaryFolder(), "run");
      const file = join(runDir, "..", ".locks", "run.7");
      mkdirSync(join(file, ".."));
      writeFileSync(file, JSON.stringify({ pid: process.pid, place: "elsewhere", started: "1" }));
      utimesSync(file, modified, modified);
      return { runDir, file };
    }

    test("counts while its last heartbeat is recent", async () => {
      const { runDir } = lockOfOther(hours(0));
      await expect(lockRun(runDir, { otherMachine })).rejects.toThrow("on elsewhere is working on this run"); // prettier-ignore
    });

    test.each([-26, -0.5, 0.5, 26])(
      "counts while it beats, though its clock is %d hours off",
      async (off) => {
        const { file, runDir } = lockOfOther(hours(off));
        const beat = setInterval(() => utimesSync(file, hours(off), hours(off)), 50);
        await expect(lockRun(runDir, { otherMachine })).rejects.toThrow(RunLocked);
        clearInterval(beat);
        expect(isLocked(runDir)).toBe(true);
      },
    );

    test.each([-26, -0.5, 0.5, 26])(
      "is taken over when it is silent, though its clock was %d hours off",
      async (off) => {
        const { file, runDir } = lockOfOther(hours(off));
        expect(isLocked(runDir)).toBe(true); // for all that is known
        expect(seemsLocked(runDir)).toBe(false);
        const notes: string[] = [];
        const lock = await lockRun(runDir, { otherMachine, note: (text) => notes.push(text) });
        expect(notes).toHaveLength(1);
        expect(lock.isOurs()).toBe(true);
        expect(readdirSync(join(file, ".."))).toEqual(["run.8"]);
      },
    );

    test("is left alone when the wait is stopped", async () => {
      const { file, runDir } = lockOfOther(hours(-1));
      const signal = AbortSignal.abort();
      await expect(lockRun(runDir, { otherMachine, signal })).rejects.toThrow(Interrupted);
      expect(readdirSync(join(file, ".."))).toEqual(["run.7"]);
    });
  });

  test("that was taken over is known to be, and is not released any more", async () => {
    const runDir = join(temporaryFolder(), "run");
    const lock = await lockRun(runDir);
    const locks = join(runDir, "..", ".locks");
    writeFileSync(join(locks, "run.2"), JSON.stringify({ pid: 1, place: "elsewhere", started: "1" })); // prettier-ignore
    rmSync(join(locks, "run.1"));
    expect(lock.isOurs()).toBe(false);
    lock.release();
    expect(readdirSync(locks)).toEqual(["run.2"]);
  });

  test.each(["", "5", "[]", '{"pid":1}', '{"pid":-1,"place":"x","started":""}', "{"])(
    "in a damaged file, %j, keeps others out for as long as it may be one that is being created",
    async (text) => {
      const runDir = join(temporaryFolder(), "run");
      const file = join(runDir, "..", ".locks", "run.1");
      mkdirSync(join(file, ".."));
      writeFileSync(file, text);
      await expect(lockRun(runDir)).rejects.toThrow("another process is working on this run");
    },
  );

  test("on a full disk is refused, and leaves no file that would keep others out", async ({
    skip,
  }) => {
    const disk =
      mountTiny(join(temporaryFolder(), "disk")) ??
      skip("needs the right to mount a small file system");
    const runDir = join(disk, "run");
    mkdirSync(join(disk, ".locks"));
    const filler = join(disk, "filler");
    expect(() => writeFileSync(filler, Buffer.alloc(1 << 20))).toThrow("ENOSPC");
    await expect(lockRun(runDir)).rejects.toThrow("no space left on the device");
    expect(readdirSync(join(disk, ".locks"))).toEqual([]);
    rmSync(filler);
    (await lockRun(runDir)).release({ finished: true });
  });

  test("of a process whose number was given to another one is dead", async () => {
    const runDir = join(temporaryFolder(), "run");
    await lockRun(runDir);
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
        const lock = await lockRun(runDir);
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
