import { describe, expect, test } from "vitest";
import { learningRateAt } from "../../src/train/schedule.ts";

const ratesOf = (totalSteps: number, warmupFraction: number, learningRate = 1) =>
  Array.from({ length: totalSteps }, (_, step) =>
    learningRateAt(step, totalSteps, { learningRate, warmupFraction }),
  );

describe("learningRateAt", () => {
  test("climbs to the peak during the warm-up and falls to one step above zero", () => {
    const rates = ratesOf(10, 0.4, 8);
    expect(rates).toEqual([2, 4, 6, 8, 8, (8 * 5) / 6, (8 * 4) / 6, 4, (8 * 2) / 6, 8 / 6]);
    expect(learningRateAt(10, 10, { learningRate: 8, warmupFraction: 0.4 })).toBe(0);
  });

  test("starts at the peak without a warm-up", () => {
    expect(ratesOf(4, 0)).toEqual([1, 0.75, 0.5, 0.25]);
  });

  test("only climbs when all of it is warm-up", () => {
    expect(ratesOf(4, 1)).toEqual([0.25, 0.5, 0.75, 1]);
  });

  test("takes a run of one step at the peak", () => {
    expect(ratesOf(1, 0.1)).toEqual([1]);
  });
});
