// What a benchmark learns of a program that does not do what it should.
import { expect, test } from "vitest";
import { median, openContender } from "../../benchmarks/contender.ts";

const node = (code: string) => [process.execPath, "-e", code];
const READY = `console.log('{"ready": true}');`;
const open = (command: readonly string[], timeoutMs = 30_000) =>
  openContender("it", command, { isQuiet: true, timeoutMs });

test.each([
  ["is not there", ["/nowhere/python"], /ENOENT/],
  ["ends at once", node("process.exit(3)"), /^it ended with exit code 3$/],
  [
    "fails with words",
    node("console.error('Traceback\\nNo module named torch'); process.exit(1)"),
    /^No module named torch$/,
  ],
  ["tells why", node(`console.log('{"error": "out of memory"}')`), /^out of memory$/],
])("one that %s", async (_what, command, reason) => {
  await expect(open(command)).rejects.toThrow(reason);
});

test("one that crashes in a step", async () => {
  const crash = `process.stdin.once("data", () => process.kill(process.pid, "SIGSEGV"));`;
  const contender = await open(node(READY + crash));
  await expect(contender.step()).rejects.toThrow("it ended with SIGSEGV");
});

test("one that gives no answer is ended", async () => {
  const contender = await open(node(`${READY} setInterval(() => {}, 1000)`), 2000);
  await expect(contender.ask("memory")).rejects.toThrow("it gave no answer in 2 s");
});

test("the median of an even number of values lies between the two in the middle", () => {
  expect(median([4, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});
