// The safetensors format: an 8-byte little-endian header length, a JSON header, then raw tensors. Every offset is checked against
// the file before anything is read, and nothing in a file is ever executed.
// Reference: github.com/huggingface/safetensors, "Format".
import { closeSync, fstatSync, readSync } from "node:fs";
import { UserError } from "../errors.ts";
import { attempt, openFile, sha256, writeAtomic } from "../files.ts";
import { sizeOf } from "./shape.ts";

/** The reference implementation's limit on the header, in bytes. */
const MAX_HEADER_BYTES = 100_000_000;

const bytesPerValue = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;
type FloatType = keyof typeof bytesPerValue;

interface TensorEntry {
  type: string;
  shape: number[];
  /** Bytes of the file, from the first to after the last. */
  begin: number;
  end: number;
}

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
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { data, shape }] of tensors) {
    const end = offset + data.byteLength;
    header[name] = { dtype: "F32", shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
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

function readHeader(path: string, file: number) {
  const fileBytes = fstatSync(file).size;
  if (fileBytes < 8)
    throw new UserError(`${path}: ${fileBytes} bytes: expected a safetensors file`, truncatedHint);
  const headerBytes = Number(readRange(path, file, 0, 8).readBigUInt64LE());
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > fileBytes)
    throw new UserError(
      `${path}: header length ${headerBytes}: expected at most ${Math.min(MAX_HEADER_BYTES, fileBytes - 8)} in a file of ${fileBytes} bytes`,
      truncatedHint,
    );
  const header = parseHeader(path, readRange(path, file, 8, headerBytes).toString("utf8"));
  const { __metadata__: metadata = {}, ...tensors } = header;
  const entries = new Map<string, TensorEntry>();
  for (const [name, value] of Object.entries(tensors))
    entries.set(name, checkEntry(path, name, value, 8 + headerBytes, fileBytes));
  refuseOverlap(path, entries);
  return { entries, metadata: metadata as Record<string, string> };
}

const truncatedHint = {
  hint: "the file is truncated or of another format: copy or download it again",
};

function parseHeader(path: string, json: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch (cause) {
    throw new UserError(`${path}: header: expected JSON`, { ...truncatedHint, cause });
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw new UserError(`${path}: header: expected a JSON object`, truncatedHint);
  return header as Record<string, unknown>;
}

function checkEntry(
  path: string,
  name: string,
  value: unknown,
  dataStart: number,
  fileBytes: number,
): TensorEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const isCount = (x: unknown) => Number.isSafeInteger(x) && (x as number) >= 0;
  const isList = (x: unknown): x is number[] => Array.isArray(x) && x.every(isCount);
  if (typeof dtype !== "string" || !isList(shape) || !isList(offsets) || offsets.length !== 2)
    throw new UserError(`${path}: ${name}: expected dtype, shape and data_offsets in the header`);
  const [begin, end] = offsets.map((offset) => dataStart + offset);
  if (begin > end || end > fileBytes)
    throw new UserError(
      `${path}: ${name}: bytes ${begin} to ${end}: expected them inside the file's ${fileBytes}`,
      truncatedHint,
    );
  const valueBytes = bytesPerValue[dtype as FloatType];
  if (valueBytes && sizeOf(shape) * valueBytes !== end - begin)
    throw new UserError(
      `${path}: ${name}: ${end - begin} bytes: expected ${sizeOf(shape) * valueBytes} for ${dtype} of shape [${shape.join(", ")}]`,
    );
  return { type: dtype, shape, begin, end };
}

function refuseOverlap(path: string, entries: ReadonlyMap<string, TensorEntry>): void {
  const sorted = [...entries].toSorted(([, a], [, b]) => a.begin - b.begin);
  for (const [i, [name, { begin, end }]] of sorted.entries())
    if (i > 0 && begin < sorted[i - 1][1].end)
      throw new UserError(
        `${path}: ${name}: bytes ${begin} to ${end} overlap those of ${sorted[i - 1][0]}: expected each byte to belong to one tensor`,
      );
}

function readTensor(
  path: string,
  file: number,
  name: string,
  { begin, end, shape, type }: TensorEntry,
): FloatTensor {
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

/** A fresh, aligned copy of a range of the file. */
function readRange(path: string, file: number, begin: number, length: number): Buffer {
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let done = 0; done < length;) {
    const count = attempt(path, () => readSync(file, bytes, done, length - done, begin + done));
    if (count === 0)
      throw new UserError(`${path}: the file ended while it was read`, truncatedHint);
    done += count;
  }
  return bytes;
}

/** Converts 16-bit values through a function from their bits to the bits of a float32. */
function fromBits(bytes: Buffer, convert: (bits: number) => number): Float32Array {
  const source = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const bits = Uint32Array.from(source, convert);
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
