// The eager engine on libtensorflow, on a GPU where it has one: the same suites as the other engines, every method beside the
// compiled engine, and memory over a thousand steps.
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { createCompiledEngine } from "../../src/engine/compiled/compiled.ts";
import { createTensorflowEngine } from "../../src/engine/eager.ts";
import type { Engine } from "../../src/engine/engine.ts";
import type { Engines } from "../support/engines.ts";
import {
  cases,
  goldenBatch,
  type GoldenCase,
  goldenCaseLearner,
  goldenLearner,
  learningRates,
  relativeError,
  rowsOf,
} from "../support/golden.ts";
import { describeLearners } from "../support/suites/learners.ts";
import { describeParity } from "../support/suites/parity.ts";
import { describePrograms } from "../support/suites/programs.ts";
import { noTensorflow } from "../support/tensorflow.ts";

const compiled = async () => createCompiledEngine({ numThreads: 2 });
const engines: Engines = [
  ["compiled", compiled],
  ["libtensorflow", createTensorflowEngine],
];

describe.skipIf(noTensorflow)(`libtensorflow${noTensorflow ? ` (${noTensorflow})` : ""}`, () => {
  describePrograms(engines.slice(1));
  describeParity(engines.slice(1));
  describeLearners(engines);

  test("says what it is", async () => {
    const { description } = await createTensorflowEngine();
    expect(description).toMatch(
      /^eager \(TensorFlow\.js 4\.\d+\.\d+, libtensorflow 2\.\d+\.\d+, (C|G)PU\)$/,
    );
  });

  test.each(cases.filter(({ losses }) => losses))(
    "$name: ten steps have the losses of the compiled engine",
    async (example) => {
      const expected = await tenLosses(await compiled(), example);
      const actual = await tenLosses(await createTensorflowEngine(), example);
      expect(relativeError(actual, expected)).toBeLessThan(LOSS_TOLERANCE);
    },
  );

  test("a thousand steps and as many predictions leave no tensor behind, here or in libtensorflow", async () => {
    const method = { name: "houlsby", size: 5, initStd: 0.1 } as const;
    const what = { method, kind: "classification", numLabels: 3, hiddenAct: "gelu" } as const;
    const learner = await goldenLearner(await createTensorflowEngine(), what);
    const small = rowsOf(goldenBatch(what), [1, 2]);
    const run = async (step: number) => {
      await learner.step([small], step, 1e-3);
      await learner.predict(small);
      return [tf.memory().numTensors, numNativeTensors()];
    };
    const first = await run(0);
    for (let step = 1; step < 999; step++) await run(step);
    expect(await run(999)).toEqual(first);
    await learner.dispose();
  });
});

/** Float32 against float32, each with the rounding of its own kernels; those of a GPU may round products to TF32's 10 bits. */
const LOSS_TOLERANCE = 1e-4;

async function tenLosses(engine: Engine, example: GoldenCase): Promise<number[]> {
  const learner = await goldenCaseLearner(engine, example);
  const losses: number[] = [];
  for (const [step, learningRate] of learningRates.entries())
    losses.push((await learner.step([goldenBatch(example)], step, learningRate)).loss);
  await learner.dispose();
  return losses;
}

/** Tensors that the binding holds; tfjs does not count those it has lost sight of. */
function numNativeTensors(): number {
  const backend = tf.findBackend("tensorflow") as unknown as {
    binding: { getNumOfTensors(): number };
  };
  return backend.binding.getNumOfTensors();
}
