// A tokenizer of ten tokens as a vocab.txt and as a tokenizer.json, and folders to put their variants in.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach } from "vitest";
import type { EmbeddingRows } from "../../src/text/embeddings.ts";
import { loadTokenizer } from "../../src/text/tokenizer.ts";
import { temporaryFolders } from "./temp.ts";

/** The vocabulary; the place of a token is its id. */
export const tokens = [
  "[PAD]",
  "[UNK]",
  "[CLS]",
  "[SEP]",
  "[MASK]",
  "the",
  "film",
  "was",
  "a",
  "##s",
];

/** As a vocab.txt. */
export const lines = `${tokens.join("\n")}\n`;
/** Embedding tables of that size. */
export const rows = { vocabSize: tokens.length, typeVocabSize: 2 };
/** As in a tokenizer.json. */
export const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));

/** An entry of `added_tokens`. */
export function added(content: string, id: number) {
  const place = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  return { id, content, special: true, ...place };
}

/** As a tokenizer.json. */
export const definition = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: tokens.slice(0, 5).map(added),
  normalizer: {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] },
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: vocab as Record<string, unknown>,
  },
};
/** The definition's model with changes. */
export const model = (changes: object) => ({ model: { ...definition.model, ...changes } });

/** A folder that is fresh for every test of the calling file; objects are written as JSON. */
export function tokenizerFolder() {
  const fresh = temporaryFolders();
  let path: string;
  beforeEach(() => void (path = fresh()));
  const load = (tables?: EmbeddingRows) => loadTokenizer(path, tables);
  return {
    get path() {
      return path;
    },
    load,
    write: (name: string, content: unknown): void => {
      const text = typeof content === "string" ? content : JSON.stringify(content);
      writeFileSync(join(path, name), text);
    },
    idsOf: async (text: string, textPair?: string): Promise<number[]> => {
      const input = textPair === undefined ? { text } : { text, textPair };
      const [{ ids }] = await load().encode([input], 64);
      return ids;
    },
  };
}
