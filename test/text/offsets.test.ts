// Places in texts whose characters take one or two code units, against what JavaScript's own iteration says.
import { expect, test } from "vitest";
import { coverMarks, utf16Places } from "../../src/text/offsets.ts";

test.each(["", "plain", "naïve 日本", "😀", "a😀b𝄞𝄞c", "x\ud800y😀", "😀\udc00", "👩‍🔬"])(
  "characters of %j become code units",
  (text) => {
    const toUtf16 = utf16Places(text);
    const characters = Array.from(text);
    for (let i = 0; i <= characters.length; i++)
      expect(toUtf16(i)).toBe(characters.slice(0, i).join("").length);
    expect(toUtf16(characters.length + 7)).toBe(text.length + 7);
  },
);

test("tokens are stretched over the marks behind them, and no further", () => {
  const text = "e\u0301te\u0301\u0302 x\u0308y ❤\ufe0f z";
  const starts = Int32Array.of(0, 2, 3, 7, 9, 11, 14);
  const ends = Int32Array.of(1, 3, 4, 8, 10, 12, 15);
  coverMarks(text, starts, ends);
  const tokens = Array.from(starts, (start, i) => text.slice(start, ends[i]));
  expect(tokens).toEqual(["e\u0301", "t", "e\u0301\u0302", "x\u0308", "y", "❤\ufe0f", "z"]);
});

test("a mark that is a token of its own stays one", () => {
  const starts = Int32Array.of(0, 1);
  const ends = Int32Array.of(1, 2);
  coverMarks("e\u0301", starts, ends);
  expect(ends).toEqual(Int32Array.of(1, 2));
});
