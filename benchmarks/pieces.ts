// A made-up batch.
import type { Batch } from "../src/data/batches.ts";

/** A batch without padding, in the pieces that training would compute it in: of at most `maxTokens` tokens, or of one example. */
export function randomPieces(
  batchSize: number,
  length: number,
  { maxTokens, vocabSize }: { maxTokens: number; vocabSize: number },
): Batch[] {
  const perPiece = Math.max(1, Math.floor(maxTokens / length));
  const pieces: Batch[] = [];
  for (let done = 0; done < batchSize; done += perPiece) {
    const numExamples = Math.min(perPiece, batchSize - done);
    const size = numExamples * length;
    pieces.push({
      ids: Int32Array.from({ length: size }, (_, i) => ((done * length + i) * 7919) % vocabSize),
      typeIds: new Int32Array(size),
      maskBias: new Float32Array(size),
      labels: Float32Array.from({ length: numExamples }, (_, i) => i % 2),
      numExamples,
      length,
      numTokens: size,
    });
  }
  return pieces;
}
