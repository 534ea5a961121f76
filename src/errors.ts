// The two kinds of error. What the reader of the message can fix is a UserError; everything else is a bug and keeps its
// stack. Only cli/main.ts catches.
import { printable } from "./cite.ts";

const MAX_LINE = 1500; // characters of an error: a key, a path or a word of the command line can be as long as a file
const MAX_END = 500; // of which the last, which say what was expected

/**
 * Something the user can fix. `message` reads `place: value: what was expected`; `hint` is the next thing to do or
 * command to run. Both may quote files and paths as they are: control characters, line breaks among them, become visible, and
 * of long lines beginning and end remain. A message of several lines is a list of them.
 */
export class UserError extends Error {
  override name = "UserError";
  readonly hint: string | undefined;

  constructor(
    message: string | readonly string[],
    options: { hint?: string; cause?: unknown } = {},
  ) {
    const lines = typeof message === "string" ? [message] : message;
    super(lines.map(toLine).join("\n  "), "cause" in options ? { cause: options.cause } : {});
    this.hint = options.hint === undefined ? undefined : toLine(options.hint);
  }
}

function toLine(text: string): string {
  const line = printable(text);
  if (line.length <= MAX_LINE) return line;
  // Once more, for the cut may go through a character.
  return printable(`${line.slice(0, MAX_LINE - MAX_END - 1)}…${line.slice(-MAX_END)}`);
}

const MAX_LISTED = 20; // problems; more scroll the first ones off the screen

/**
 * The message of an error that names all problems at once, of many the first. `count` where not all of them were kept; `where`
 * follows it, such as ` in FILE`.
 */
export function listProblems(
  problems: readonly string[],
  where = "",
  count = problems.length,
): readonly string[] {
  return count === 1 ? problems : [`${count} problems${where}`, ...firstProblems(problems, count)];
}

/** The problems, of many the first and how many more there are. */
export function firstProblems(
  problems: readonly string[],
  count = problems.length,
): readonly string[] {
  const shown = problems.slice(0, MAX_LISTED);
  return count > shown.length ? [...shown, `and ${count - shown.length} more`] : shown;
}

/** Work was stopped from outside, and everything needed to go on is saved. */
export class Interrupted extends UserError {
  override name = "Interrupted";
}

/** The first line of a text that says something, and of a message that goes on with details; "" if there is none. */
export function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0].trim();
}

/** Throws a bug report unless `condition` holds. The message names the two values that disagree. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`internal: ${message}`);
}
