// Other programs, whatever becomes of them.
import { expect, test } from "vitest";
import { runCommand } from "../../src/hardware/command.ts";

const node = (script: string, timeoutMs = 30_000) =>
  runCommand(process.execPath, ["-e", script], timeoutMs);

test("what it writes", async () => {
  expect(await node("console.log('a\\nb')")).toEqual({ type: "ok", stdout: "a\nb\n" });
});

test("its last words, else how it ended", async () => {
  const reasonOf = async (script: string) => (await node(script)) as { reason: string };
  expect(await reasonOf("console.error('\\nno driver'); process.exit(9)")).toEqual({
    type: "failed",
    reason: "no driver",
  });
  expect((await reasonOf("console.log('No devices'); process.exit(6)")).reason).toBe("No devices");
  expect((await reasonOf("process.exit(3)")).reason).toBe("it ended with exit code 3");
});

test.skipIf(process.platform === "win32")("the signal that ended it", async () => {
  expect(await node("process.kill(process.pid, 'SIGSEGV')")).toMatchObject({
    reason: "it ended with SIGSEGV",
  });
});

test("not there", async () => {
  expect(await runCommand("peft-no-such-program", [], 1000)).toEqual({ type: "missing" });
});

test("no answer in time", async () => {
  expect(await node("setInterval(() => {}, 1000)", 200)).toEqual({ type: "hung", timeoutMs: 200 });
});
