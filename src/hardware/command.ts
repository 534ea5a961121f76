// Other programs that know the machine, asked with a time limit: a broken driver makes them hang.
import { firstLine } from "../errors.ts";
import { spawn } from "node:child_process";

/** How a program ended. */
export type CommandResult =
  | { type: "ok"; stdout: string }
  | { type: "missing" }
  | { type: "failed"; reason: string }
  | { type: "hung"; timeoutMs: number };

/** Runs `program` with `args`; never throws and never takes much longer than `timeoutMs`. */
export type RunCommand = (
  program: string,
  args: readonly string[],
  timeoutMs: number,
) => Promise<CommandResult>;

const MAX_OUTPUT = 1_000_000; // characters: more is not an answer to any of our questions

/** Also what the search meets in folders that it may not enter. */
const notThere = new Set(["ENOENT", "ENOTDIR", "EACCES"]);

/** Runs a program without a shell. */
export const runCommand: RunCommand = (program, args, timeoutMs) =>
  new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => (stdout = (stdout + String(chunk)).slice(0, MAX_OUTPUT)));
    child.stderr.on("data", (chunk) => (stderr = (stderr + String(chunk)).slice(0, MAX_OUTPUT)));
    const end = (result: CommandResult) => {
      clearTimeout(timer);
      resolve(result);
    };
    const timer = setTimeout(() => {
      // A process that waits for a dead driver cannot even be killed: nobody waits for it.
      child.kill("SIGKILL");
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      end({ type: "hung", timeoutMs });
    }, timeoutMs);
    child.on("error", (error: NodeJS.ErrnoException) =>
      end(
        notThere.has(error.code ?? "")
          ? { type: "missing" }
          : { type: "failed", reason: error.message },
      ),
    );
    child.on("close", (code, signal) => {
      if (code === 0) return end({ type: "ok", stdout });
      const said = firstLine(stderr) || firstLine(stdout);
      end({ type: "failed", reason: said || `it ended with ${signal ?? `exit code ${code}`}` });
    });
  });
