// What is left of a run's scores without the adapters of some layers: the matrix, and its form as CSV. The picture is in
// plots/ablation.ts; the scores come from inference/ablate.ts.
import { stringify } from "csv-stringify/sync";

/** Layers next to each other, both ends included, counted from 0 as in the paper. */
export interface LayerSpan {
  first: number;
  last: number;
}

/** The scores of a run without the adapters of a span. */
export interface AblatedSpan extends LayerSpan {
  metrics: Readonly<Record<string, number>>;
}

/** The scores of one run without the adapters of every span of layers, on one split. */
export interface Ablation {
  runDir: string;
  task: string;
  /** For people, such as `houlsby m=64`. */
  method: string;
  encoder: string;
  split: string;
  mainMetric: string;
  numLayers: number;
  /** The scores with every adapter in place. */
  intact: Readonly<Record<string, number>>;
  /** All L (L + 1) / 2 of them, by first layer and then by last. */
  spans: readonly AblatedSpan[];
  /** The scores of always answering the most frequent class; empty where they were not recorded for the split. */
  majority: Readonly<Record<string, number>>;
}

/** By what share of its intact value a score has changed: -0.1 for 10 % less; null where the intact model scores 0. */
export function relativeChange(
  { intact }: Pick<Ablation, "intact">,
  { metrics }: Pick<AblatedSpan, "metrics">,
  metric: string,
): number | null {
  return intact[metric] === 0
    ? null
    : (metrics[metric] - intact[metric]) / Math.abs(intact[metric]);
}

/** The metrics that are shown: the one that decides and, where the task has it, accuracy, which is the paper's. */
export function shownMetrics({
  intact,
  mainMetric,
}: Pick<Ablation, "intact" | "mainMetric">): string[] {
  return [mainMetric, "accuracy"].filter(
    (name, i, all) => name in intact && all.indexOf(name) === i,
  );
}

/** One line per span, the intact model first: the score in every metric and its relative change. */
export function renderAblationCsv(ablation: Ablation): string {
  const names = Object.keys(ablation.intact);
  const scores = (of: Pick<AblatedSpan, "metrics">) =>
    names.flatMap((name) => [of.metrics[name], relativeChange(ablation, of, name)]);
  return stringify([
    ["first", "last", "layersRemoved", ...names.flatMap((name) => [name, `${name}Change`])],
    ["", "", 0, ...scores({ metrics: ablation.intact })],
    ...ablation.spans.map((span) => {
      const { first, last } = span;
      return [first, last, last - first + 1, ...scores(span)];
    }),
  ]);
}
