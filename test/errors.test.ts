import { expect, test } from "vitest";
import { UserError } from "../src/errors.ts";

test("an error of a long value says where it is and what was expected", () => {
  const key = "k".repeat(100_000);
  const { hint = "", message } = new UserError(
    ["2 problems", `a.yaml:1:1: ${key}: unknown key`, `${key}\ud83d`],
    { hint: key },
  );
  const lines = message.split("\n  ");
  expect(lines.map(({ length }) => length)).toEqual([10, 1500, 1500]);
  expect(lines[1]).toMatch(/^a\.yaml:1:1: k+…k+: unknown key$/);
  expect(lines[2]).toMatch(/k\\ud83d$/);
  expect(hint).toHaveLength(1500);
});

test("no character of an error is cut in two", () => {
  for (const before of ["", "x"]) {
    const { message } = new UserError(before + "😀".repeat(1000));
    expect(Buffer.from(message).toString()).toBe(message);
  }
});

test("errors of usual length stay as they are", () => {
  const text = `${"/folder".repeat(150)}: no such file`;
  expect(new UserError(text).message).toBe(text);
});
