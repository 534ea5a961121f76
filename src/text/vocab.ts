// BERT's own tokenizer as a tokenizer.json, for checkpoints that have only a vocab.txt: one token per line, the line number is
// the id. Reference: tokenization.py of google-research/bert; Hugging Face's BertTokenizer reads the same two files.
import { UserError } from "../errors.ts";

/** The keys of tokenizer_config.json that change what BERT's tokenizer does, named as there. */
export interface BertTokenizerConfig {
  /** Default true. */
  do_lower_case?: boolean;
  /** Default: as `do_lower_case`. */
  strip_accents?: boolean | null;
  /** Whether every CJK character is a word of its own. Default true. */
  tokenize_chinese_chars?: boolean;
}

const specialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const requiredTokens = ["[UNK]", "[CLS]", "[SEP]"];

/** The tokenizer.json that `vocab` (the text of the file) and `config` amount to. */
export function bertDefinition(file: string, vocab: string, config: BertTokenizerConfig): string {
  const ids = readVocab(vocab);
  const missing = requiredTokens.filter((token) => !ids.has(token));
  if (missing.length > 0) {
    throw new UserError(`${file}: no ${missing.join(", ")}: expected a BERT vocabulary`, {
      hint: "a vocabulary has one token per line, and these special tokens among them",
    });
  }
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specialTokens
      .filter((token) => ids.has(token))
      .map((token) => addedToken(token, ids)),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: config.tokenize_chinese_chars ?? true,
      strip_accents: config.strip_accents ?? null,
      lowercase: config.do_lower_case ?? true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "BertProcessing",
      sep: ["[SEP]", ids.get("[SEP]")],
      cls: ["[CLS]", ids.get("[CLS]")],
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100, // longer words are [UNK], as in BertTokenizer
      vocab: Object.fromEntries(ids),
    },
  });
}

/** Token -> line number from 0. Of a token on two lines the later one counts, as in the reference. */
function readVocab(vocab: string): Map<string, number> {
  const lines = vocab.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return new Map(lines.map((token, id) => [token, id]));
}

function addedToken(content: string, ids: ReadonlyMap<string, number>) {
  const place = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  return { id: ids.get(content), content, special: true, ...place };
}
