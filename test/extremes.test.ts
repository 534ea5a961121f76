import { expect, test } from "vitest";
import { largest, smallest } from "../src/extremes.ts";

test("more values than a call can have arguments", () => {
  const values = Array.from({ length: 1_000_000 }, (_, i) => (i * 7919) % 1_000_003);
  expect([smallest(values), largest(values)]).toEqual([0, 1_000_002]);
});

test("no values, and one that is no number", () => {
  expect([smallest([]), largest([])]).toEqual([Infinity, -Infinity]);
  expect([smallest([1, NaN, 2]), largest([1, NaN, 2])]).toEqual([NaN, NaN]);
});
