// The tokens that a text is searched for before it is cut into words, with their ids as the native library gives them: a token
// of the vocabulary keeps its id, any other gets the next free one, whatever the files say.
import { cite } from "../cite.ts";
import { UserError } from "../errors.ts";
import type { AddedToken, TokenizerSettings } from "./settings.ts";

export interface NumberedToken extends AddedToken {
  id: number;
}

/**
 * The added tokens of a tokenizer.json and of the settings, by ascending id, and whether they are others than those of the file.
 * Throws UserError where a file gives a token an id that it does not get.
 */
export function addTokens(
  file: string,
  own: readonly AddedToken[],
  vocabulary: ReadonlyMap<string, number>,
  settings: TokenizerSettings,
): { tokens: NumberedToken[]; isChanged: boolean } {
  const kept = settings.isBert && settings.replacesAdded ? [] : own;
  // Of a token in both, the flags of added_tokens_decoder count, but those of added_tokens.json do not.
  const both = settings.replacesAdded ? [...settings.added, ...kept] : [...kept, ...settings.added];
  const declared = both.toSorted((a, b) => (a.id ?? 0) - (b.id ?? 0));
  const byContent = new Map<string, NumberedToken>();
  let next = vocabulary.size;
  for (const token of [...declared, ...settings.special]) {
    if (byContent.has(token.content)) continue;
    const id = vocabulary.get(token.content) ?? next;
    byContent.set(token.content, numbered(token, id));
    if (id >= next) next = id + 1;
  }
  for (const token of declared) {
    const { id } = byContent.get(token.content)!;
    const place = kept.includes(token) ? `${file}: added_tokens` : settings.addedFile;
    if (token.id !== undefined && token.id !== id) throw otherId(place, token, id);
  }
  const tokens = [...byContent.values()].toSorted((a, b) => a.id - b.id);
  checkCollisions(file, tokens, vocabulary);
  return {
    tokens,
    isChanged: keyOf(tokens) !== keyOf(own.map((token) => numbered(token, token.id ?? -1))),
  };
}

/** In the order of keys that tokenizer.json has. */
function numbered(token: AddedToken, id: number): NumberedToken {
  const { content, lstrip, normalized, rstrip, single_word, special } = token;
  return { id, content, special, single_word, lstrip, rstrip, normalized };
}

function keyOf(tokens: readonly NumberedToken[]): string {
  return JSON.stringify(tokens.toSorted((a, b) => a.id - b.id));
}

function otherId(place: string, { content, id }: AddedToken, expected: number): UserError {
  return new UserError(`${place}: ${cite(content)}: id ${id}: expected ${expected}`, {
    hint: "a token keeps the id that it has in the vocabulary, and a new one gets the next that is free: correct the id, or the vocabulary",
  });
}

/** A vocabulary with gaps has ids above its size, and a new token may get one of them. */
function checkCollisions(
  file: string,
  tokens: readonly NumberedToken[],
  vocabulary: ReadonlyMap<string, number>,
): void {
  const taken = new Map([...vocabulary].map(([token, id]) => [id, token]));
  for (const { content, id } of tokens) {
    const other = taken.get(id);
    if (other === undefined || other === content) continue;
    throw new UserError(
      `${file}: the added token ${cite(content)} gets the id ${id}, which is that of ${cite(other)}: expected ids without gaps`,
      {
        hint: "the vocabulary has a token twice or leaves ids out: remove the token that was added, or number the vocabulary anew",
      },
    );
  }
}
