// The row of the trade-off table: one setting of a method on one task, with the statistics of its seeds. Everything that
// prints, draws, compares or picks works on these rows.
import type { Recorded, TrainedResult } from "../record/result.ts";

/** Mean over seeds and its standard error (sample standard deviation / sqrt n); null where there are too few values. */
export interface Statistic {
  mean: number | null;
  /** Null for fewer than two values. */
  sem: number | null;
}

/** One setting of a method on one task. Scores are fractions as in result.json, never percent. */
export interface Row {
  task: string;
  /** `encoder.source` of the experiments. */
  encoder: string;
  /** SHA-256 of the encoder's weights; null where no run was trained. */
  encoderSha256: string | null;
  method: string;
  /** Bottleneck size m, or k of the top layers; null for methods that have neither. */
  size: number | null;
  /** What else tells this row from others with the same task, method and size, such as `method.initStd=1e-7`; else empty. */
  variant: string;
  /** The tuned settings (`training.*`) of this row: chosen on dev by mean over seeds, or one of several with `--all`. */
  learningRate: number;
  epochs: number;
  batchSize: number;
  /** How many tuned settings there were to choose from; 1 where nothing was chosen. */
  candidates: number;
  /** The metric that decides, and the split it is of. */
  metric: string;
  split: string;
  /** Seeds whose runs count in the statistics, ascending, and the score of each. */
  seeds: number[];
  scores: number[];
  score: Statistic;
  /** The highest of `scores`; never printed under the name of the mean. */
  best: number | null;
  /** Every metric of every evaluation split, such as `dev.accuracy`, at the checkpoint that is best by the deciding one. */
  metrics: Record<string, Statistic>;
  /** What always answering the most frequent class scores in the deciding metric; null where no run was trained. */
  majority: number | null;
  /** Null where no run was trained. */
  parameters: TrainedResult["parameters"] | null;
  adapterBytes: number | null;
  /** Means over the runs that count. */
  seconds: number | null;
  tokensPerSecond: number | null;
  /** The largest of the runs that count. */
  peakBytes: number | null;
  /**
   * How many runs ended how, over all tuned settings of the row, so that every run is counted in one row. Of the `ok` ones only
   * those of the chosen setting count in the statistics.
   */
  ok: number;
  diverged: number;
  failed: number;
  unfinished: number;
  /** Why the scores must not be compared with published ones. */
  caveats: string[];
  /** The runs that count, in the order of `seeds`. */
  runs: Recorded<TrainedResult>[];
}
