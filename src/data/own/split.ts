// A share of the training file to evaluate on, for want of a file of its own. Depends on nothing but the seed and the rows in
// their order; rows with the same text are never on both sides.
import { permutation, type RandomStream, randomStream } from "../../random.ts";
import type { Example } from "../task.ts";
import { groupEqual } from "./repeats.ts";

export interface SplitOptions {
  kind: "classification" | "regression";
  /** Share of the rows, 0 to 1 exclusive. */
  devShare: number;
  seed: number;
}

/** Rows that stay together, for they have the same text. */
interface Group {
  /** Index of its first row. */
  first: number;
  size: number;
  /** Of its first row. */
  label: number;
}

const MAX_BINS = 10;

/**
 * Splits by strata, which are classes or, for scores, up to ten ranges with equally many texts. Each stratum gives its share, but at
 * least one text, and keeps at least one: a class with a single text is for training only.
 */
export function splitBySeed(
  examples: readonly Example[],
  options: SplitOptions,
): { train: Example[]; dev: Example[] } {
  const groupOf = groupEqual(examples);
  const groups = collectGroups(examples, groupOf);
  const strata = options.kind === "classification" ? byClass(groups) : byRange(groups, options);
  const isDev = new Uint8Array(examples.length); // by the group's first row
  for (const [i, stratum] of strata.entries()) {
    const stream = randomStream(options.seed, "own data", i);
    for (const { first } of pickDev(stratum, options.devShare, stream)) isDev[first] = 1;
  }
  return {
    train: examples.filter((_, i) => isDev[groupOf[i]] === 0),
    dev: examples.filter((_, i) => isDev[groupOf[i]] === 1),
  };
}

function collectGroups(examples: readonly Example[], groupOf: Int32Array): Group[] {
  const sizes = new Int32Array(examples.length);
  for (const first of groupOf) sizes[first]++;
  return examples
    .map(({ label }, first) => ({ first, label, size: sizes[first] }))
    .filter(({ size }) => size > 0);
}

function byClass(groups: readonly Group[]): Group[][] {
  const classes: Group[][] = [];
  for (const group of groups) (classes[group.label] ??= []).push(group);
  return classes.filter((members) => members !== undefined);
}

/** As many ranges as can each give a text and keep one without making the share larger than asked for. */
function byRange(groups: readonly Group[], { devShare }: SplitOptions): Group[][] {
  const smallerShare = Math.min(devShare, 1 - devShare);
  const numBins = Math.max(1, Math.min(MAX_BINS, Math.floor(groups.length * smallerShare)));
  const sorted = groups.toSorted((a, b) => a.label - b.label);
  const edge = (bin: number) => Math.round((bin * sorted.length) / numBins);
  return Array.from({ length: numBins }, (_, bin) => sorted.slice(edge(bin), edge(bin + 1)));
}

function pickDev(stratum: readonly Group[], devShare: number, stream: RandomStream): Group[] {
  if (stratum.length < 2) return [];
  const shuffled = Array.from(permutation(stream, stratum.length), (i) => stratum[i]);
  const numRows = stratum.reduce((sum, { size }) => sum + size, 0);
  const wanted = Math.max(1, Math.round(numRows * devShare));
  const picked: Group[] = [];
  let numPicked = 0;
  for (const group of shuffled) {
    if (numPicked + group.size > wanted || picked.length === stratum.length - 1) continue;
    picked.push(group);
    numPicked += group.size;
  }
  return picked.length > 0 ? picked : shuffled.toSorted((a, b) => a.size - b.size).slice(0, 1);
}
