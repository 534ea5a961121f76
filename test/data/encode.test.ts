// Flat token arrays and their cache: what is remembered, and that a bad cache changes nothing but the time.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { encodeSplit } from "../../src/data/encode.ts";
import type { Example } from "../../src/data/task.ts";
import type { TextTokenizer } from "../../src/text/tokenizer.ts";

const codes = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));

type ExampleTokenizer = Pick<TextTokenizer, "fingerprint" | "encode">;

/** One token per letter (its code), 1 and 2 around each text. Counts the examples it was given. */
function letterTokenizer(fingerprint = "letters"): ExampleTokenizer & { encoded: number } {
  return {
    fingerprint,
    encoded: 0,
    encode(texts, maxLength) {
      this.encoded += texts.length;
      return Promise.resolve(
        texts.map(({ text, textPair }) => {
          const first = [1, ...codes(text), 2];
          const second = textPair === undefined ? [] : [...codes(textPair), 2];
          return {
            ids: [...first, ...second].slice(0, maxLength),
            typeIds: [...first.map(() => 0), ...second.map(() => 1)].slice(0, maxLength),
            truncated: first.length + second.length > maxLength,
          };
        }),
      );
    },
  };
}

const examples: Example[] = [
  { text: "ab", label: 1 },
  { text: "", label: 0 },
  { text: "a", textPair: "bc", label: 2.5 },
  { text: "much too long", label: 1 },
];

let cacheDir: string;
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), "peft-cache-"));
});
afterEach(() => rmSync(cacheDir, { recursive: true }));

const cacheFile = () => join(cacheDir, readdirSync(cacheDir)[0]);

test("lays the tokens out flat", async () => {
  const split = await encodeSplit(letterTokenizer(), examples, {
    maxLength: 6,
    cacheDir: undefined,
  });
  expect(split).toEqual({
    ids: Int32Array.of(1, 97, 98, 2, 1, 2, 1, 97, 2, 98, 99, 2, 1, 109, 117, 99, 104, 32),
    typeIds: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0),
    offsets: Int32Array.of(0, 4, 6, 12, 18),
    labels: Float32Array.of(1, 0, 2.5, 1),
    count: 4,
    truncated: 1,
  });
});

test("works in chunks and reports each", async () => {
  const many = Array.from({ length: 4001 }, (_, i) => ({ text: "x".repeat(i % 7), label: i % 2 }));
  const progress: [number, number][] = [];
  const split = await encodeSplit(letterTokenizer(), many, {
    maxLength: 20,
    cacheDir: undefined,
    onProgress: (done, total) => progress.push([done, total]),
  });
  expect(progress).toEqual([
    [2000, 4001],
    [4000, 4001],
    [4001, 4001],
  ]);
  expect(split.offsets).toHaveLength(4002);
  for (const i of [0, 1999, 2000, 3999, 4000]) {
    expect(split.offsets[i + 1] - split.offsets[i]).toBe(2 + (i % 7));
  }
});

test("of no examples is empty", async () => {
  const split = await encodeSplit(letterTokenizer(), [], { maxLength: 6, cacheDir });
  expect(split).toMatchObject({ count: 0, truncated: 0, offsets: Int32Array.of(0) });
});

describe("the cache", () => {
  const encode = (tokenizer: ExampleTokenizer, list = examples, maxLength = 6) =>
    encodeSplit(tokenizer, list, { maxLength, cacheDir });

  test("gives the same split without the tokenizer", async () => {
    const tokenizer = letterTokenizer();
    const fresh = await encode(tokenizer);
    expect(await encode(tokenizer)).toEqual(fresh);
    expect(tokenizer.encoded).toBe(4);
  });

  test("reports a split that it has as done", async () => {
    await encode(letterTokenizer());
    const onProgress = vi.fn<(done: number, total: number) => void>();
    await encodeSplit(letterTokenizer(), examples, { maxLength: 6, cacheDir, onProgress });
    expect(onProgress.mock.calls).toEqual([[4, 4]]);
  });

  test("takes labels from the examples, not from the file", async () => {
    const tokenizer = letterTokenizer();
    await encode(tokenizer);
    const relabelled = examples.map((example) => ({ ...example, label: 7 }));
    expect((await encode(tokenizer, relabelled)).labels).toEqual(Float32Array.of(7, 7, 7, 7));
    expect(tokenizer.encoded).toBe(4);
  });

  test.each([
    ["another length", "letters", examples, 7],
    ["another tokenizer", "other", examples, 6],
    ["another text", "letters", examples.with(0, { text: "ac", label: 1 }), 6],
    ["another order", "letters", examples.toReversed(), 6],
    [
      "a text moved into a pair",
      "letters",
      examples.with(0, { text: "a", textPair: "b", label: 1 }),
      6,
    ],
  ])("does not confuse %s", async (_, fingerprint, list, maxLength) => {
    await encode(letterTokenizer());
    const tokenizer = letterTokenizer(fingerprint);
    await encode(tokenizer, list, maxLength);
    expect(tokenizer.encoded).toBe(4);
  });

  test.each<[string, (file: Buffer) => Buffer]>([
    ["is empty", () => Buffer.alloc(0)],
    ["is cut short", (file) => file.subarray(0, file.length - 5)],
    ["is longer than it should be", (file) => Buffer.concat([file, Buffer.alloc(3)])],
    ["has a flipped bit", (file) => file.fill(file[60] ^ 1, 60, 61)],
    ["is something else", () => Buffer.from("not a cache file".repeat(50))],
  ])("is encoded again where the file %s", async (_, damage) => {
    const fresh = await encode(letterTokenizer());
    writeFileSync(cacheFile(), damage(readFileSync(cacheFile())));
    const tokenizer = letterTokenizer();
    expect(await encode(tokenizer)).toEqual(fresh);
    expect(tokenizer.encoded).toBe(4);
    await encode(tokenizer);
    expect(tokenizer.encoded, "the file was repaired").toBe(4);
  });

  test("that cannot be written does not fail the run", async () => {
    const file = join(cacheDir, "a-file");
    writeFileSync(file, "");
    const split = await encodeSplit(letterTokenizer(), examples, { maxLength: 6, cacheDir: file });
    expect(split.count).toBe(4);
  });

  test.skipIf(process.getuid?.() === 0)("that cannot be read does not fail the run", async () => {
    await encode(letterTokenizer());
    chmodSync(cacheFile(), 0o000);
    expect((await encode(letterTokenizer())).count).toBe(4);
  });
});
