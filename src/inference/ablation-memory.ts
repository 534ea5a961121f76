// Scores of an ablation that were measured already, in a file that is replaced after each: an ablation that is stopped goes on where
// it was, and one that is finished costs nothing the second time.
import { dirname } from "node:path";
import { z } from "zod";
import { makeFolder, sha256, writeAtomic } from "../files.ts";
import { tryJsonFile } from "../json.ts";

type Metrics = Readonly<Record<string, number>>;

/** What the scores depend on, by hash. */
export interface AblationKey {
  adapterSha256: string;
  encoderSha256: string;
  split: string;
  /** The split's files in order. */
  dataSha256: readonly string[];
}

/** Scores by the layers whose adapters are removed. */
export interface AblationMemory {
  recall(layers: readonly number[]): Metrics | undefined;
  remember(layers: readonly number[], metrics: Metrics): void;
}

const schema = z.object({
  key: z.object({
    adapterSha256: z.string(),
    encoderSha256: z.string(),
    split: z.string(),
    dataSha256: z.array(z.string()),
  }),
  /** `2,3` -> metric -> score; `intact` where none are removed. */
  scores: z.record(z.string(), z.record(z.string(), z.number())),
  /** Of key and scores: a number that was changed is measured again. */
  sha256: z.string(),
});

/** The memory in the file, empty where it is of another run, split or data. */
export function openMemory(file: string, key: AblationKey): AblationMemory {
  makeFolder(dirname(file));
  const scores = read(file, key);
  const nameOf = (layers: readonly number[]) => layers.join(",") || "intact";
  return {
    recall: (layers) => scores[nameOf(layers)],
    remember: (layers, metrics) => {
      scores[nameOf(layers)] = metrics;
      const contents = { key, scores, sha256: checksum({ key, scores }) };
      writeAtomic(file, `${JSON.stringify(contents, null, 2)}\n`);
    },
  };
}

function read(file: string, key: AblationKey): Record<string, Metrics> {
  const data = tryJsonFile(file, schema); // all that is in it can be measured again
  const scores = data?.scores ?? {};
  return data?.sha256 === checksum({ key, scores }) ? scores : {};
}

function checksum({ key, scores }: { key: AblationKey; scores: Record<string, Metrics> }): string {
  const { adapterSha256, dataSha256, encoderSha256, split } = key;
  return sha256(JSON.stringify([adapterSha256, encoderSha256, split, dataSha256, scores]));
}
