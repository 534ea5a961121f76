// Other programs that setup needs. One that is missing, or fails, is an error that says which and what to install.
import { spawn } from "node:child_process";
import { Interrupted, UserError } from "../errors.ts";

/** How a setup tells what it does, and is stopped. */
export interface Watch {
  /** One line per stage. */
  report(line: string): void;
  signal?: AbortSignal;
}

/** What Debian and its descendants call the package of a program. */
const debianPackages: Record<string, string> = {
  python3: "python3",
  pip: "python3-pip",
  "c++": "g++",
  npm: "npm",
  tar: "tar",
};

const LAST_WORDS = 1500; // characters of a failed program's output that are shown

/** The error for a program that is not there. */
export function missingTool(name: string): UserError {
  const debian = debianPackages[name];
  return new UserError(`${name}: not found: setup needs it`, {
    hint: debian === undefined ? `install ${name}` : `install it: apt install ${debian}`,
  });
}

/** Runs a program to its end and gives what it wrote to stdout. */
export async function runTool(
  name: string,
  args: readonly string[],
  { cwd, signal }: { cwd?: string; signal?: AbortSignal | undefined } = {},
): Promise<string> {
  if (signal?.aborted) throw stopped();
  const child = spawn(name, args, {
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd !== undefined && { cwd }),
    ...(signal && { signal }),
  });
  let stdout = "";
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-LAST_WORDS)));
  return new Promise((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) => {
      // A program that was told to stop may still write: "close" says when it no longer does.
      if (error.name !== "AbortError") reject(error.code === "ENOENT" ? missingTool(name) : error);
    });
    child.on("close", (code, killer) => {
      if (signal?.aborted) reject(stopped());
      else if (code === 0) resolve(stdout);
      else reject(failed(name, args, killer ?? `exit code ${code}`, said));
    });
  });
}

function failed(name: string, args: readonly string[], end: string, said: string): UserError {
  // Scripts are for machines to read.
  const shown = args.slice(0, 3).filter((arg) => !arg.includes("\n"));
  const words = said.trim();
  return new UserError(
    [
      `${[name, ...shown].join(" ")} …: ended with ${end}${words && ":"}`,
      ...(words ? words.split("\n") : []),
    ],
    {
      hint: words
        ? "what the program says above is the reason; nothing was changed"
        : `try ${name} by hand; nothing was changed`,
    },
  );
}

/** The error of a setup that was asked to stop. */
export function stopped(): Interrupted {
  return new Interrupted("setup: stopped; what was there before is as it was");
}
