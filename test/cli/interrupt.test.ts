// Ctrl-C once, twice, and after the run.
import { afterEach, expect, test, vi } from "vitest";
import { stopOnSignals } from "../../src/cli/interrupt.ts";
import { captureIo } from "./capture.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Listens, and gives a way to press Ctrl-C that reaches this listener and not the test runner's. */
function listen() {
  const before = process.listeners("SIGINT");
  const { io, stderr } = captureIo();
  const interrupt = stopOnSignals(io, () => io.stderr.write("cleared\n"));
  const [listener] = process.listeners("SIGINT").filter((other) => !before.includes(other));
  return { interrupt, stderr, before, press: () => listener("SIGINT") };
}

test("the first aborts and says what happens, the second exits at once", () => {
  const exit = vi.spyOn(process, "exit").mockImplementation((() => {}) as never);
  const { interrupt, stderr, press } = listen();
  expect(interrupt.signal.aborted).toBe(false);
  press();
  expect(interrupt.signal.aborted).toBe(true);
  expect(stderr.text()).toBe(
    "cleared\nfinishing the step, saving … (Ctrl-C again to end at once)\n",
  );
  expect(exit).not.toHaveBeenCalled();
  press();
  expect(exit).toHaveBeenCalledWith(130);
  interrupt.dispose();
});

test("nothing is left behind", () => {
  const { interrupt, before } = listen();
  interrupt.dispose();
  expect(process.listeners("SIGINT")).toEqual(before);
});
