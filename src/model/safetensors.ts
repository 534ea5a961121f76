// The safetensors format: an 8-byte little-endian header length, a JSON header, then raw tensors. Every offset is checked against
// the file before anything is read, and nothing in a file is ever executed. The header is in safetensors-header.ts.
// Reference: github.com/huggingface/safetensors, "Format".
import { closeSync, fstatSync, readSync } from "node:fs";
import { totalmem } from "node:os";
import { UserError } from "../errors.ts";
import { attempt, openFile, sha256, writeAtomic } from "../files.ts";
import { type Header, parseHeader, type TensorEntry, truncatedHint } from "./safetensors-header.ts";

/** The reference implementation's limit on the header, in bytes. */
const MAX_HEADER_BYTES = 100_000_000;

/** A float32 tensor in memory, row-major. */
export interface FloatTensor {
  shape: readonly number[];
  data: Float32Array;
}

/** An open file whose header has been checked. */
export interface SafetensorsFile {
  path: string;
  names: string[];
  metadata: Readonly<Record<string, string>>;
  shapeOf(name: string): readonly number[];
  /** Reads a tensor as float32, converting from fp64, fp16 or bf16. Throws UserError for integer tensors. */
  read(name: string): FloatTensor;
  close(): void;
}

/** Opens a file and checks its header. Throws UserError naming file, tensor and what is wrong. */
export function openSafetensors(path: string): SafetensorsFile {
  const file = openFile(path);
  try {
    const { entries, metadata } = readHeader(path, file);
    const entryOf = (name: string) => {
      const entry = entries.get(name);
      if (!entry) throw new UserError(`${path}: ${name}: no tensor of that name in the file`);
      return entry;
    };
    return {
      path,
      names: [...entries.keys()],
      metadata,
      shapeOf: (name) => entryOf(name).shape,
      read: (name) => readTensor(path, file, name, entryOf(name)),
      close: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** How many of the values are NaN or infinite. */
export function countNotFinite({ data }: FloatTensor): number {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) count++;
  return count;
}

/** Reads every tensor of a small file, such as an adapter. */
export function readSafetensors(path: string): {
  tensors: Map<string, FloatTensor>;
  metadata: Readonly<Record<string, string>>;
} {
  const file = openSafetensors(path);
  try {
    return {
      tensors: new Map(file.names.map((name) => [name, file.read(name)])),
      metadata: file.metadata,
    };
  } finally {
    file.close();
  }
}

/** Writes float32 tensors atomically, in the order given. Equal content gives equal bytes; returns their SHA-256. */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, FloatTensor>,
  metadata: Readonly<Record<string, string>>,
): string {
  const header: [name: string, value: unknown][] = [["__metadata__", metadata]];
  let offset = 0;
  for (const [name, { data, shape }] of tensors) {
    const end = offset + data.byteLength;
    header.push([name, { dtype: "F32", shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const padding = Buffer.alloc((8 - (json.length % 8)) % 8, " "); // keeps the tensors 8-byte aligned
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length + padding.length));
  const bytes = [...tensors.values()].map(
    ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  const chunks = [length, json, padding, ...bytes]; // a few per tensor
  writeAtomic(path, ...chunks);
  return sha256(...chunks);
}

function readHeader(path: string, file: number): Header {
  const fileBytes = fstatSync(file).size;
  if (fileBytes < 8)
    throw new UserError(`${path}: ${fileBytes} bytes: expected a safetensors file`, truncatedHint);
  const start = readRange(path, file, 0, 8);
  if (start.toString("latin1") === "version ")
    throw new UserError(`${path}: a pointer to a file in Git LFS: expected a safetensors file`, {
      hint: "get the file itself: git lfs pull",
    });
  const headerBytes = Number(start.readBigUInt64LE());
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > fileBytes)
    throw new UserError(
      `${path}: header length ${headerBytes}: expected at most ${Math.min(MAX_HEADER_BYTES, fileBytes - 8)} in a file of ${fileBytes} bytes`,
      truncatedHint,
    );
  return parseHeader(path, readRange(path, file, 8, headerBytes), fileBytes);
}

function readTensor(
  path: string,
  file: number,
  name: string,
  { begin, end, shape, type }: TensorEntry,
): FloatTensor {
  if (end - begin > totalmem())
    throw new UserError(
      `${path}: ${name}: ${end - begin} bytes: expected a tensor that fits in this machine's memory, ${totalmem()} bytes`,
    );
  const bytes = readRange(path, file, begin, end - begin);
  switch (type) {
    case "F32":
      return { shape, data: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) };
    case "F64":
      return {
        shape,
        data: Float32Array.from(new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8)),
      };
    case "F16":
      return { shape, data: fromBits(bytes, halfToFloat) };
    case "BF16":
      return { shape, data: fromBits(bytes, (bits) => bits << 16) };
    default:
      throw new UserError(`${path}: ${name}: ${type}: expected F32, F16, BF16 or F64`);
  }
}

const MAX_READ_BYTES = 2 ** 30; // a single read of 2 GiB or more is beyond what Node passes to the system

/** A fresh, aligned copy of a range of the file. */
function readRange(path: string, file: number, begin: number, length: number): Buffer {
  const bytes = allocate(path, length);
  for (let done = 0; done < length;) {
    const wanted = Math.min(length - done, MAX_READ_BYTES);
    const count = attempt(path, () => readSync(file, bytes, done, wanted, begin + done));
    if (count === 0)
      throw new UserError(`${path}: the file ended while it was read`, truncatedHint);
    done += count;
  }
  return bytes;
}

function allocate(path: string, length: number): Buffer {
  try {
    return Buffer.from(new ArrayBuffer(length));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UserError(`${path}: ${length} bytes at once: expected what fits in memory`, {
      cause,
    });
  }
}

/** Converts 16-bit values through a function from their bits to the bits of a float32. */
function fromBits(bytes: Buffer, convert: (bits: number) => number): Float32Array {
  const source = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const bits = new Uint32Array(source.length);
  for (let i = 0; i < source.length; i++) bits[i] = convert(source[i]); // many times faster than Uint32Array.from
  return new Float32Array(bits.buffer);
}

/** IEEE 754 binary16 bits to binary32 bits. */
function halfToFloat(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (mantissa << 13); // infinity, NaN
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  const shift = Math.clz32(mantissa) - 21; // a subnormal half is a normal float
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}
