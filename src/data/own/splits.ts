// Both splits of the user's data with what is to be said of them, from two files or divided from one.
import { UserError } from "../../errors.ts";
import type { OwnSettings } from "../settings.ts";
import type { Example, LoadedSplit } from "../task.ts";
import {
  describe,
  describeShare,
  warnRepeats,
  warnShared,
  warnTraining,
  warnUnevaluated,
} from "./notes.ts";
import type { OwnRows } from "./read.ts";
import { splitBySeed } from "./split.ts";

/** A file, and what its rows are to the model. */
type Part = Pick<OwnRows, "path" | "sha256" | "notes"> & { examples: Example[] };

export interface Parts {
  /** Class names; empty for regression. */
  labels: readonly string[];
  seed: number;
  train: Part;
  /** Undefined where a share of `train` is to be evaluated on. */
  dev: Part | undefined;
}

/** What `load` gives for "train" and "dev". */
export function splitsOf(
  settings: OwnSettings,
  { labels, seed, train, dev }: Parts,
): Record<"train" | "dev", LoadedSplit> {
  const divided = dev
    ? { train: train.examples, dev: dev.examples }
    : divide(settings, train, seed);
  const numRows = train.examples.length;
  const share = { kind: settings.kind, numDev: divided.dev.length, numRows, seed };
  const provenance = dev?.notes ?? [describeShare(train.path, share)];
  const [trainTitle, devTitle] = [`${settings.name} train`, `${settings.name} dev`];
  return {
    train: {
      examples: divided.train,
      files: [fileOf(train)],
      notes: [
        ...train.notes,
        describe(trainTitle, divided.train, labels),
        ...warnTraining(trainTitle, divided.train, labels),
        ...warnRepeats(trainTitle, divided.train),
      ],
    },
    dev: {
      examples: divided.dev,
      files: [fileOf(dev ?? train)],
      notes: [
        ...provenance,
        describe(devTitle, divided.dev, labels),
        ...warnRepeats(devTitle, divided.dev),
        ...(dev ? warnShared(devTitle, divided.dev, divided.train) : []),
        ...warnUnevaluated(devTitle, divided.dev, labels),
      ],
    },
  };
}

function divide({ kind, devShare }: OwnSettings, { path, examples }: Part, seed: number) {
  const isRegression = kind === "regression";
  const divided = splitBySeed(examples, {
    kind: isRegression ? kind : "classification",
    devShare,
    seed,
  });
  if (divided.dev.length > 0) return divided;
  const rows = isRegression ? "two rows" : "two rows of one class";
  throw new UserError(
    `${path}: nothing to evaluate on: expected at least ${rows} with different texts`,
    { hint: "evaluation needs rows that are not trained on; name a file of them in task.dev" },
  );
}

function fileOf({ path, sha256 }: Part): { path: string; sha256: string } {
  return { path, sha256 };
}
