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

/** Training was stopped from outside after a finished step, and everything needed to go on is saved in `runDir`. */
export class Interrupted extends UserError {
  override name = "Interrupted";
  readonly runDir: string;

  constructor(runDir: string, step: number) {
    super(`stopped after step ${step}; everything is saved in ${runDir}`, {
      hint: `go on with: peft train --resume ${runDir}`,
    });
    this.runDir = runDir;
  }
}

/** Throws a bug report unless `condition` holds. The message names the two values that disagree. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`internal: ${message}`);
}
