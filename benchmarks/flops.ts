// How much arithmetic a training step needs: the FLOPs of its matrix products, which are nearly all of it. What a benchmark divides by
// the time, and compares with the rate at which the same device multiplies large matrices.
//
// A product (m, k) x (k, n) takes 2 m k n: a multiplication and an addition for every term. Going back through y = x W^T, with x (n, I) and
// W (O, I), takes one more product of that size for the gradient of x and, only if W trains, another for that of W. So, per row,
//   a frozen weight of I O values takes     2 * 2 I O   (forward, gradient of the input)
//   a trained one                           3 * 2 I O
//   attention over T keys, C = heads * D:   6 * 2 T C   (scores and context, then the gradients of weights, values, queries, keys)
// Nothing ends early: the LayerNorm of the embeddings trains, so gradients go all the way down. Lookups, biases, norms and everything
// else that is no matrix product are left out.
import type { EncoderShape } from "../src/model/shape.ts";

export interface StepWork {
  /** Tokens of every example. */
  lengths: readonly number[];
  /** R of the adapters, two in every layer. */
  adapterSize: number;
  /**
   * The rows of the last layer that are computed beyond keys and values: ours needs the first token of each example, and PyTorch's
   * BERT computes all.
   */
  lastLayerRows: "first" | "all";
  /** K of the head. */
  numOutputs?: number;
}

/** FLOPs of the matrix products of one step: adapters, LayerNorms and the head train, everything else is frozen. */
export function stepFlops(
  shape: EncoderShape,
  { adapterSize: R, lastLayerRows, lengths, numOutputs: K = 2 }: StepWork,
): number {
  const { hiddenSize: C, intermediateSize: F, numLayers: L } = shape;
  const B = lengths.length;
  const N = sum(lengths);
  const frozen = (rows: number, values: number) => 2 * 2 * rows * values;
  const trained = (rows: number, values: number) => 3 * 2 * rows * values;
  /** `rows` are those of queries, projection and feed-forward; `pairs` of a query and a key meet. */
  const layer = (rows: number, pairs: number) =>
    frozen(N, 2 * C * C) + // keys and values
    frozen(rows, 2 * C * C + 2 * C * F) +
    trained(rows, 2 * 2 * C * R) +
    6 * 2 * pairs * C;
  const wholeLayer = layer(N, sum(lengths.map((T) => T * T)));
  const lastLayer = lastLayerRows === "all" ? wholeLayer : layer(B, N);
  return (L - 1) * wholeLayer + lastLayer + frozen(B, C * C) + trained(B, C * K); // pooler, head
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
