// BERT's own tokenizer as a tokenizer.json, for checkpoints that have only a vocab.txt: one token per line, the line number is
// the id. Reference: tokenization.py of google-research/bert; BertTokenizer of transformers reads the same file.
import type { RawDefinition } from "./components.ts";

/** The special tokens of BERT, which a config may call by other names. */
export const bertNames = {
  unk: "[UNK]",
  sep: "[SEP]",
  pad: "[PAD]",
  cls: "[CLS]",
  mask: "[MASK]",
} as const;

/** What BERT's tokenizer does to a text first, where no setting says otherwise. */
export const bertNormalizer = {
  type: "BertNormalizer",
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
};

/** The tokenizer.json that a vocab.txt amounts to, without its special tokens. */
export function bertDefinition(vocab: string): RawDefinition {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: bertNormalizer,
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: null,
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: bertNames.unk,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100, // longer words are [UNK], as in BertTokenizer
      vocab: Object.fromEntries(readVocab(vocab)),
    },
  };
}

/**
 * Token -> line number from 0, without the blanks at the end of a line. Of a token on two lines the later one counts, as in the
 * reference.
 */
function readVocab(vocab: string): Map<string, number> {
  const lines = vocab.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return new Map(lines.map((line, id) => [line.replace(/\p{White_Space}+$/u, ""), id]));
}
