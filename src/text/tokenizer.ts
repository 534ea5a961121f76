// Text to token ids, by Hugging Face's Rust tokenizer (npm `tokenizers`), as definition.ts resolves the files of a folder. Knows no
// task and no batch.
import { type EncodeOptions, type Encoding, Tokenizer, type TruncationOptions } from "tokenizers";
import { cite } from "../cite.ts";
import { UserError } from "../errors.ts";
import { sha256 } from "../files.ts";
import { readDefinition } from "./definition.ts";
import { checkRows, checkTokens, type EmbeddingRows, type FlatTokens } from "./embeddings.ts";
import type { Frame, PairFrame } from "./frame.ts";
import { coverMarks, utf16Places } from "./offsets.ts";

export type { PairFrame } from "./frame.ts";

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

export interface TextTokenizer {
  /** Ids are below this. */
  readonly vocabSize: number;
  /** SHA-256 of the definition: equal fingerprints give equal ids. */
  readonly fingerprint: string;
  /** What the user should know, such as tokens that the encoder has no embedding for. */
  readonly notes: readonly string[];
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
  /** Throws UserError where the encoder has no embedding for a token or a type; `textOf` is the text that has it. */
  check(tokens: FlatTokens, textOf: (i: number) => string): void;
}

/**
 * Loads the tokenizer of a checkpoint folder, for an encoder whose embedding tables have so many rows. Throws UserError where
 * there is none or what is there cannot be used.
 */
export function loadTokenizer(folder: string, rows?: EmbeddingRows): TextTokenizer {
  const definition = readDefinition(folder);
  const notes = rows ? checkRows(folder, definition, rows) : [];
  const { file, frame, json, tokens, truncationSide } = definition;
  const whole = parse(file, json);
  whole.disableTruncation();
  // Truncation is a state of the native object; one object per length keeps concurrent calls apart.
  const byLength = new Map<number, Tokenizer>();
  const truncatingTo = (maxLength: number): Tokenizer => {
    const tokenizer = byLength.get(maxLength) ?? parse(file, json);
    if (!byLength.has(maxLength))
      tokenizer.setTruncation(maxLength, { ...longestFirst, direction: truncationSide });
    byLength.set(maxLength, tokenizer);
    return tokenizer;
  };
  return {
    vocabSize: Math.max(definition.vocabSize, 1 + highestOf(tokens.keys())),
    fingerprint: sha256(json),
    notes,
    async encode(texts, maxLength) {
      if (texts.some(({ textPair }) => textPair !== undefined)) checkPairs(file, frame);
      const encoded = await Promise.all(
        texts.map((text) => encode(file, truncatingTo(maxLength), text)),
      );
      if (encoded.some(({ ids }) => ids.length > maxLength)) throw tooShort(maxLength);
      return encoded;
    },
    locate: (texts) => Promise.all(texts.map((text) => locate(file, whole, text))),
    // eslint-disable-next-line typescript/require-await -- callers wait for it, so that it may come from the native library
    pairFrame: async () => checkPairs(file, frame),
    check: (flat, textOf) => {
      if (rows) checkTokens({ folder, rows, tokens }, flat, textOf);
    },
  };
}

function highestOf(ids: Iterable<number>): number {
  let highest = -1;
  for (const id of ids) highest = Math.max(highest, id);
  return highest;
}

function checkPairs(file: string, { cls, otherPairs, sep }: Frame): PairFrame {
  if (otherPairs === undefined) return { cls, sep };
  throw new UserError(`${file}: pairs as ${otherPairs}: expected [CLS] A [SEP] B [SEP]`, {
    hint: "pairs of texts and questions on texts need the tokenizer of a BERT-style encoder",
  });
}

/** The native tokenizer leaves a text uncut where not even its special tokens would fit. */
function tooShort(maxLength: number): UserError {
  return new UserError(`maxLength: ${maxLength}: expected room for the special tokens`, {
    hint: "a single text needs at least 3 tokens, a pair 5; 128 is usual",
  });
}

// The binding's own TruncationStrategy is an ambient enum, which erasable TypeScript cannot name.
const longestFirst = { strategy: "LongestFirst" } as unknown as TruncationOptions;

/** Without the padding that a definition may carry: batches pad to their own longest member. */
function parse(file: string, json: string): Tokenizer {
  try {
    const tokenizer = Tokenizer.fromString(json);
    tokenizer.disablePadding();
    return tokenizer;
  } catch (cause) {
    throw new UserError(`${file}: not a tokenizer definition: ${messageOf(cause)}`, {
      hint: "the file may be cut short or need a newer tokenizer library; download the checkpoint again",
      cause,
    });
  }
}

/**
 * Every text is a task of its own on the native thread pool: `encodeBatch` of tokenizers 0.23.2 refuses pairs and was measured to
 * be no faster.
 */
async function run(
  file: string,
  tokenizer: Tokenizer,
  { text, textPair }: TextInput,
  options?: EncodeOptions,
): Promise<Encoding> {
  try {
    return await tokenizer.encode(text, textPair, options);
  } catch (cause) {
    throw new UserError(`${file}: cannot read the text ${cite(text)}: ${messageOf(cause)}`, {
      hint: "the tokenizer belongs to another checkpoint or is damaged; download the checkpoint again",
      cause,
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function encode(file: string, tokenizer: Tokenizer, text: TextInput): Promise<TokenizedText> {
  const encoding = await run(file, tokenizer, text);
  return {
    ids: encoding.getIds(),
    typeIds: encoding.getTypeIds(),
    truncated: encoding.getOverflowing().length > 0,
  };
}

/** The native offsets count Unicode characters of the original text. */
async function locate(file: string, tokenizer: Tokenizer, text: string): Promise<LocatedText> {
  const encoding = await run(file, tokenizer, { text }, { addSpecialTokens: false });
  const toUtf16 = utf16Places(text);
  const places = encoding.getOffsets();
  const starts = Int32Array.from(places, ([start]) => toUtf16(start));
  const ends = Int32Array.from(places, ([, end]) => toUtf16(end));
  coverMarks(text, starts, ends);
  return { ids: Int32Array.from(encoding.getIds()), starts, ends };
}
