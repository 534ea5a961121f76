// Tries what was built in a process of its own: a native library that crashes, hangs or was built wrongly must not take setup with
// it.
import { fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { LoadedTensorflow } from "../engine/tensorflow.ts";
import { UserError } from "../errors.ts";
import { stopped } from "./tools.ts";

const program = new URL(`./self-test-process${extname(import.meta.url)}`, import.meta.url);
const TIME_LIMIT_MS = 300_000; // the first use of a GPU compiles kernels, which takes a minute or two on slow machines
const LAST_WORDS = 4000; // characters of stderr that are kept

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

/** Throws a UserError if it does not work. */
export async function selfTest(test: SelfTest, signal?: AbortSignal): Promise<SelfTested> {
  const child = fork(fileURLToPath(program), [test.what, test.folder], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    timeout: TIME_LIMIT_MS,
    killSignal: "SIGKILL",
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "0" }, // why no GPU is used is information
    ...(signal && { signal }),
  });
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => (log = (log + chunk.toString()).slice(-LAST_WORDS)));
  let reply: SelfTestReply | undefined;
  child.on("message", (message: SelfTestReply) => (reply = message));
  const end = await new Promise<string>((resolve, reject) => {
    child.on("error", (error) => {
      if (error.name !== "AbortError") reject(error); // else "close" follows
    });
    child.on("close", (code, killer) => {
      if (signal?.aborted) reject(stopped());
      else resolve(killer ?? `exit code ${code}`);
    });
  });
  if (!reply)
    throw new UserError(`self-test of ${test.what}: ended with ${end}:\n${log.trim()}`, { hint });
  if ("failure" in reply)
    throw new UserError(`self-test: ${reply.failure}`, { hint: reply.hint ?? hint });
  return { ...reply, log };
}

const hint = "what was there before is as it was";
