// What a tokenizer gives against the rows of an encoder's embedding tables: an id or a type without a row would end training with an
// error of the runtime, or read another token's row.
import { join } from "node:path";
import { cite, citeAll } from "../cite.ts";
import { UserError } from "../errors.ts";
import type { TokenizerDefinition } from "./definition.ts";

/** The rows of an encoder's embedding tables. */
export interface EmbeddingRows {
  vocabSize: number;
  typeVocabSize: number;
}

/** Tables have spare rows, but not this many: a vocabulary that was cut short would make most words unknown. */
const SMALLEST_SHARE = 0.9;

/** Tokens of several texts in flat arrays: those of text i are `[offsets[i] .. offsets[i + 1]]`. */
export interface FlatTokens {
  ids: Int32Array;
  typeIds: Uint8Array;
  offsets: Int32Array;
}

/**
 * What to tell about tokens that were added behind the table, which no text may use. Throws UserError where the vocabulary itself
 * is larger than the table, or a token that every text may have is not in it.
 */
export function checkRows(
  folder: string,
  { frame, tokens, unknown, vocabSize }: TokenizerDefinition,
  rows: EmbeddingRows,
): string[] {
  const needed = Math.max(vocabSize, 1 + Math.max(frame.cls, frame.sep, unknown));
  if (needed > rows.vocabSize)
    throw new UserError(
      `${folder}: a vocabulary of ${needed} tokens: expected at most the embedding table's ${rows.vocabSize} rows`,
      {
        hint: "the tokenizer belongs to another checkpoint: copy the one that came with these weights",
      },
    );
  const notes: string[] = [];
  if (tokens.size < SMALLEST_SHARE * rows.vocabSize)
    notes.push(
      `${folder}: a tokenizer of ${tokens.size} tokens for an embedding table of ${rows.vocabSize} rows: is it that of another checkpoint, or cut short?`,
    );
  const behind = [...tokens].filter(([id]) => id >= rows.vocabSize).map(([, token]) => token);
  if (behind.length > 0)
    notes.push(
      `${folder}: no embedding for ${citeAll(behind)}: the table has ${rows.vocabSize} rows; a text that has one of them is refused`,
    );
  return notes;
}

/** Throws UserError where a text has a token or a type without a row; `textOf` is text i. */
export function checkTokens(
  {
    folder,
    rows,
    tokens,
  }: { folder: string; rows: EmbeddingRows; tokens: ReadonlyMap<number, string> },
  { ids, offsets, typeIds }: FlatTokens,
  textOf: (i: number) => string,
): void {
  const config = join(folder, "config.json");
  const wrongType = typeIds.findIndex((type) => type >= rows.typeVocabSize);
  if (wrongType >= 0)
    throw new UserError(
      `${config}: type_vocab_size: ${rows.typeVocabSize}: expected at least ${typeIds[wrongType] + 1}`,
      {
        hint: "the two texts of a pair, or a question and its text, are of two types: take an encoder that tells them apart, or give single texts",
      },
    );
  const wrong = ids.findIndex((id) => id >= rows.vocabSize);
  if (wrong < 0) return;
  const token = tokens.get(ids[wrong]) ?? `id ${ids[wrong]}`;
  const i = offsets.findLastIndex((offset) => offset <= wrong);
  throw new UserError(
    `the text ${cite(textOf(i))}: has the token ${cite(token)}, id ${ids[wrong]}: expected less than the embedding table's ${rows.vocabSize} rows in ${config}`,
    {
      hint: "the encoder has no embedding for this token: take it out of the texts, or copy the tokenizer that came with the weights",
    },
  );
}
