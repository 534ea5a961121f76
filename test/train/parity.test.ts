// Engine contract: every method on every engine agrees with PyTorch's autograd and AdamW. The tolerances are those of float32
// against double precision over a few dozen operations; PyTorch's own float32 run differs by as much (golden.json says how much).
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.ts";
import type { Learner } from "../../src/train/learner.ts";
import { engines } from "../support/engines.ts";
import { cases, goldenBatch, goldenCaseLearner, goldenTensors, learningRates, relativeError } from "../support/golden.ts";

describe.each(engines)("%s engine", (_, createEngine) => {
  let engine: Engine;
  beforeAll(async () => void (engine = await createEngine()));
  afterAll(() => engine.dispose());

  describe.each(cases)("$name", (example) => {
    let learner: Learner;
    const batch = goldenBatch(example);
    beforeAll(async () => void (learner = await goldenCaseLearner(engine, example)));
    afterAll(() => learner.dispose());

    test("logits and loss", async () => {
      const { logits, lossSum } = await learner.predict(batch);
      const expected = goldenTensors(example, "logits").get("");
      expect(relativeError(logits, expected?.data ?? [])).toBeLessThan(1e-5);
      expect(lossSum / batch.numExamples).toBeCloseTo(example.loss, 5);
    });

    test.runIf(example.losses)("gradient of every trained parameter, and of no other", async () => {
      const expected = goldenTensors(example, "grad/");
      expect([...learner.trainedNames].sort()).toEqual([...expected.keys()].sort());
      await learner.accumulate(batch, 1 / batch.numExamples, { step: 0, piece: 0 });
      const gradients = new Map<string, Float32Array>();
      for (const name of expected.keys()) gradients.set(name, (await learner.gradient(name).read()).slice());
      // The key bias has no effect on a softmax: its gradient is rounding noise around zero.
      for (const [name, { data }] of expected) {
        const error = relativeError(gradients.get(name) as Float32Array, data);
        const vanishing = name.endsWith("self.key.bias");
        expect(vanishing ? Math.max(...data.map(Math.abs)) : error, name).toBeLessThan(1e-4);
      }
      for (const name of expected.keys()) learner.gradient(name).write(new Float32Array(expected.get(name)!.data.length));
    });

    test.runIf(example.losses)("losses and parameters over 10 optimizer steps", async () => {
      const losses: number[] = [];
      for (const [step, learningRate] of learningRates.entries())
        losses.push((await learner.step([batch], step, learningRate)).loss);
      expect(relativeError(losses, example.losses ?? [])).toBeLessThan(1e-5);
      for (const [name, { data }] of goldenTensors(example, "final/")) {
        if (name.endsWith("self.key.bias")) continue; // Adam turns its rounding noise into steps of full size
        expect(relativeError(await learner.parameter(name).read(), data), name).toBeLessThan(1e-3);
      }
    });
  });
});
