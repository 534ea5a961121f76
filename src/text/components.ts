// The parts of a tokenizer.json, checked before the native library gets them: it ends the process, or never returns, over some
// values that it does not check itself. What it does check, such as the names of keys, is left to it.
import { z } from "zod";
import { cite, kindOf } from "../cite.ts";
import { UserError } from "../errors.ts";
import { checkCharsMap } from "./charsmap.ts";

const hint = "expected the tokenizer.json of a BERT-style encoder; download the checkpoint again";

const flag = z.boolean().default(false);

const Added = z.object({
  id: z.int().min(0),
  content: z.string().min(1, "expected a token of at least one character"),
  special: flag,
  normalized: flag,
  single_word: flag,
  lstrip: flag,
  rstrip: flag,
});

const Model = z.looseObject({
  // Old files leave it out; their model is WordPiece.
  type: z.enum(["WordPiece", "WordLevel", "BPE", "Unigram"]).default("WordPiece"),
  unk_token: z.string().nullish(),
  unk_id: z.int().nullish(),
  // The time for a word grows with its square.
  max_input_chars_per_word: z.int().min(1).max(10_000).optional(),
  // The native library ends the process over a prefix that tokens of BPE are too short for, and drops merges at random.
  continuing_subword_prefix: z.string().nullish(),
  dropout: z.literal([0, null], { error: "expected none" }).optional(),
  vocab: z.unknown().optional(),
});

/** As much of a tokenizer.json as has to be known here. */
export const RawDefinition = z.looseObject({
  added_tokens: z.array(Added).default([]),
  normalizer: z.unknown().optional(),
  pre_tokenizer: z.unknown().optional(),
  post_processor: z.unknown().optional(),
  truncation: z.looseObject({ direction: z.string().optional() }).nullish(),
  model: Model,
});

/** A tokenizer.json. */
export type RawDefinition = z.infer<typeof RawDefinition>;

const MAX_ID = 2 ** 31 - 1; // ids are kept as 32-bit integers with a sign

/** Token -> id. Throws UserError for ids that are none, or that two tokens have. */
export function vocabularyOf(
  file: string,
  { type, vocab }: RawDefinition["model"],
): Map<string, number> {
  const entries = type === "Unigram" ? piecesOf(file, vocab) : entriesOf(file, vocab);
  const tokens = new Map<number, string>();
  for (const [token, id] of entries) {
    const other = tokens.get(id);
    if (other !== undefined)
      throw new UserError(
        `${file}: model.vocab: ${cite(other)} and ${cite(token)} both have the id ${id}: expected one token for each id`,
        { hint },
      );
    tokens.set(id, token);
  }
  return new Map(entries);
}

function entriesOf(file: string, vocab: unknown): [string, number][] {
  if (typeof vocab !== "object" || vocab === null || Array.isArray(vocab))
    throw new UserError(`${file}: model.vocab: ${kindOf(vocab)}: expected an object of ids`, {
      hint,
    });
  return Object.entries(vocab).map(([token, id]) => {
    if (Number.isInteger(id) && id >= 0 && id <= MAX_ID) return [token, id];
    const shown = typeof id === "number" ? String(id) : kindOf(id);
    throw new UserError(
      `${file}: model.vocab: ${cite(token)}: ${shown}: expected an id from 0 to ${MAX_ID}`,
      { hint },
    );
  });
}

/** Unigram's pieces come with a score, and their places are the ids. */
function piecesOf(file: string, vocab: unknown): [string, number][] {
  const pieces = z
    .array(z.tuple([z.string().min(1), z.number()]))
    .min(1)
    .safeParse(vocab);
  if (pieces.success) return pieces.data.map(([piece], id) => [piece, id]);
  const [{ message, path }] = pieces.error.issues;
  throw new UserError(`${file}: ${["model.vocab", ...path].join(".")}: ${message}`, { hint });
}

/** Throws UserError for a normalizer, a pre-tokenizer or a model that is not known to be safe. */
export function checkComponents(file: string, definition: RawDefinition): void {
  checkPart({ file, place: "normalizer", types: normalizers }, definition.normalizer);
  checkPart({ file, place: "pre_tokenizer", types: preTokenizers }, definition.pre_tokenizer);
  const { continuing_subword_prefix: prefix, type } = definition.model;
  if (type === "BPE" && prefix)
    throw new UserError(
      `${file}: model.continuing_subword_prefix: ${cite(prefix)}: expected none with BPE`,
      { hint },
    );
}

const normalizers = [
  "BertNormalizer", "Strip", "StripAccents", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Nmt", "Prepend", "Replace", "Precompiled",
]; // prettier-ignore
const preTokenizers = [
  "BertPreTokenizer", "Whitespace", "WhitespaceSplit", "Punctuation", "Digits", "CharDelimiterSplit", "Split", "Metaspace",
  "UnicodeScripts", "ByteLevel",
]; // prettier-ignore

interface Place {
  file: string;
  /** The path of keys. */
  place: string;
  /** Those that may stand there, besides a sequence. */
  types: readonly string[];
}

const Part = z.looseObject({
  type: z.string(),
  normalizers: z.array(z.unknown()).optional(),
  pretokenizers: z.array(z.unknown()).optional(),
  pattern: z.unknown().optional(),
  precompiled_charsmap: z.unknown().optional(),
});

function checkPart(at: Place, part: unknown): void {
  if (part === null || part === undefined) return;
  const { data, success } = Part.safeParse(part);
  const { file, place, types } = at;
  const type = success ? data.type : undefined;
  if (type === "Sequence" && success) {
    const key = types === normalizers ? "normalizers" : "pretokenizers";
    for (const [i, inner] of (data[key] ?? []).entries())
      checkPart({ ...at, place: `${place}.${key}.${i}` }, inner);
    return;
  }
  if (!success || !types.includes(data.type)) {
    const shown = type === undefined ? kindOf(part) : cite(type);
    throw new UserError(
      `${file}: ${place}.type: ${shown}: expected ${types.join(", ")} or Sequence`,
      { hint },
    );
  }
  checkPattern(`${file}: ${place}.pattern`, data.pattern);
  if (type === "Precompiled")
    checkCharsMap(`${file}: ${place}.precompiled_charsmap`, data.precompiled_charsmap);
}

// One character, class of characters or escape after the other, of which at most one may repeat.
const atom = String.raw`(?:\\[sSwWdDnrt.\\/+*?(){}|^$[\]-]|\\[pP]\{\^?\w+\}|\[\^?(?:[^\\[\]&]|\\[sSwWdDnrt.\\-])+\]|[^\\[\](){}*+?|^$])`;
const simplePattern = new RegExp(
  `^${atom}+$|^${atom}*?${atom}(?:[*+?]|\\{\\d{1,3}(?:,\\d{0,3})?\\})${atom}*$`,
  "u",
);

/** A search that goes on for too long ends the process, and only simple patterns cannot. */
function checkPattern(place: string, pattern: unknown): void {
  const regex = z.object({ Regex: z.string() }).safeParse(pattern);
  if (!regex.success || (regex.data.Regex.length <= 200 && simplePattern.test(regex.data.Regex)))
    return;
  throw new UserError(
    `${place}: ${cite(regex.data.Regex)}: expected a simple pattern, without groups and with one repetition at most`,
    { hint: "other patterns can take forever, and the native library ends the process over them" },
  );
}
