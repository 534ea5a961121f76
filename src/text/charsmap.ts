// SentencePiece's table of characters to be replaced (the Precompiled normalizer of tokenizer.json): a double-array trie and the
// texts that its leaves point to. The native library reads it without looking at its bounds, so they are checked here.
// Reference: builder.cc of google/sentencepiece, darts.h of darts-clone.
import { isUtf8 } from "node:buffer";
import { kindOf } from "../cite.ts";
import { UserError } from "../errors.ts";

const UNIT_BYTES = 4;
const LEAF = 0x80000000;
const BLOCK = 255; // the children of a unit lie within one block of 256, so that any byte of a text finds its place

/** Throws UserError, opening with `place`, unless every step that a text can take through the table stays in it. */
export function checkCharsMap(place: string, value: unknown): void {
  const problem = typeof value === "string" ? problemOf(value) : kindOf(value);
  if (problem === undefined) return;
  throw new UserError(
    `${place}: ${problem}: expected a table of characters as SentencePiece makes it`,
    {
      hint: "the tokenizer.json is damaged; download the checkpoint again",
    },
  );
}

function problemOf(base64: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 !== 0) return "not in base64";
  const bytes = Buffer.from(base64, "base64");
  const trieBytes = bytes.length < UNIT_BYTES ? 0 : bytes.readUInt32LE(0);
  const end = UNIT_BYTES + trieBytes;
  if (trieBytes === 0 || trieBytes % UNIT_BYTES !== 0 || end > bytes.length) return "cut short";
  const texts = bytes.subarray(end);
  if (!isUtf8(texts)) return "texts that are not UTF-8";
  const numUnits = trieBytes / UNIT_BYTES;
  for (let i = 0; i < numUnits; i++) {
    const unit = bytes.readUInt32LE(UNIT_BYTES * (i + 1));
    if (unit >= LEAF) {
      if (!isStart(texts, unit - LEAF)) return `unit ${i} points behind the texts`;
    } else if (((i ^ offsetOf(unit)) | BLOCK) >= numUnits)
      return `unit ${i} points behind the trie`;
  }
  return undefined;
}

/** How far the children of a unit are, as darts-clone packs it. */
function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

/** Whether a character, or the end, is at that byte of a UTF-8 text. */
function isStart(texts: Buffer, index: number): boolean {
  return index <= texts.length && (index === texts.length || (texts[index] & 0xc0) !== 0x80);
}
