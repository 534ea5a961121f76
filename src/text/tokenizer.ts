// Text to token ids, by Hugging Face's Rust tokenizer (npm `tokenizers`). A folder defines its tokenizer by tokenizer.json or,
// in older checkpoints, by vocab.txt; both end up as one definition here. Knows no task and no batch.
import { join } from "node:path";
import { Tokenizer } from "tokenizers";
import { UserError } from "../errors.ts";
import { pathExists, readText, sha256 } from "../files.ts";
import { coverMarks, utf16Places } from "./offsets.ts";
import { type BertTokenizerConfig, bertDefinition } from "./vocab.ts";

/** One sentence, or two that the model reads together. */
export interface TextInput {
  text: string;
  textPair?: string;
}

/** The tokens of one input with [CLS] and [SEP], unpadded; both arrays have the same length. */
export interface TokenizedText {
  ids: number[];
  /** 0 for the first text and its special tokens, 1 for the second and its. */
  typeIds: number[];
  /** Whether tokens were cut off to fit. */
  truncated: boolean;
}

/** All tokens of a text and where they stand in it; no special ones. The arrays have the same length. */
export interface LocatedText {
  ids: Int32Array;
  /** In UTF-16 code units of the text as it was given, whatever the tokenizer makes of its letters. */
  starts: Int32Array;
  ends: Int32Array;
}

/** The ids of the special tokens around a pair of texts: [CLS] A [SEP] B [SEP]. */
export interface PairFrame {
  cls: number;
  sep: number;
}

export interface TextTokenizer {
  /** Ids are below this: the rows that the encoder's embedding table must have. */
  readonly vocabSize: number;
  /** SHA-256 of the definition: equal fingerprints give equal ids. */
  readonly fingerprint: string;
  /**
   * Encodes each input to at most `maxLength` tokens, special tokens included; of a pair the longer text is cut first. Runs
   * outside the main thread. Throws UserError where `maxLength` leaves no room for the special tokens.
   */
  encode(texts: readonly TextInput[], maxLength: number): Promise<TokenizedText[]>;
  /**
   * Encodes each text as a whole, for windows to be cut from it: those that the native tokenizer cuts are not all there since
   * 0.23.1 (huggingface/tokenizers#2091). Runs outside the main thread.
   */
  locate(texts: readonly string[]): Promise<LocatedText[]>;
  /** How pairs are framed. Throws UserError where it is not as in BERT. */
  pairFrame(): Promise<PairFrame>;
}

/**
 * Loads the tokenizer of a checkpoint folder: tokenizer.json, else vocab.txt with the casing that tokenizer_config.json asks
 * for. Throws UserError where neither is there or what is there cannot be used.
 */
export function loadTokenizer(folder: string): TextTokenizer {
  const file = join(folder, "tokenizer.json");
  if (pathExists(file)) return createTokenizer(file, readText(file));
  const vocab = join(folder, "vocab.txt");
  if (pathExists(vocab)) {
    return createTokenizer(vocab, bertDefinition(vocab, readText(vocab), readConfig(folder)));
  }
  throw new UserError(`${folder}: no tokenizer: expected tokenizer.json or vocab.txt`, {
    hint: "both are part of a Hugging Face checkpoint; copy one of them next to config.json",
  });
}

/** What tokenizer_config.json says, where there is one. */
function readConfig(folder: string): BertTokenizerConfig {
  const file = join(folder, "tokenizer_config.json");
  if (!pathExists(file)) return {};
  const config = parseJson(file, readText(file));
  if (typeof config !== "object" || config === null) {
    throw new UserError(`${file}: not a JSON object`, { hint: "download the checkpoint again" });
  }
  return config;
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unusable(file, error);
  }
}

function unusable(file: string, error: unknown): UserError {
  const reason = error instanceof Error ? error.message : String(error);
  return new UserError(`${file}: not a tokenizer definition: ${reason}`, {
    hint: "the file may be cut short or need a newer tokenizer library; download the checkpoint again",
    cause: error,
  });
}

/** The native tokenizer leaves a text uncut where not even its special tokens would fit. */
function tooShort(maxLength: number): UserError {
  return new UserError(`maxLength: ${maxLength}: expected room for the special tokens`, {
    hint: "a single text needs at least 3 tokens, a pair 5; 128 is usual",
  });
}

/** `definition` is the text of a tokenizer.json; `file` is named where it cannot be used. */
function createTokenizer(file: string, definition: string): TextTokenizer {
  const whole = parse(file, definition);
  whole.disableTruncation();
  const highestId = Object.values(whole.getVocab()).reduce(
    (highest, id) => Math.max(highest, id),
    -1,
  );
  // Truncation is a state of the native object; one object per length keeps concurrent calls apart.
  const byLength = new Map<number, Tokenizer>();
  const truncatingTo = (maxLength: number): Tokenizer => {
    const tokenizer = byLength.get(maxLength) ?? parse(file, definition);
    if (!byLength.has(maxLength)) tokenizer.setTruncation(maxLength, longestFirst);
    byLength.set(maxLength, tokenizer);
    return tokenizer;
  };
  return {
    vocabSize: highestId + 1,
    fingerprint: sha256(definition),
    async encode(texts, maxLength) {
      const encoded = await encode(truncatingTo(maxLength), texts);
      if (encoded.some(({ ids }) => ids.length > maxLength)) throw tooShort(maxLength);
      return encoded;
    },
    locate: (texts) => Promise.all(texts.map((text) => locate(whole, text))),
    pairFrame: () => pairFrame(file, whole),
  };
}

// The binding's own TruncationStrategy is an ambient enum, which erasable TypeScript cannot name.
const longestFirst = { strategy: "LongestFirst" } as unknown as Parameters<
  Tokenizer["setTruncation"]
>[1];

/** Without the padding that a definition may carry: batches pad to their own longest member. */
function parse(file: string, definition: string): Tokenizer {
  try {
    const tokenizer = Tokenizer.fromString(definition);
    tokenizer.disablePadding();
    return tokenizer;
  } catch (error) {
    throw unusable(file, error);
  }
}

/**
 * Every input is a task of its own on the native thread pool: `encodeBatch` of tokenizers 0.23.2 refuses pairs and was
 * measured to be no faster.
 */
async function encode(tokenizer: Tokenizer, texts: readonly TextInput[]): Promise<TokenizedText[]> {
  const encodings = await Promise.all(
    texts.map(({ text, textPair }) => tokenizer.encode(text, textPair)),
  );
  return encodings.map((encoding) => ({
    ids: encoding.getIds(),
    typeIds: encoding.getTypeIds(),
    truncated: encoding.getOverflowing().length > 0,
  }));
}

/** The native offsets count Unicode characters of the original text. */
async function locate(tokenizer: Tokenizer, text: string): Promise<LocatedText> {
  const encoding = await tokenizer.encode(text, null, { addSpecialTokens: false });
  const toUtf16 = utf16Places(text);
  const places = encoding.getOffsets();
  const starts = Int32Array.from(places, ([start]) => toUtf16(start));
  const ends = Int32Array.from(places, ([, end]) => toUtf16(end));
  coverMarks(text, starts, ends);
  return { ids: Int32Array.from(encoding.getIds()), starts, ends };
}

/** Read off a pair of nothing and nothing, so that whatever defines it is heeded. */
async function pairFrame(file: string, tokenizer: Tokenizer): Promise<PairFrame> {
  const encoding = await tokenizer.encode("", "");
  const [cls, sep, last] = encoding.getIds();
  if (encoding.getTypeIds().join() !== "0,0,1" || sep !== last) {
    throw new UserError(
      `${file}: pairs as ${encoding.getTokens().join(" ")}: expected [CLS] A [SEP] B [SEP]`,
      { hint: "questions on texts need the tokenizer of a BERT-style encoder" },
    );
  }
  return { cls, sep };
}
