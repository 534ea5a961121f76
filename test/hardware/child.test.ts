// Scripts in processes of their own, whatever becomes of them.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { askChild } from "../../src/hardware/child.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();

function ask(text: string, { args = [] as string[], timeoutMs = 30_000 } = {}) {
  const file = join(temporaryFolder(), "child.mjs");
  writeFileSync(file, text);
  return askChild(pathToFileURL(file), { args, env: { PEFT_TEST: "b" }, timeoutMs });
}

test("its first message, and all it has written before", async () => {
  const text = `import { writeSync } from "node:fs";
    for (let i = 0; i < 500; i++) writeSync(2, "a line that takes its time\\n");
    process.send([process.argv[2], process.env.PEFT_TEST]);
    process.send("another");`;
  const result = await ask(text, { args: ["a"] });
  expect(result).toMatchObject({ type: "answer", answer: ["a", "b"] });
  expect(result.stderr.split("\n")).toHaveLength(501);
});

test("an answer counts, even if it cannot end", async () => {
  const text = `process.send(1); setTimeout(() => { for (;;); }, 10);`;
  expect(await ask(text)).toEqual({ type: "answer", answer: 1, stderr: "" });
});

test("an end without an answer", async () => {
  expect(await ask("process.exit(5);")).toEqual({ type: "died", how: "exit code 5", stderr: "" });
});

test("a signal that it is no longer wanted, before or after it has begun", async () => {
  const file = join(temporaryFolder(), "child.mjs");
  writeFileSync(file, "setInterval(() => {}, 1000);");
  for (const delay of [0, 300]) {
    const controller = new AbortController();
    if (delay === 0) controller.abort();
    else setTimeout(() => controller.abort(), delay);
    const { signal } = controller;
    const result = await askChild(pathToFileURL(file), { timeoutMs: 30_000, signal });
    expect(result).toEqual({ type: "died", how: "SIGKILL", stderr: "" });
  }
});

test("no answer in time", async () => {
  const text = `import { writeSync } from "node:fs"; writeSync(2, "so far"); for (;;);`;
  expect(await ask(text, { timeoutMs: 3000 })).toEqual({
    type: "hung",
    timeoutMs: 3000,
    stderr: "so far",
  });
});
