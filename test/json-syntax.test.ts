// Places of syntax errors, against those that JSON.parse names where it names one.
import { expect, test } from "vitest";
import { findSyntaxError } from "../src/json-syntax.ts";

const text =
  '{"a": [1, -2.5e3, "x\\u00e9\\n\\"", true, null, {}, []],\n "b": {"c": false, "d": [[""]]}}';

/** The place in the message of JSON.parse; null where it has none, undefined where the text is JSON. */
function placeByParse(broken: string): number | null | undefined {
  try {
    JSON.parse(broken);
    return undefined;
  } catch (error) {
    const { message } = error as SyntaxError;
    if (message.startsWith("Unexpected end")) return broken.length;
    const place = /at position (\d+)/.exec(message)?.[1];
    return place === undefined ? null : Number(place);
  }
}

/** Every text that differs from the good one by a character left out, put in or replaced, or that ends early. */
const broken = Array.from(text, (_, i) => [
  text.slice(0, i),
  text.slice(0, i) + text.slice(i + 1),
  ...['"', "x", ",", "]", "}", "\n", "7", "\\"].flatMap((letter) => [
    text.slice(0, i) + letter + text.slice(i),
    text.slice(0, i) + letter + text.slice(i + 1),
  ]),
]).flat();

test("are where JSON.parse says they are, or where the escape, number or word begins", () => {
  const places = broken.map((one) => ({ one, expected: placeByParse(one) }));
  const named = places.filter(({ expected }) => typeof expected === "number");
  expect(named.length).toBeGreaterThan(300);
  for (const { expected, one } of named) {
    const begun = one.slice(findSyntaxError(one).position, expected!);
    expect(findSyntaxError(one).position + begun.length, one).toBe(expected);
    expect(begun, one).toMatch(/^(?:\\u?[0-9a-f]*|[-+.e]*|[a-z]*)$/);
  }
});

test("are where a text stops being the beginning of JSON, where JSON.parse does not say", () => {
  const unnamed = broken.filter((one) => placeByParse(one) === null);
  expect(unnamed.length).toBeGreaterThan(50);
  for (const one of unnamed) {
    const { position } = findSyntaxError(one);
    const before = one.slice(0, position);
    expect(placeByParse(before) ?? before.length, one).toBe(before.length);
  }
});

test("no strings are too long", () => {
  const long = `{"context": "${"long \\n".repeat(4_000_000)}", oops}`;
  expect(findSyntaxError(long)).toEqual({ position: long.indexOf("oops"), expected: "key" });
});
