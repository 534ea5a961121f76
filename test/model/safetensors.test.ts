import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.ts";
import {
  countNotFinite,
  openSafetensors,
  readSafetensors,
  writeSafetensors,
} from "../../src/model/safetensors.ts";
import { temporaryFolders } from "../support/temp.ts";

const folder = temporaryFolders();

/** A file with this header (text as it is, objects as JSON) and these bytes after it. */
function write(header: string | object, data: ArrayBufferView = new Uint8Array(0)): string {
  const path = join(folder(), "model.safetensors");
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  writeFileSync(path, Buffer.concat([length, json, bytes]));
  return path;
}

/** A file with the one tensor `x`. */
function writeTensor(dtype: string, shape: number[], data: ArrayBufferView): string {
  return write({ x: { dtype, shape, data_offsets: [0, data.byteLength] } }, data);
}

const readX = (path: string) => [...readSafetensors(path).tensors.get("x")!.data];

/** The UserError that reading the whole file throws. */
function errorOf(path: string): UserError {
  try {
    readSafetensors(path);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error(`${path} was read`);
}

describe("writeSafetensors", () => {
  const tensors = new Map([
    ["b", { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, -0, Infinity, 1e-40) }],
    ["a.weight", { shape: [], data: Float32Array.of(7) }],
    ["empty", { shape: [0, 4], data: new Float32Array(0) }],
  ]);
  const metadata = { format: "pt", note: "naïve ✓" };

  test("writes what is read back, in the same order", () => {
    const path = join(folder(), "x.safetensors");
    writeSafetensors(path, tensors, metadata);
    const read = readSafetensors(path);
    expect([...read.tensors]).toEqual([...tensors]);
    expect(read.metadata).toEqual(metadata);
  });

  test("writes equal bytes for equal content, tensors aligned to 8 bytes", () => {
    const [first, second] = [join(folder(), "1"), join(folder(), "2")];
    writeSafetensors(first, tensors, metadata);
    writeSafetensors(second, new Map(tensors), { ...metadata });
    const bytes = readFileSync(first);
    expect(readFileSync(second).equals(bytes)).toBe(true);
    expect(Number(bytes.readBigUInt64LE()) % 8).toBe(0);
  });
});

describe("reads", () => {
  test("fp16: normal, subnormal, infinite, not a number", () => {
    const bits = [0x3c00, 0xc000, 0x7bff, 0x0400, 0x03ff, 0x0001, 0x8001, 0x8000, 0x7c00, 0xfc00];
    expect(readX(writeTensor("F16", [10], Uint16Array.from(bits)))).toEqual([
      1,
      -2,
      65504,
      2 ** -14,
      1023 * 2 ** -24,
      2 ** -24,
      -(2 ** -24),
      -0,
      Infinity,
      -Infinity,
    ]);
    expect(readX(writeTensor("F16", [1], Uint16Array.of(0x7e00)))).toEqual([NaN]);
  });

  test("bf16, which is the upper half of a float32", () => {
    const values = Float32Array.of(1, -3.5, 2 ** -130, Infinity, -0);
    const upper = new Uint16Array(values.buffer).filter((_, i) => i % 2 === 1);
    expect(readX(writeTensor("BF16", [5], upper))).toEqual([...values]);
  });

  test("fp64, rounded to float32", () => {
    const values = Float64Array.of(0.1, -1e300, 2);
    expect(readX(writeTensor("F64", [3], values))).toEqual([Math.fround(0.1), -Infinity, 2]);
  });

  test("one tensor of a file that also holds integers", () => {
    const header = {
      position_ids: { dtype: "I64", shape: [1], data_offsets: [0, 8] },
      x: { dtype: "F32", shape: [1], data_offsets: [8, 12] },
    };
    const path = write(header, Float32Array.of(0, 0, 4));
    const file = openSafetensors(path);
    expect(file.names).toEqual(["position_ids", "x"]);
    expect(file.shapeOf("x")).toEqual([1]);
    expect([...file.read("x").data]).toEqual([4]);
    expect(() => file.read("y")).toThrow(`${path}: y: no tensor of that name in the file`);
    expect(() => file.read("position_ids")).toThrow(
      `${path}: position_ids: I64: expected F32, F16, BF16 or F64`,
    );
    file.close();
  });
});

test("names are taken as they are, those that every object has too", () => {
  const path = join(folder(), "x.safetensors");
  const names = ["__proto__", "toString", "10", 'a "quoted": \\ name', "constructor"];
  const tensors = new Map(names.map((name, i) => [name, { shape: [1], data: Float32Array.of(i) }]));
  writeSafetensors(path, tensors, { toString: "text", "a:b": '"c":' });
  expect(readSafetensors(path).tensors).toEqual(tensors);
});

test("countNotFinite", () => {
  const data = Float32Array.of(1, NaN, Infinity, -Infinity, 3.4e38, -0);
  expect(countNotFinite({ shape: [6], data })).toBe(3);
});

describe("refuses", () => {
  const x = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  const twoFloats = Float32Array.of(1, 2);

  test("a file cut short at any place, naming it", () => {
    const path = writeTensor("F32", [2], twoFloats);
    const { length } = readFileSync(path);
    for (let size = length - 1; size >= 0; size -= 5) {
      const file = openSync(path, "r+");
      ftruncateSync(file, size);
      closeSync(file);
      expect(errorOf(path).message).toContain(path);
      expect(errorOf(path).message).toMatch(/expected/);
    }
  });

  test.each([0n, 100n, 2n ** 40n, 2n ** 64n - 1n])(
    "a header of %d bytes in a short file",
    (size) => {
      const path = write({ x }, twoFloats);
      const bytes = readFileSync(path);
      bytes.writeBigUInt64LE(size);
      writeFileSync(path, bytes);
      expect(errorOf(path).hint).toMatch(/truncated or of another format/);
    },
  );

  test.each<[string, string | object, string]>([
    ["a header that is not JSON", "PK\u0003\u0004 zipped", "header: expected JSON"],
    ["a header that is a list", "[1, 2]", "header: expected a JSON object"],
    ["a header that is null", "null", "header: expected a JSON object"],
    ["a tensor without a type", { x: { ...x, dtype: undefined } }, "x: expected dtype, shape"],
    ["a tensor that is null", { x: null }, "x: expected dtype, shape and data_offsets"],
    ["a negative dimension", { x: { ...x, shape: [-2] } }, "x: expected dtype, shape"],
    ["a fractional offset", { x: { ...x, data_offsets: [0, 7.5] } }, "x: expected dtype, shape"],
    ["offsets beyond the file", { x: { ...x, data_offsets: [8, 16] } }, "expected them inside"],
    ["offsets in the wrong order", { x: { ...x, data_offsets: [8, 0] } }, "expected them inside"],
    ["too few bytes", { x: { ...x, shape: [3] } }, "x: 8 bytes: expected 12 for F32 of shape [3]"],
    ["too many bytes", { x: { ...x, shape: [1] } }, "x: 8 bytes: expected 4 for F32 of shape [1]"],
    ["a huge shape", { x: { ...x, shape: [2 ** 50, 2 ** 50] } }, "x: 8 bytes: expected"],
    ["integers", { x: { ...x, dtype: "I32" } }, "x: I32: expected F32, F16, BF16 or F64"],
  ])("%s", (_, header, message) => {
    const path = write(header, twoFloats);
    expect(errorOf(path).message).toContain(`${path}: `);
    expect(errorOf(path).message).toContain(message);
  });

  test.each<[string, string, string]>([
    ["a tensor that stands there twice", '{"x": X, "y": Y, "x": X}', '"x" stands there twice'],
    [
      "a shape that stands there twice",
      '{"x": {"shape": [1], REST}}',
      '"shape" stands there twice',
    ],
    ["metadata that is a list", '{"__metadata__": [1], "x": X}', "header: __metadata__: "],
    ["metadata with a number", '{"__metadata__": {"a": 1}, "x": X}', "__metadata__: a: "],
    ["bytes before the first tensor", '{"y": Y}', "y: begins at byte"],
    [
      "bytes behind the last tensor",
      '{"x": {"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      "where the last tensor ends",
    ],
    [
      "a type that every object has",
      '{"x": {"dtype":"toString","shape":[2],"data_offsets":[0,8]}}',
      "x: toString: expected F32",
    ],
    [
      "a type in lower case",
      '{"x": {"dtype":"f32","shape":[2],"data_offsets":[0,8]}}',
      "x: f32: expected F32",
    ],
    [
      "8-bit floats",
      '{"x": {"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}',
      "x: F8_E4M3: expected F32",
    ],
    [
      "a size beyond 2^53",
      '{"x": {"dtype":"F32","shape":[9007199254740991,9007199254740991],"data_offsets":[0,8]}}',
      "x: 8 bytes: expected as many",
    ],
  ])("%s", (_, header, message) => {
    const y = { dtype: "F32", shape: [1], data_offsets: [4, 8] };
    const json = header
      .replaceAll("X", JSON.stringify({ ...y, data_offsets: [0, 4] }))
      .replace("Y", JSON.stringify(y))
      .replace("REST", JSON.stringify(x).slice(1, -1));
    expect(errorOf(write(json, twoFloats)).message).toContain(message);
  });

  test("a pointer to a file in Git LFS", () => {
    const path = join(folder(), "x");
    writeFileSync(path, "version https://git-lfs.github.com/spec/v1\n");
    expect(errorOf(path)).toMatchObject({
      message: `${path}: a pointer to a file in Git LFS: expected a safetensors file`,
      hint: expect.stringContaining("git lfs pull"),
    });
  });

  test("a header that is not UTF-8", () => {
    const path = write({ "x?": x }, twoFloats);
    const bytes = readFileSync(path);
    bytes[bytes.indexOf("?")] = 0xff;
    writeFileSync(path, bytes);
    expect(errorOf(path).message).toBe(`${path}: header: not UTF-8: expected JSON in UTF-8`);
  });

  test("tensors that share bytes", () => {
    const header = { x, y: { ...x, data_offsets: [4, 12] } };
    expect(errorOf(write(header, new Float32Array(3))).message).toMatch(/y: bytes .* overlap/);
  });

  test("a missing file and a folder", () => {
    const missing = join(folder(), "none.safetensors");
    expect(errorOf(missing).message).toBe(`${missing}: no such file or folder`);
    const path = folder();
    expect(errorOf(path).message).toBe(`${path}: is a folder, expected a file`);
  });
});
