// The two kinds of error. What the reader of the message can fix is a UserError; everything else is a bug and keeps its
// stack. Only cli/main.ts catches.

/**
 * Something the user can fix. `message` reads `place: value: what was expected`; `hint` is the next thing to do or
 * command to run.
 */
export class UserError extends Error {
  override name = "UserError";
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : {});
    this.hint = options.hint;
  }
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
