// Products with frozen weights in float16, as far as a CPU shows it: ONNX Runtime rounds the weights to 11 bits there and computes in
// float32, since it has no float16 products for CPUs. PyTorch's numbers are those of double precision.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCompiledEngine } from "../../src/engine/compiled/compiled.ts";
import { halveProducts } from "../../src/engine/compiled/half.ts";
import type { Node } from "../../src/engine/compiled/onnx.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { LossScale } from "../../src/train/loss-scale.ts";
import {
  cases,
  goldenBatch,
  goldenCaseLearner,
  goldenTensors,
  learningRates,
  relativeError,
} from "../support/golden.ts";

const LOSS_TOLERANCE = 5e-3;
const GRADIENT_TOLERANCE = 1e-2;

let half: Engine;
beforeAll(() => {
  // On the CPU, values in memory are float32: the weights must be in the graph to be cast.
  half = createCompiledEngine({ numThreads: 2, precision: "float16", frozenAsConstants: true });
});
afterAll(() => half.dispose());

describe.each(cases.filter(({ losses, method }) => losses && method.name !== "full"))(
  "$name",
  (example) => {
    const batch = goldenBatch(example);

    test("gradients near PyTorch's, ten losses nearer, and not float32's", async () => {
      const learner = await goldenCaseLearner(half, example);
      const scale = learner.lossScale!.value;
      await learner.accumulate(batch, scale / batch.numExamples, { step: 0, piece: 0 });
      let largest = 0;
      for (const [name, { data }] of goldenTensors(example, "grad/")) {
        if (
          name.endsWith("key.bias") ||
          name.endsWith("qa_outputs.bias") ||
          (example.kind === "span" && name.endsWith("output.LayerNorm.bias"))
        )
          continue; // zero but for rounding
        const gradient = (await learner.gradient(name).read()).map((value) => value / scale);
        const error = relativeError(gradient, data);
        expect(error, name).toBeLessThan(GRADIENT_TOLERANCE);
        largest = Math.max(largest, error);
        learner.gradient(name).write(new Float32Array(data.length));
      }
      expect(largest).toBeGreaterThan(1e-5); // float32 is nearer: float16 was at work
      const losses: number[] = [];
      for (const [step, learningRate] of learningRates.entries())
        losses.push((await learner.step([batch], step, learningRate)).loss);
      expect(relativeError(losses, example.losses!)).toBeLessThan(LOSS_TOLERANCE);
      await learner.dispose();
    });
  },
);

describe("loss scaling", () => {
  const [example] = cases;
  const batch = goldenBatch(example);

  test("a scale that is too high is halved until the gradients fit, and the step is that of a fitting one", async () => {
    const [fitting, overflowing] = [
      await goldenCaseLearner(half, example),
      await goldenCaseLearner(half, example),
    ];
    overflowing.lossScale!.state = { value: 2 ** 100, goodSteps: 7 };
    const expected = await fitting.step([batch], 0, 1e-3);
    const { loss, gradNorm } = await overflowing.step([batch], 0, 1e-3);
    expect(loss).toBeCloseTo(expected.loss, 6);
    expect(gradNorm).toBeCloseTo(expected.gradNorm, 2);
    const { goodSteps, value } = overflowing.lossScale!.state;
    // In float32 it is the sum of squares that overflows, beyond 2^128.
    expect(value).toBeLessThan(2 ** 70);
    expect(value).toBeGreaterThan(2 ** 50);
    expect(goodSteps).toBe(1);
    await fitting.dispose();
    await overflowing.dispose();
  });

  test("a loss that is no number is not the scale's fault", async () => {
    const learner = await goldenCaseLearner(half, example);
    const broken = {
      ...batch,
      labels: batch.labels.map(() => NaN),
      maskBias: batch.maskBias.map(() => NaN),
    };
    expect((await learner.step([broken], 0, 1e-3)).loss).toBeNaN();
    expect(learner.lossScale!.state).toEqual({ value: 2 ** 16, goodSteps: 0 });
    await learner.dispose();
  });

  test("doubles after two thousand good steps, is halved down to one", () => {
    const scale = new LossScale();
    for (let step = 0; step < 1999; step++) scale.keep();
    expect(scale.value).toBe(2 ** 16);
    scale.keep();
    expect(scale.state).toEqual({ value: 2 ** 17, goodSteps: 0 });
    for (let i = 0; i < 17; i++) expect(scale.lower()).toBe(true);
    expect(scale.lower()).toBe(false);
    expect(scale.value).toBe(1);
  });
});

test("only products with one frozen operand are halved", () => {
  const node = (op: string, inputs: string[], output: string): Node => ({
    op,
    domain: "",
    inputs,
    outputs: [output],
    attributes: {},
  });
  const { nodes, weights } = halveProducts(
    [
      node("Gather", ["w", "ids"], "rows"),
      node("Gemm", ["rows", "w", "bias"], "y"),
      node("MatMul", ["y", "y"], "z"),
      node("MatMul", ["w", "w"], "v"),
    ],
    (name) => name === "w",
  );
  expect([...weights]).toEqual([["w", "w in float16"]]);
  expect(nodes.map(({ inputs, op, outputs }) => `${outputs} = ${op}(${inputs})`)).toEqual([
    "rows = Gather(w,ids)",
    "rows in float16 = Cast(rows)",
    "y as computed = Gemm(rows in float16,w in float16)",
    "y without bias = Cast(y as computed)",
    "y = Add(y without bias,bias)",
    "z = MatMul(y,y)",
    "v = MatMul(w,w)",
  ]);
});
