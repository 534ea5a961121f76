// What every engine promises of a learner beyond agreeing with PyTorch (parity.ts): dropout, batches in pieces, batches of any shape,
// and no memory that grows.
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Batch } from "../../../src/data/batches.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import type { MethodConfig } from "../../../src/methods/methods.ts";
import type { EncoderShape } from "../../../src/model/shape.ts";
import type { Learner } from "../../../src/train/learner.ts";
import type { Engines } from "../engines.ts";
import { goldenBatch, goldenLearner, relativeError, rowsOf } from "../golden.ts";

const batch = goldenBatch({ kind: "classification" });
const small = [rowsOf(batch, [1, 2])];
const dropout = { hiddenDropout: 0.1, attentionDropout: 0.3 };
const methods: MethodConfig[] = [{ name: "houlsby", size: 5, initStd: 0.1 }, { name: "full" }];

async function createLearner(
  engine: Engine,
  method: MethodConfig,
  shape: Partial<EncoderShape> = {},
): Promise<Learner> {
  const learner = await goldenLearner(
    engine,
    { method, kind: "classification", numLabels: 3, hiddenAct: "gelu" },
    shape,
  );
  onTestFinished(() => learner.dispose());
  return learner;
}

async function stepLosses(learner: Learner, pieces: Batch[], numSteps: number): Promise<number[]> {
  const losses: number[] = [];
  for (let step = 0; step < numSteps; step++)
    losses.push((await learner.step(pieces, step, 1e-3)).loss);
  return losses;
}

async function gradients(learner: Learner, pieces: Batch[]): Promise<Map<string, Float32Array>> {
  for (const [piece, rows] of pieces.entries())
    await learner.accumulate(rows, 1 / batch.numExamples, { step: 0, piece });
  const read = async (name: string) => (await learner.gradient(name).read()).slice();
  const entries = learner.trainedNames.map(async (name) => [name, await read(name)] as const);
  return new Map(await Promise.all(entries));
}

/**
 * The suite; the first engine is what the others are compared with. `slack` multiplies every tolerance: a GPU's exponentials are less
 * exact, and where its threads add up in any order, the same step does not give the same bits.
 */
export function describeLearners(engines: Engines, slack = 1): void {
  const tolerance = 1e-5 * slack;
  const created: Engine[] = [];
  beforeAll(async () => {
    for (const [, create] of engines) created.push(await create());
  });
  afterAll(async () => {
    for (const engine of created) await engine.dispose();
  });

  describe.each(methods)("$name", (method) => {
    test("with dropout, every engine takes the same three steps", async () => {
      const pieces = [rowsOf(batch, [0, 3]), rowsOf(batch, [1, 2])];
      const losses: number[][] = [];
      for (const engine of created)
        losses.push(await stepLosses(await createLearner(engine, method, dropout), pieces, 3));
      const [reference, ...others] = losses;
      for (const other of others) expect(relativeError(other, reference)).toBeLessThan(tolerance);
      const undropped = await stepLosses(await createLearner(created[0], method), pieces, 3);
      expect(relativeError(undropped, reference)).toBeGreaterThan(1e-3);
    });

    describe.each(engines.map(([name], index) => ({ name, index })))(
      "$name engine",
      ({ index }) => {
        test("a batch in pieces of different length has the loss and gradients of the whole", async () => {
          const pieces = [rowsOf(batch, [1]), rowsOf(batch, [2, 3]), rowsOf(batch, [0])];
          expect(pieces.map(({ length }) => length)).toEqual([4, 9, 11]);
          const whole = await createLearner(created[index], method);
          const split = await createLearner(created[index], method);
          const expected = await gradients(whole, [batch]);
          const actual = await gradients(split, pieces);
          for (const [name, values] of expected) {
            if (name.endsWith("self.key.bias")) continue; // zero but for rounding
            expect(relativeError(actual.get(name)!, values), name).toBeLessThan(tolerance);
          }
          const [{ loss }, parts] = [
            await whole.step([batch], 0, 0),
            await split.step(pieces, 0, 0),
          ];
          expect(relativeError([parts.loss], [loss])).toBeLessThan(tolerance);
          expect(parts.gradNorm).toBeGreaterThan(0);
        });

        test("one program serves batches of any shape", async () => {
          const learner = await createLearner(created[index], method);
          const { logits } = await learner.predict(batch);
          for (const rows of [[3], [1, 2], [2, 0, 1]]) {
            const part = await learner.predict(rowsOf(batch, rows));
            const expected = rows.flatMap((row) => [...logits.subarray(3 * row, 3 * row + 3)]);
            expect(relativeError(part.logits, expected)).toBeLessThan(tolerance);
          }
        });

        test("the same step gives the same bits", async () => {
          const [first, second] = [
            await stepLosses(await createLearner(created[index], method, dropout), small, 3),
            await stepLosses(await createLearner(created[index], method, dropout), small, 3),
          ];
          expect(relativeError(first, second)).toBeLessThanOrEqual(slack === 1 ? 0 : tolerance);
        });

        test("no tensor is left behind by a step or a prediction", async () => {
          const learner = await createLearner(created[index], method, dropout);
          const counts: number[] = [];
          for (let step = 0; step < 3; step++) {
            await learner.step(small, step, 1e-3);
            await learner.predict(small[0]);
            counts.push(tf.memory().numTensors);
          }
          expect(counts).toEqual(counts.map(() => counts[0]));
        });
      },
    );
  });
}
