// The rate at which an engine multiplies large matrices: what its steps are measured against.
import * as tf from "@tensorflow/tfjs";
import type { Engine, Program } from "../src/engine/engine.ts";
import { median } from "./contender.ts";

/** Matrices (M, K) and (K, N). BERT-base's feed-forward is the largest product of a step; GPUs need more to be busy. */
const sizes = { cpu: { M: 1024, K: 768, N: 3072 }, gpu: { M: 4096, K: 4096, N: 4096 } };

/** A run is made about this long, so that starting it and reading its result do not count. */
const RUN_SECONDS = 0.2;
const MAX_PAIRS = 64;
const NUM_RUNS = 5;
/** A device on which a sixteenth of the rows takes longer is slow enough for that to tell its rate: a software rasteriser. */
const SLOW_SECONDS = 0.5;

/**
 * FLOP/s of products with frozen weights, in the engine's precision: a chain of them, each waiting for the one before, computed from a few
 * numbers and read at one row, so that next to nothing is moved.
 */
export async function matmulRate(engine: Engine): Promise<number> {
  const { K, M, N } = sizes[engine.isOnGpu ? "gpu" : "cpu"];
  const weight = (rows: number, columns: number) =>
    engine.buffer({ shape: [rows, columns], data: scaled(rows, columns) }, { frozen: true });
  const buffers = { there: weight(K, N), back: weight(N, K) };
  const chain = (rows: number, numPairs: number): Promise<Program> =>
    engine.compile({
      name: "matmul",
      inputs: {
        column: { shape: [rows, 1], type: "float32" },
        row: { shape: [1, K], type: "float32" },
      },
      buffers,
      compute: ({ column, row }, { back, there }) => {
        let x = tf.add(column, row); // (rows, K)
        for (let i = 0; i < numPairs; i++) x = tf.matMul(tf.matMul(x, there), back);
        return { outputs: { first: tf.slice(x, [0, 0], [1, K]) }, updates: {} };
      },
    });
  const secondsOf = async (rows: number, numPairs: number, numRuns: number) => {
    const program = await chain(rows, numPairs);
    const inputs = {
      column: {
        shape: [rows, 1],
        data: Float32Array.from({ length: rows }, (_, i) => Math.sin(i)),
      },
      row: { shape: [1, K], data: Float32Array.from({ length: K }, (_, i) => Math.cos(i)) },
    };
    const seconds: number[] = [];
    for (let run = -1; run < numRuns; run++) {
      const start = performance.now();
      await program.run(inputs);
      if (run >= 0) seconds.push((performance.now() - start) / 1000);
    }
    await program.dispose();
    return median(seconds);
  };
  const flops = (rows: number, numPairs: number) => 2 * numPairs * (2 * rows * K * N);
  const measure = async (): Promise<number> => {
    const few = await secondsOf(M / 16, 1, 1);
    if (few > SLOW_SECONDS) return flops(M / 16, 1) / few;
    const numPairs = Math.ceil(Math.min(MAX_PAIRS, RUN_SECONDS / (await secondsOf(M, 1, 1))));
    return flops(M, numPairs) / (await secondsOf(M, numPairs, NUM_RUNS));
  };
  const rate = await measure();
  for (const buffer of Object.values(buffers)) buffer.dispose();
  return rate;
}

/** Values that keep a product as large as its other operand, so that no chain of them leaves float16's range. */
function scaled(rows: number, columns: number): Float32Array {
  const bound = Math.sqrt(3 / rows); // the variance of [-b, b] is b^2 / 3
  const values = new Float32Array(rows * columns);
  let bits = 1;
  for (let i = 0; i < values.length; i++) {
    bits = (Math.imul(bits, 1664525) + 1013904223) | 0; // Numerical Recipes' generator
    values[i] = (bits / 2 ** 31) * bound;
  }
  return values;
}
