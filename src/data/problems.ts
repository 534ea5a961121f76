// Everything that is wrong with a file, told at once: whoever mends a file of ten thousand rows wants all places, not one a run.
import { listProblems, UserError } from "../errors.ts";

const MAX_KEPT = 20; // no more are shown

/** Collects what is wrong with the rows of a file, or of several. */
export class Problems {
  readonly #shown: string[] = [];
  #hint: string | undefined;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The error reads `place: value: what was expected`; a function is called only to show it. The hint of the first one is shown. */
  add(problem: UserError | (() => UserError)): void {
    if (this.#count++ >= MAX_KEPT) return;
    const error = typeof problem === "function" ? problem() : problem;
    this.#hint ??= error.hint;
    this.#shown.push(error.message);
  }

  /** Runs `read`; what the user can fix in its file becomes one of the problems, and the result undefined. */
  collect<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.add(error);
      return undefined;
    }
  }

  /** Throws one UserError that lists the problems, if there are any; of many the first. `where` such as ` in FILE`. */
  refuse(where: string): void {
    if (this.#count === 0) return;
    const lines = listProblems(this.#shown, where, this.#count);
    throw new UserError(lines, this.#hint === undefined ? {} : { hint: this.#hint });
  }
}
