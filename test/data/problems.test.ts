import { expect, test } from "vitest";
import { Problems } from "../../src/data/problems.ts";
import { UserError } from "../../src/errors.ts";

function problems(count: number): Problems {
  const all = new Problems();
  for (let i = 1; i <= count; i++)
    all.collect(() => {
      throw new UserError(`x.csv:${i}: bad`, { hint: `hint ${i}` });
    });
  return all;
}

test("no problem, no error; a bug is no problem", () => {
  const none = new Problems();
  expect(none.collect(() => 7)).toBe(7);
  expect(() => none.refuse("")).not.toThrow();
  const bug = () => {
    throw new TypeError("bug");
  };
  expect(() => none.collect(bug)).toThrow(TypeError);
});

test("one is told as it is, several as a list with the first hint, many are counted", () => {
  expect(() => problems(1).refuse(" in x.csv")).toThrow(
    new UserError("x.csv:1: bad", { hint: "hint 1" }),
  );
  expect(() => problems(2).refuse(" in x.csv")).toThrow(
    "2 problems in x.csv\n  x.csv:1: bad\n  x.csv:2: bad",
  );
  expect(() => problems(30).refuse(" in x.csv")).toThrow(
    /^30 problems in x\.csv\n(?: {2}x\.csv:\d+: bad\n){20} {2}and 10 more$/,
  );
});
