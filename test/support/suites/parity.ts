// Engine contract: every method on every engine agrees with PyTorch's autograd and AdamW. The tolerances are those of float32
// against double precision over a few dozen operations; PyTorch's own float32 run differs by as much (golden.json says how much).
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../../src/engine/engine.ts";
import type { Learner } from "../../../src/train/learner.ts";
import type { Engines } from "../engines.ts";
import {
  cases,
  goldenBatch,
  type GoldenCase,
  goldenCaseLearner,
  goldenTensors,
  learningRates,
  relativeError,
} from "../golden.ts";

/** Relative to the largest value of a tensor, but for `vanishing`. What was seen here is 3 to 10 times smaller. */
const tolerances = {
  logits: 2e-6,
  gradient: 1e-5,
  vanishing: 1e-7,
  losses: 2e-6,
  /** Leaving out the weight decay changes the parameters it acts on by 2e-4 to 4e-4. */
  final: 1e-4,
};

/** The suite; `slack` multiplies every tolerance, for GPUs whose exponentials are less exact. */
export function describeParity(engines: Engines, slack = 1): void {
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
        const expected = goldenTensors(example, "logits").get("")!;
        expect(relativeError(logits, expected.data)).toBeLessThan(tolerances.logits * slack);
        expect(relativeError([lossSum / batch.numExamples], [example.loss])).toBeLessThan(
          tolerances.losses * slack,
        );
      });

      test.runIf(example.losses)(
        "gradient of every trained parameter, and of no other",
        async () => {
          const expected = goldenTensors(example, "grad/");
          expect(learner.trainedNames.toSorted()).toEqual([...expected.keys()].toSorted());
          await learner.accumulate(batch, 1 / batch.numExamples, { step: 0, piece: 0 });
          for (const [name, { data }] of expected) {
            const gradient = (await learner.gradient(name).read()).slice();
            const [error, tolerance] = hasNoEffect(name, example)
              ? [largest(gradient), tolerances.vanishing]
              : [relativeError(gradient, data), tolerances.gradient];
            expect(error, name).toBeLessThan(tolerance * slack);
            learner.gradient(name).write(new Float32Array(data.length));
          }
        },
      );

      test.runIf(example.losses)("losses and parameters over 10 optimizer steps", async () => {
        const losses: number[] = [];
        for (const [step, learningRate] of learningRates.entries())
          losses.push((await learner.step([batch], step, learningRate)).loss);
        expect(relativeError(losses, example.losses!)).toBeLessThan(tolerances.losses * slack);
        // The deviation is absolute, and the largest values of a tensor are about a quarter.
        const tolerance = Math.max(tolerances.final, 4 * example.float32Deviation.final);
        for (const [name, { data }] of goldenTensors(example, "final/")) {
          if (hasNoEffect(name, example)) continue; // Adam turns its rounding noise into steps of full size
          const values = await learner.parameter(name).read();
          expect(relativeError(values, data), name).toBeLessThan(tolerance * slack);
        }
      });
    });
  });
}

/** These shift all that a softmax sees alike: the scores of a query, or the logits of all tokens. */
function hasNoEffect(name: string, { kind }: GoldenCase): boolean {
  const ofSpans = ["qa_outputs.bias", "encoder.layer.1.output.LayerNorm.bias"];
  return name.endsWith("self.key.bias") || (kind === "span" && ofSpans.includes(name));
}

function largest(values: Float32Array): number {
  return values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}
