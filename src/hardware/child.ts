// Code that may crash or hang the process, in a process of its own: a script that sends one message and is then ended.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What became of the question. */
export type ChildAnswer<Answer> =
  | { type: "answer"; answer: Answer; stderr: string }
  | { type: "died"; /** Signal or exit code. */ how: string; stderr: string }
  | { type: "hung"; timeoutMs: number; stderr: string };

export interface ChildOptions {
  args?: readonly string[];
  /** Added to this process's environment. */
  env?: Readonly<Record<string, string>>;
  timeoutMs: number;
  /** Ends the process; it has then died. */
  signal?: AbortSignal | undefined;
}

const MAX_STDERR = 100_000; // characters kept
const GRACE_MS = 1000; // for a killed process to be gone

/** Forks `program` and waits for the first message it sends. Never throws, whatever the script does. */
export function askChild<Answer>(
  program: URL,
  { args = [], env = {}, signal, timeoutMs }: ChildOptions,
): Promise<ChildAnswer<Answer>> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(program), [...args], {
      env: { ...process.env, ...env },
      execArgv: program.pathname.endsWith(".ts") ? ["--import", "tsx"] : [], // from sources: tests and benchmarks
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let stderr = "";
    child.stderr!.on("data", (chunk) => (stderr = (stderr + String(chunk)).slice(-MAX_STDERR)));
    const kill = () => void child.kill("SIGKILL");
    if (signal?.aborted) kill();
    signal?.addEventListener("abort", kill, { once: true });
    const end = (result: ChildAnswer<Answer>) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", kill);
      // One that waits for dead hardware cannot even be killed: nobody waits for it.
      child.kill("SIGKILL");
      child.stderr!.destroy();
      if (child.connected) child.disconnect();
      child.unref();
      resolve(result);
    };
    let timer = setTimeout(() => end({ type: "hung", timeoutMs, stderr }), timeoutMs);
    let answer: { value: Answer } | undefined;
    const endWithAnswer = () => end({ type: "answer", answer: answer!.value, stderr });
    child.on("message", (value) => {
      if (answer !== undefined) return;
      answer = { value: value as Answer };
      // What was said before may still be on its way. A driver may crash or hang at its end as well: it does not get that far.
      child.kill("SIGKILL");
      clearTimeout(timer);
      timer = setTimeout(endWithAnswer, GRACE_MS);
    });
    child.on("error", (error) => end({ type: "died", how: error.message, stderr }));
    child.on("close", (code, killer) => {
      if (answer !== undefined) return endWithAnswer();
      end({ type: "died", how: killer ?? `exit code ${code}`, stderr });
    });
  });
}
