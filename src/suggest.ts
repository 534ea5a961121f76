// "Did you mean": finds the known word nearest to a mistyped one.

const MAX_WORD = 100; // characters; nothing that can be meant is longer

/** The candidate nearest to `word`, or undefined where none is near enough to be what was meant. */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > MAX_WORD) return undefined;
  const wanted = normalise(word);
  const nearestFirst = candidates
    .filter((candidate) => word.length > 3 || candidate[0] === word[0]) // gpu is not a slip for cpu
    .map((candidate) => ({ candidate, distance: editDistance(wanted, normalise(candidate)) }))
    .filter(({ distance }) => distance <= Math.max(1, wanted.length / 3)) // one slip in three letters
    .toSorted((a, b) => a.distance - b.distance);
  return nearestFirst[0]?.candidate;
}

/** Case, `-` and `_` are matters of taste: `learning_rate` is `learningRate` in another hand. */
function normalise(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s]/g, "");
}

/**
 * How many insertions, deletions, substitutions and swaps of neighbours turn `a` into `b`, no letter edited twice.
 * Reference: optimal string alignment, the restricted Damerau-Levenshtein distance.
 */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j] + 1, row[j - 1] + 1, replaced));
      const swaps = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swaps) row[j] = Math.min(row[j], beforePrevious[j - 2] + 1);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length];
}
