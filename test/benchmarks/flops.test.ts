// The formula against the products that a step really computes.
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { stepFlops } from "../../benchmarks/flops.ts";
import { randomPieces } from "../../benchmarks/pieces.ts";
import { adapterLearner, randomWeights } from "../../benchmarks/shapes.ts";
import { createJavaScriptEngine } from "../../src/engine/eager.ts";
import { sizeOf, type EncoderShape } from "../../src/model/shape.ts";

const shape: EncoderShape = {
  numLayers: 3,
  hiddenSize: 12,
  numHeads: 3,
  intermediateSize: 20,
  vocabSize: 50,
  maxPositions: 16,
  typeVocabSize: 2,
  activation: "gelu",
  layerNormEpsilon: 1e-12,
  hiddenDropout: 0.1,
  attentionDropout: 0.1,
};
const [B, T, R] = [4, 7, 5];

test("stepFlops counts the products of a step", async () => {
  const learner = adapterLearner(await createJavaScriptEngine(), shape, randomWeights(shape), R);
  const pieces = randomPieces(B, T, { maxTokens: 2 * T, vocabSize: shape.vocabSize });
  const { kernels } = await tf.profile(() => learner.step(pieces, 0, 1e-3) as never);
  const counted = kernels
    .filter(({ name }) => name === "BatchMatMul")
    .map(({ inputShapes, outputShapes }) => {
      const shapes = [...inputShapes, ...outputShapes] as number[][];
      const [a, b, y] = shapes.map(sizeOf);
      const batch = sizeOf(shapes[2].slice(0, -2));
      return 2 * Math.sqrt((a * b * y) / batch); // of batch products (m, k) x (k, n), whichever is transposed
    })
    .reduce((sum, flops) => sum + flops, 0);
  const { hiddenSize: C, numLayers: L } = shape;
  // The gradients of queries and keys ask for those of the scores one by one, which an engine that records merges.
  const twice = 2 * C * ((L - 1) * B * T * T + B * T);
  const work = { adapterSize: R, lengths: new Array<number>(B).fill(T) };
  expect(counted - twice).toBe(stepFlops(shape, { ...work, lastLayerRows: "first" }));
  await learner.dispose();
});

test("PyTorch's last layer is one like the others", () => {
  const work = { adapterSize: R, lengths: [T, T + 2] };
  const flops = (numLayers: number, lastLayerRows: "first" | "all") =>
    stepFlops({ ...shape, numLayers }, { ...work, lastLayerRows });
  expect(flops(3, "all") - flops(2, "all")).toBe(flops(3, "first") - flops(2, "first"));
  expect(flops(1, "all")).toBeGreaterThan(flops(1, "first"));
});
