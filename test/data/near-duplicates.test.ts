import { expect, test } from "vitest";
import { groupNearDuplicates } from "../../src/data/near-duplicates.ts";
import { permutation, randomStream } from "../../src/random.ts";

const words = Array.from(
  { length: 500 },
  (_, i) =>
    `w${"abcdefghij"[i % 10]}${"klmnopqrst"[Math.floor(i / 10) % 10]}${"uvwxy"[Math.floor(i / 100)]}`,
);

/** A text of `length` invented words, in an order of its own. */
function text(key: number, length: number): string[] {
  return Array.from(permutation(randomStream(7, "text", key), words.length), (i) => words[i]).slice(
    0,
    length,
  );
}

test("groups what differs in case, digits, punctuation and spacing", () => {
  const groups = groupNearDuplicates([
    "Buy 3 lamps, now!",
    "Nothing like the others",
    "BUY 17  lamps -- now",
    "Buy\nlamps now 99",
  ]);
  expect([...groups]).toEqual([0, 1, 0, 0]);
});

test("groups long texts with a changed beginning and end", () => {
  const campaign = text(0, 200);
  const copies = [
    campaign,
    ["dear", "fred", ...campaign],
    [...campaign, "xqz", "vvb"],
    campaign.with(100, "lamp"),
  ];
  const groups = groupNearDuplicates([
    ...copies.map((copy) => copy.join(" ")),
    text(1, 200).join(" "),
  ]);
  expect([...groups]).toEqual([0, 0, 0, 0, 4]);
});

test("a common third text joins two groups", () => {
  const [a, b] = [text(2, 150), text(3, 150)];
  const groups = groupNearDuplicates(
    [a, b, [...a, ...b.slice(0, 4)], a, b].map((t) => t.join(" ")),
  );
  expect([...groups]).toEqual([0, 1, 0, 0, 1]);
});

test("keeps 2,000 unrelated texts of common words apart", () => {
  const texts = Array.from({ length: 2000 }, (_, key) => text(key, 20 + (key % 60)).join(" "));
  expect(new Set(groupNearDuplicates(texts)).size).toBe(2000);
});

test("texts without words are one group; no text at all is none", () => {
  expect([...groupNearDuplicates(["", "123", "word", "!?"])]).toEqual([0, 0, 2, 0]);
  expect(groupNearDuplicates([])).toHaveLength(0);
});
