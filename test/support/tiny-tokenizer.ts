// A tokenizer of ten tokens as a vocab.txt and as a tokenizer.json.

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
