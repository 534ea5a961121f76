// How many examples are computed at once. An engine says how many padded tokens suit it; where the device's memory turns out too
// small for that, pieces are halved until they fit. Gradients of a batch are accumulated over its pieces, so that the batch size
// that was asked for stays.
import { type Batch, collate, splitByTokens } from "../data/batches.ts";
import type { EncodedSplit } from "../data/encode.ts";
import { DeviceMemoryError } from "../engine/engine.ts";
import { firstLine, UserError } from "../errors.ts";
import type { Report } from "./events.ts";

/** The shape of a piece: B examples padded to T tokens. */
export interface PieceShape {
  numExamples: number;
  length: number;
}

export class Pieces {
  #maxTokens: number;
  readonly #report: Report;

  /** Pieces of at most `maxTokens` padded tokens, or of one example; see Engine.preferredTokens. */
  constructor(maxTokens: number, report: Report = () => {}) {
    this.#maxTokens = maxTokens;
    this.#report = report;
  }

  /** The examples in pieces, the longest together and first. */
  split(indices: Int32Array, lengths: Int32Array): Int32Array[] {
    return splitByTokens(indices, lengths, this.#maxTokens);
  }

  /** Runs a step on batches in pieces that fit, tried again in smaller ones as often as it takes. Gives the pieces, too. */
  async fit<T>(
    {
      batches,
      data,
      lengths,
    }: { data: EncodedSplit; lengths: Int32Array; batches: readonly Int32Array[] },
    step: (pieces: Batch[]) => Promise<T>,
  ): Promise<{ result: T; pieces: Batch[] }> {
    for (;;) {
      const pieces = batches
        .flatMap((indices) => this.split(indices, lengths))
        .map((indices) => collate(data, indices));
      try {
        return { result: await step(pieces), pieces };
      } catch (error) {
        this.lower(error, pieces);
      }
    }
  }

  /**
   * Halves the pieces after one of these did not fit the device's memory, and tells so. Throws any other error again, and UserError
   * where not even one example fits.
   */
  lower(error: unknown, tried: readonly PieceShape[]): void {
    if (!(error instanceof DeviceMemoryError)) throw error;
    const largest = tried.reduce((a, b) => (sizeOf(b) > sizeOf(a) ? b : a));
    const { length, numExamples } = largest;
    if (numExamples === 1)
      throw new UserError(
        `device memory: one text of ${length} tokens: expected the model and this text to fit: ${firstLine(error.message)}`,
        {
          hint: "lower task.maxLength, take a smaller encoder, end other programs on the GPU, or compute with --device cpu",
          cause: error,
        },
      );
    const fits = Math.ceil(numExamples / 2);
    this.#maxTokens = Math.min(this.#maxTokens, fits * length);
    this.#report({
      type: "note",
      text: `the device's memory does not hold ${numExamples} texts of ${length} tokens at once: trying ${fits} at a time`,
    });
  }
}

function sizeOf({ length, numExamples }: PieceShape): number {
  return length * numExamples;
}
