// The header of a safetensors file: names, types, shapes and places of its tensors. Refuses what the reference implementation refuses:
// bytes that belong to no tensor or to two, and names that stand in it twice, of which JSON alone would keep the last.
import { isUtf8 } from "node:buffer";
import { z } from "zod";
import { cite } from "../cite.ts";
import { UserError } from "../errors.ts";
import { checkJson, parseJson } from "../json.ts";
import { showShape, sizeOf } from "./shape.ts";

/** Bytes of a value of each type that can be read. */
const bytesPerValue = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const;
export type FloatType = keyof typeof bytesPerValue;

/** Where a tensor is, and how its bytes are to be read. */
export interface TensorEntry {
  /** One of `FloatType`, or a type that cannot be read. */
  type: string;
  shape: readonly number[];
  /** Bytes of the file, from the first to after the last. */
  begin: number;
  end: number;
}

/** A header that has been checked. */
export interface Header {
  entries: ReadonlyMap<string, TensorEntry>;
  metadata: Readonly<Record<string, string>>;
}

/** What to do about a file that cannot be what it says. */
export const truncatedHint = {
  hint: "the file is truncated or of another format: copy or download it again",
};

const Metadata = z.record(z.string(), z.string()).nullish();

/** Checks the header in `bytes`, which follow the eight that give its length. Throws UserError naming file and tensor. */
export function parseHeader(path: string, bytes: Buffer, fileBytes: number): Header {
  const place = `${path}: header`;
  if (!isUtf8(bytes))
    throw new UserError(`${place}: not UTF-8: expected JSON in UTF-8`, truncatedHint);
  const text = bytes.toString("utf8");
  const header = parseText(place, text);
  if (typeof header !== "object" || header === null || Array.isArray(header))
    throw new UserError(`${place}: expected a JSON object`, truncatedHint);
  refuseRepeats(place, text, header);
  const entries = new Map<string, TensorEntry>();
  let metadata: Record<string, string> = {};
  const dataStart = 8 + bytes.length;
  for (const [name, value] of Object.entries(header))
    if (name === "__metadata__")
      metadata = checkJson(`${place}: __metadata__`, value, Metadata) ?? {};
    else entries.set(name, checkEntry(path, name, value, { dataStart, fileBytes }));
  refuseGaps(path, entries, { dataStart, fileBytes });
  return { entries, metadata };
}

/** Line and column, which the general message has, say nothing in a file of another format. */
function parseText(place: string, text: string): unknown {
  try {
    return parseJson({ path: place }, text);
  } catch (cause) {
    throw new UserError(`${place}: expected JSON`, { ...truncatedHint, cause });
  }
}

/** Throws UserError where a key stands more often in the text than in the value that was parsed from it. */
function refuseRepeats(place: string, text: string, header: object): void {
  const counts = new Map<string, number>();
  const count = (key: string, by: number) => counts.set(key, (counts.get(key) ?? 0) + by);
  for (const key of keysIn(text)) count(key, 1);
  for (const [key, value] of Object.entries(header) as [string, unknown][]) {
    count(key, -1);
    if (typeof value === "object" && value !== null)
      for (const inner of Object.keys(value)) count(inner, -1);
  }
  const [repeated] = [...counts].find(([, number]) => number > 0) ?? [];
  if (repeated !== undefined)
    throw new UserError(`${place}: ${cite(repeated)} stands there twice: expected it once`);
}

/**
 * A loop over the characters, because a regular expression runs out of stack in a string of many megabytes.
 * @yields every key of valid JSON, as often as it stands there.
 */
function* keysIn(text: string): Generator<string> {
  for (let begin = text.indexOf('"'); begin !== -1;) {
    let end = begin + 1;
    while (text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
    const string = text.slice(begin, ++end);
    while (/\s/.test(text[end])) end++;
    if (text[end] === ":") yield JSON.parse(string) as string;
    begin = text.indexOf('"', end);
  }
}

/** Where tensors may lie in the file. */
interface Extent {
  dataStart: number;
  fileBytes: number;
}

function checkEntry(
  path: string,
  name: string,
  value: unknown,
  { dataStart, fileBytes }: Extent,
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
  if (!Number.isSafeInteger(sizeOf(shape)))
    throw new UserError(
      `${path}: ${name}: ${end - begin} bytes: expected as many as shape ${showShape(shape)} needs`,
    );
  if (isFloat(dtype) && sizeOf(shape) * bytesPerValue[dtype] !== end - begin)
    throw new UserError(
      `${path}: ${name}: ${end - begin} bytes: expected ${sizeOf(shape) * bytesPerValue[dtype]} for ${dtype} of shape ${showShape(shape)}`,
    );
  return { type: dtype, shape, begin, end };
}

/** Whether values of the type can be read. */
function isFloat(type: string): type is FloatType {
  return Object.hasOwn(bytesPerValue, type);
}

/** Throws UserError unless the tensors, one after the other, fill the file. */
function refuseGaps(
  path: string,
  entries: ReadonlyMap<string, TensorEntry>,
  { dataStart, fileBytes }: Extent,
): void {
  const sorted = [...entries].toSorted(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let [before, expected] = ["the header", dataStart];
  for (const [name, { begin, end }] of sorted) {
    if (begin < expected)
      throw new UserError(
        `${path}: ${name}: bytes ${begin} to ${end} overlap those of ${before}: expected each byte to belong to one tensor`,
      );
    if (begin > expected)
      throw new UserError(
        `${path}: ${name}: begins at byte ${begin}: expected ${expected}, where ${before} ends`,
        truncatedHint,
      );
    [before, expected] = [name, end];
  }
  if (expected !== fileBytes)
    throw new UserError(
      `${path}: ${fileBytes} bytes: expected ${expected}, where the last tensor ends`,
      truncatedHint,
    );
}
