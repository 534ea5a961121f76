// Programs on the engines that run everywhere, and dimensions that must not become constants of the compiled engine's.
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { engines } from "../support/engines.ts";
import { runProgram } from "../support/programs.ts";
import { describePrograms } from "../support/suites/programs.ts";

describePrograms(engines);

describe("the compiled engine refuses a batch dimension as a constant", () => {
  const [[, createEngine]] = engines;
  const rows = { rows: { shape: ["B", 4] as const } };

  test.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ["a factor", (x) => tf.mul(x, x.shape[0])],
    ["a divisor", (x) => tf.div(tf.sum(x), x.shape[0])],
    ["the gradient of a mean over the batch", (x) => tf.grad((v) => tf.mean(v))(x)],
  ])("%s", async (_name, compute) => {
    const engine = await createEngine();
    const run = runProgram(engine, rows, ({ rows: x }) => ({
      outputs: { y: compute(x) },
      updates: {},
    }));
    await expect(run).rejects.toThrow(
      /^internal: a batch dimension became the constant \d+: pass it as an input/,
    );
  });
});
