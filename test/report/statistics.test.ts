// Means and standard errors against SciPy 1.17.1 (scipy.stats.sem).
import { describe, expect, test } from "vitest";
import { mean, statistic } from "../../src/report/statistics.ts";

describe("statistic", () => {
  test.each([
    [[0.81, 0.83, 0.86], 0.8333333333333334, 0.01452966314513557],
    [[0.7, 0.75], 0.725, 0.02500000000000002],
    [[0.8912, 0.9003, 0.8875, 0.8951, 0.9022], 0.8952600000000001, 0.002741277074649703],
  ])("of %j as SciPy has it", (values, expectedMean, expectedSem) => {
    const { mean: actualMean, sem } = statistic(values);
    expect(actualMean).toBeCloseTo(expectedMean, 14);
    expect(sem).toBeCloseTo(expectedSem, 14);
  });

  test("one value has no standard error, none has no mean", () => {
    expect(statistic([0.5])).toEqual({ mean: 0.5, sem: null });
    expect(statistic([])).toEqual({ mean: null, sem: null });
    expect(mean([])).toBeNull();
  });
});
