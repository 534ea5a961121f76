// Near misses get a suggestion, other words none.
import { describe, expect, test } from "vitest";
import { editDistance, suggest } from "../src/suggest.ts";

describe("editDistance", () => {
  test.each([
    ["", "", 0],
    ["", "abc", 3],
    ["size", "size", 0],
    ["siez", "size", 1], // one swap, not two substitutions
    ["epoch", "epochs", 1],
    ["kitten", "sitting", 3],
    ["ca", "abc", 3], // 2 if a swapped pair could be edited again
  ])("%j and %j: %i", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe("suggest", () => {
  const keys = ["learningRate", "epochs", "batchSize", "seed", "cpu"];
  test.each([
    ["learning_rate", "learningRate"],
    ["learninRate", "learningRate"],
    ["Epoch", "epochs"],
    ["batch-size", "batchSize"],
    ["gpu", undefined],
    ["optimizer", undefined],
    ["", undefined],
  ])("%j: %j", (word, expected) => {
    expect(suggest(word, keys)).toBe(expected);
  });
});
