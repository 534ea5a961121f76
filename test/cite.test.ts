import { expect, test } from "vitest";
import { cite, kindOf, printable } from "../src/cite.ts";

test("what a terminal would obey is written out", () => {
  expect(printable("a\u001b[2Jb\u009b2Kc\u007f\r\n\t\u0000")).toBe(
    "a\\u001b[2Jb\\u009b2Kc\\u007f\\r\\n\\t\\u0000",
  );
  expect(printable("user\u202etxt.exe\u2028\u2066")).toBe("user\\u202etxt.exe\\u2028\\u2066");
  expect(printable("\ud83d \ude00 😀")).toBe("\\ud83d \\ude00 😀");
});

test("what people write stays as it is", () => {
  const text = "naïve “quotes” – 東京, שלום, 👩‍👩‍👧, e\u0301";
  expect(printable(text)).toBe(text);
});

test("a citation is one short line in quotation marks", () => {
  expect(cite('say "so"')).toBe('"say \\"so\\""');
  expect(cite("a\nb\u009b")).toBe('"a\\nb\\u009b"');
  expect(cite("x".repeat(1000))).toBe(`"${"x".repeat(59)}…"`);
});

test("kinds are named", () => {
  expect([null, undefined, [], {}, "", 1, true].map(kindOf)).toEqual([
    "null",
    "undefined",
    "a list",
    "an object",
    "a text",
    "a number",
    "a boolean",
  ]);
});
