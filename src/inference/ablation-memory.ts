// Scores of an ablation that were measured already, in a file that is replaced after each: an ablation that is stopped goes on where
// it was, and one that is finished costs nothing the second time.
import { z } from "zod";
import { pathExists, readText, writeAtomic } from "../files.ts";

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
});

/** The memory in the file, empty where it is of another run, split or data. */
export function openMemory(file: string, key: AblationKey): AblationMemory {
  const scores = read(file, key);
  const nameOf = (layers: readonly number[]) => layers.join(",") || "intact";
  return {
    recall: (layers) => scores[nameOf(layers)],
    remember: (layers, metrics) => {
      scores[nameOf(layers)] = metrics;
      writeAtomic(file, `${JSON.stringify({ key, scores }, null, 2)}\n`);
    },
  };
}

function read(file: string, key: AblationKey): Record<string, Metrics> {
  if (!pathExists(file)) return {};
  let value: unknown;
  try {
    value = JSON.parse(readText(file));
  } catch {
    return {}; // cut off or not ours: everything in it can be measured again
  }
  const { data, success } = schema.safeParse(value);
  const isSame =
    success && JSON.stringify(data.key) === JSON.stringify(schema.shape.key.parse(key));
  return isSame ? data.scores : {};
}
