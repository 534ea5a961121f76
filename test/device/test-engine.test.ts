// The self-test in its own process: a real engine, and processes that end as broken drivers make them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { testEngine } from "../../src/device/test-engine.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();
const order = { engine: "cpu", options: { numThreads: 1 }, depth: "compare" } as const;

function script(code: string): URL {
  const file = join(temporaryFolder(), "child.mjs");
  writeFileSync(file, code);
  return pathToFileURL(file);
}

test("the cpu engine passes", async () => {
  // As npm test has built it: Node 20 does not run TypeScript.
  const program = new URL("../../dist/device/self-test-process.js", import.meta.url);
  expect(await testEngine(order, { program })).toEqual({
    ok: true,
    description: expect.stringMatching(/^compiled \(ONNX Runtime \S+, CPU, 1 thread\)$/),
    isOnGpu: false,
  });
  const report = await testEngine({ ...order, depth: "time" }, { program });
  expect(report).toMatchObject({ ok: true, stepMs: expect.any(Number) });
});

test("a driver that crashes", async () => {
  const program = script('console.error("driver: bad"); process.kill(process.pid, "SIGSEGV");');
  expect(await testEngine(order, { program })).toEqual({
    ok: false,
    isLoaded: true,
    reason: "it crashed: SIGSEGV, driver: bad",
  });
});

test("a driver that hangs", async () => {
  const program = script("setInterval(() => {}, 1000);");
  expect(await testEngine(order, { program, timeoutMs: 500 })).toEqual({
    ok: false,
    isLoaded: true,
    reason: "it gave no answer in 0.5 s",
  });
});
