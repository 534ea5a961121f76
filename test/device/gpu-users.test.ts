// Two runs on one GPU know of each other; runs that have ended are forgotten.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { joinGpuUsers } from "../../src/device/gpu-users.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();

test("alone: nothing to say", () => {
  const folder = join(temporaryFolder(), "gpu");
  const notes: string[] = [];
  const leave = joinGpuUsers((text) => notes.push(text), folder);
  expect(notes).toEqual([]);
  expect(readdirSync(folder)).toEqual([`${process.pid}.json`]);
  leave();
  expect(readdirSync(folder)).toEqual([]);
});

test("another living process is named, one that has ended is forgotten", async () => {
  const folder = temporaryFolder();
  const module = new URL("../../dist/device/gpu-users.js", import.meta.url).href;
  const code = `import(${JSON.stringify(module)}).then(({ joinGpuUsers }) => { joinGpuUsers(() => {}, ${JSON.stringify(folder)}); console.log("in"); setInterval(() => {}, 1000); });`;
  const other = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => other.stdout.once("data", resolve));
  const notes: string[] = [];
  joinGpuUsers((text) => notes.push(text), folder)();
  expect(notes).toEqual([
    `another run of peft computes on the GPU (process ${other.pid}): times and memory are shared`,
  ]);
  other.kill("SIGKILL");
  await new Promise((resolve) => other.once("exit", resolve));
  joinGpuUsers((text) => notes.push(text), folder)();
  expect(notes).toHaveLength(1);
  expect(existsSync(join(folder, `${other.pid}.json`))).toBe(false);
});

test("a folder that cannot be written is no reason to stop", () => {
  const folder = join(temporaryFolder(), "file");
  writeFileSync(folder, "");
  expect(joinGpuUsers(() => {}, folder)).toBeInstanceOf(Function);
});
