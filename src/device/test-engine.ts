// The asking side of the self-test: never crashes, never hangs, always an answer.
import { extname } from "node:path";
import { askChild } from "../hardware/child.ts";
import type { SelfTestOrder, SelfTestReport } from "./self-test.ts";

export interface TestOptions {
  timeoutMs?: number;
  /** The child's script. */
  program?: URL;
}

/** Puts an engine to the test. */
export type TestEngine = (order: SelfTestOrder, options?: TestOptions) => Promise<SelfTestReport>;

const defaultProgram = new URL(`./self-test-process${extname(import.meta.url)}`, import.meta.url);
/** The first use of a GPU compiles some hundred shaders. */
const TIMEOUT_MS = 60_000;

export const testEngine: TestEngine = async (
  order,
  { program = defaultProgram, timeoutMs = TIMEOUT_MS } = {},
) => {
  const args = [JSON.stringify(order)];
  const answer = await askChild<SelfTestReport>(program, { args, timeoutMs });
  switch (answer.type) {
    case "answer":
      return answer.answer;
    case "hung":
      return { ok: false, isLoaded: true, reason: `it gave no answer in ${timeoutMs / 1000} s` };
    case "died": {
      const words = lastLine(answer.stderr);
      return {
        ok: false,
        isLoaded: true,
        reason: `it crashed: ${answer.how}${words ? `, ${words}` : ""}`,
      };
    }
  }
};

/** What a process that crashes has said last is why. */
function lastLine(text: string): string | undefined {
  return text
    .split("\n")
    .map((line) => line.trim())
    .findLast((line) => line !== "");
}
