// Texts that occur more than once, letter for letter. near-duplicates.ts finds more, at a cost that millions of rows do not
// allow.
import type { Example } from "../task.ts";

/** For each example the index of the first one with the same text, or texts; often its own. */
export function groupEqual(examples: readonly Example[]): Int32Array {
  const firsts = new Map<string, number>();
  return Int32Array.from(examples, (example, i) => {
    const key = keyOf(example);
    const first = firsts.get(key) ?? i;
    if (first === i) firsts.set(key, i);
    return first;
  });
}

/** How many of `examples` have a text that also occurs in `others`. */
export function countShared(examples: readonly Example[], others: readonly Example[]): number {
  const known = new Set(others.map(keyOf));
  return examples.filter((example) => known.has(keyOf(example))).length;
}

/** How many examples have the text and the label of one before them. */
export function countRepeats(examples: readonly Example[]): number {
  const seen = new Set<string>();
  for (const example of examples) seen.add(`${example.label} ${keyOf(example)}`);
  return examples.length - seen.size;
}

/** How many examples say otherwise than the first one with the same text. */
export function countContradictions(examples: readonly Example[]): number {
  const firsts = groupEqual(examples);
  return examples.filter(({ label }, i) => label !== examples[firsts[i]].label).length;
}

/** Equal for equal texts only; a single text as it is, without a copy. */
function keyOf({ text, textPair }: Example): string {
  return textPair === undefined ? text : `${text.length} ${text}${textPair}`;
}
