// Tries what was built in a process of its own: a native library that crashes, hangs or was built wrongly must not take setup with
// it.
import { extname } from "node:path";
import type { LoadedTensorflow } from "../engine/tensorflow.ts";
import { UserError } from "../errors.ts";
import { askChild } from "../hardware/child.ts";
import { stopped } from "./tools.ts";

const program = new URL(`./self-test-process${extname(import.meta.url)}`, import.meta.url);
const TIME_LIMIT_MS = 300_000; // the first use of a GPU compiles kernels, which takes a minute or two on slow machines
const LAST_WORDS = 4000; // characters of stderr that are shown

/** What is to be tried. */
export interface SelfTest {
  what: "tensorflow" | "cuda";
  folder: string;
}

/** What the process answers. */
export type SelfTestReply = { loaded?: LoadedTensorflow } | { failure: string; hint?: string };

/** What was loaded, and what the library wrote to stderr meanwhile. */
export interface SelfTested {
  loaded?: LoadedTensorflow;
  log: string;
}

/** Throws a UserError if it does not work, Interrupted when stopped. */
export async function selfTest(
  { folder, what }: SelfTest,
  signal?: AbortSignal,
): Promise<SelfTested> {
  const result = await askChild<SelfTestReply>(program, {
    args: [what, folder],
    env: { TF_CPP_MIN_LOG_LEVEL: "0" }, // why no GPU is used is information
    timeoutMs: TIME_LIMIT_MS,
    signal,
  });
  if (signal?.aborted) throw stopped();
  const log = result.stderr.slice(-LAST_WORDS);
  if (result.type !== "answer") {
    const end = result.type === "died" ? result.how : `no answer in ${TIME_LIMIT_MS / 1000} s`;
    throw new UserError([`self-test of ${what}: ended with ${end}:`, ...log.trim().split("\n")], {
      hint,
    });
  }
  const { answer } = result;
  if ("failure" in answer)
    throw new UserError(`self-test: ${answer.failure}`, { hint: answer.hint ?? hint });
  return { ...answer, log };
}

const hint = "what was there before is as it was";
