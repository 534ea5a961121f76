// What is fuzzed: a family of readers, the files they read when all is well, and what must hold of whatever they accept.
import { PassThrough } from "node:stream";
import { type Io, Output } from "../../src/cli/io.ts";
import { main } from "../../src/cli/main.ts";
import { UserError } from "../../src/errors.ts";
import type { Entry, Files } from "./mutate.ts";

export interface Target {
  name: string;
  /** How many of all inputs it gets, in proportion to the other targets' shares. */
  share: number;
  /** Writes into the folder what is the same for all inputs, and gives the files that vary. */
  seeds(folder: string): Files[] | Promise<Files[]>;
  /** Which seeds are refused as they are; none unless said. Another one that is refused is a fault: its changes would show nothing. */
  isRefused?(files: Files): boolean;
  /** Which files are changed; all unless said. */
  isMutable?(name: string): boolean;
  /** Whether the folder is made anew for every input, because reading writes into it. */
  writes?: boolean;
  /** Reads them. Throws UserError for a refusal; any other error is a fault. What it returns is the same for equal inputs. */
  run(folder: string, files: Files): unknown;
}

/** Throws unless what was accepted is as it must be. */
export function must(condition: boolean, message: string): void {
  if (!condition) throw new Error(`broken: ${message}`);
}

/** A text file of the input; "" for what is none. */
export function textOf(entry: Entry | undefined): string {
  return typeof entry === "string" ? "" : Buffer.from(entry ?? []).toString("utf8");
}

/** One of the items, by the sizes of the files: equal inputs get the same. */
export function pickBySize<T>(items: readonly T[], files: Files): T {
  const sum = Object.values(files).reduce((total, { length }) => total + length, 0);
  return items[sum % items.length];
}

// What no terminal should be sent: C0 without the line feed, DEL, C1, and marks that change the direction of writing.
// eslint-disable-next-line no-control-regex -- control characters are what it is for
const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

const MAX_LINE = 4096;
const MAX_ERROR = 32_768;

/** Throws unless the text can be shown on a terminal and read there. */
export function checkShown(text: string, what: string): void {
  const found = OBEYED.exec(text);
  const around = JSON.stringify(text.slice(Math.max(0, (found?.index ?? 0) - 30)).slice(0, 60));
  must(found === null, `${what} with a control character: ${around}`);
}

/** Throws unless a person can read the error. */
export function checkError({ hint = "", message }: UserError): void {
  checkShown(message, "an error");
  checkShown(hint, "a hint");
  must(message.trim() !== "", "an error without words");
  must(message.length <= MAX_ERROR, `an error of ${message.length} characters`);
  const longest = Math.max(...message.split("\n").map(({ length }) => length));
  must(longest <= MAX_LINE, `an error with a line of ${longest} characters`);
  must(
    !/\[object |\bat .*\.ts:\d|internal:/.test(message),
    `an error in no one's words: ${message.slice(0, 80)}`,
  );
}

/** Runs a command in this process and gives its output. Throws UserError where it ends with 1 or 2. */
export async function peft(...argv: string[]): Promise<string> {
  const written = { stdout: "", stderr: "" };
  const open = (name: keyof typeof written) =>
    new Output(
      new PassThrough().on("data", (chunk: Buffer) => (written[name] += chunk.toString("utf8"))),
    );
  const io: Io = { stdout: open("stdout"), stderr: open("stderr") };
  const code = await main(argv, io);
  const { stderr, stdout } = written;
  if (code !== 0 && code !== 1 && code !== 2) throw new Bug(`exit code ${code}`, stderr);
  checkShown(stderr, `stderr of ${argv[0]}`);
  if (code === 0) return stdout;
  must(/error: |expected/.test(stderr), `exit code ${code} without an error`);
  throw new UserError(stderr.trim().split("\n"));
}

/** What a command reported as a bug; the stack is the one that it printed. */
class Bug extends Error {
  constructor(message: string, stderr: string) {
    super(`${message}: ${stderr.trimStart().split("\n", 1)[0]}`);
    this.stack = stderr;
  }
}
