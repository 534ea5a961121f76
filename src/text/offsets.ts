// Places in a text. Python and the native tokenizer count Unicode characters, JavaScript counts UTF-16 code units; the two
// differ behind every character that takes two units, such as an emoji.

/** From places in Unicode characters to places in UTF-16 code units; behind the end it goes on counting. */
export type ToUtf16 = (characters: number) => number;

const identity: ToUtf16 = (characters) => characters;

/** The conversion for places in `text`, made in one pass over it; free where every character takes one unit. */
export function utf16Places(text: string): ToUtf16 {
  if (!/[\ud800-\udbff][\udc00-\udfff]/.test(text)) return identity;
  const starts: number[] = [];
  let unit = 0;
  for (const character of text) {
    starts.push(unit);
    unit += character.length;
  }
  return (characters) => starts[characters] ?? unit + characters - starts.length;
}

/**
 * Stretches each token over the combining marks that follow it, in place: a tokenizer that strips accents leaves those of
 * decomposed text (e + U+0301) outside its last letter's token, and a span that ends there would lose its accent. Differs
 * from Hugging Face's offsets, which leave them out.
 */
export function coverMarks(text: string, starts: Int32Array, ends: Int32Array): void {
  if (!/\p{M}/u.test(text)) return;
  const marks = /\p{M}+/uy;
  for (const [i, end] of ends.entries()) {
    marks.lastIndex = end;
    const next = i + 1 < starts.length ? starts[i + 1] : text.length;
    if (marks.test(text)) ends[i] = Math.max(end, Math.min(marks.lastIndex, next));
  }
}
