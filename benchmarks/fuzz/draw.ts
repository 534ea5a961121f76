// Draws in a row from one seeded stream, for code that takes as many as it happens to need: equal seeds and keys give equal draws.
import { type RandomStream, randomStream } from "../../src/random.ts";

export class Draw {
  readonly #stream: RandomStream;
  #count = 0;

  constructor(seed: number, ...key: (string | number)[]) {
    this.#stream = randomStream(seed, "fuzz", ...key);
  }

  /** A whole number from 0 to below `limit`; 0 where there is none. */
  below(limit: number): number {
    return Math.floor(this.#stream.uniform(this.#count++) * limit);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}
