// What a reader must know before comparing rows: runs of different versions, or different weights under one name.
import { groupBy } from "./group.ts";
import { compareText } from "./identity.ts";
import type { Outcome } from "./outcome.ts";

/** Remarks on the runs together, a sentence each. */
export function remarks(outcomes: readonly Outcome[]): string[] {
  return [
    ...differentVersions(outcomes),
    ...differentWeights(outcomes),
    ...new Set(outcomes.flatMap(({ trained }) => trained?.caveats ?? [])),
  ];
}

function differentVersions(outcomes: readonly Outcome[]): string[] {
  const ended = outcomes.filter(({ version }) => version !== "");
  const versions = [...groupBy(ended, ({ version }) => version)]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([version, { length }]) => `${version} (${length} ${length === 1 ? "run" : "runs"})`);
  return versions.length > 1
    ? [`runs of different versions of peft stand side by side: ${versions.join(", ")}`]
    : [];
}

function differentWeights(outcomes: readonly Outcome[]): string[] {
  const trained = outcomes.flatMap((outcome) => outcome.trained ?? []);
  return [...groupBy(trained, ({ experiment }) => experiment.encoder.source)].flatMap(
    ([source, runs]) => {
      const sums = new Set(runs.map(({ encoderSha256 }) => encoderSha256));
      if (sums.size < 2) return [];
      const short = [...sums].map((sum) => sum.slice(0, 8)).toSorted(compareText);
      return [
        `encoder ${source}: runs read ${sums.size} different weights files (SHA-256 ${short.join(", ")}); their scores are averaged all the same`,
      ];
    },
  );
}
