// The fuzzer's inputs: the same ones from the same seed, whatever was drawn before, and of the forms that they promise.
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { Draw } from "../../benchmarks/fuzz/draw.ts";
import { type Files, mutateFiles } from "../../benchmarks/fuzz/mutate.ts";

const safetensors = (() => {
  const header = { a: { dtype: "F32", shape: [2], data_offsets: [0, 8] } };
  const json = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([size, json, Buffer.alloc(8)]);
})();

const seed: Files = {
  "a.json": Buffer.from('{"list": [1, {"x": "y"}], "name": "n"}'),
  "a.yaml": Buffer.from("task: {name: cola}\nseed: 3\n"),
  "a.csv": Buffer.from('text,label\n"a, b",yes\nc,no\n'),
  "a.jsonl.gz": gzipSync('{"text": "a"}\n{"text": "b"}\n'),
  "a.safetensors": safetensors,
};

const inputs = (start: number, length = 300): Files[] =>
  Array.from({ length }, (_, i) => mutateFiles(new Draw(7, "test", start + i), [seed], () => true));

test("an input depends on the seed and its index alone", () => {
  expect(inputs(100, 50)).toEqual(inputs(0).slice(100, 150));
  const other = mutateFiles(new Draw(8, "test", 0), [seed], () => true);
  expect(other).not.toEqual(inputs(0, 1)[0]);
});

test("seeds stay as they are, and most inputs differ from them in one file", () => {
  const bytesNow = () => Object.values(seed).map((bytes) => Buffer.from(bytes).toString("hex"));
  const before = bytesNow();
  const changed = inputs(0).map(
    (files) => Object.keys(seed).filter((name) => files[name] !== seed[name]).length,
  );
  expect(bytesNow()).toEqual(before);
  expect(changed.filter((count) => count === 1).length).toBeGreaterThan(200);
});

test("changed JSON is JSON more often than not, so that readers get beyond its syntax", () => {
  const parses = inputs(0).flatMap(({ "a.json": bytes }) => {
    if (!bytes || bytes === seed["a.json"]) return [];
    try {
      JSON.parse(Buffer.from(bytes).toString("utf8"));
      return [true];
    } catch {
      return [false];
    }
  });
  expect(parses.length).toBeGreaterThan(30);
  expect(parses.filter(Boolean).length).toBeGreaterThan(parses.length / 2);
});
