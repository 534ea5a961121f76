// The learning rate over a run: linear warm-up to the peak, then linear decay to zero (Houlsby et al. 2019 §3.1). The peak is
// reached, as in transformers' get_linear_schedule_with_warmup; adapter-bert's code drops to 0.9 of it after the warm-up.

export interface ScheduleOptions {
  learningRate: number;
  /** Share of all optimizer steps spent warming up. */
  warmupFraction: number;
}

/** The learning rate of a step, counted from 0, of `totalSteps`. */
export function learningRateAt(step: number, totalSteps: number, options: ScheduleOptions): number {
  const warmupSteps = Math.round(options.warmupFraction * totalSteps);
  if (step < warmupSteps) return (options.learningRate * (step + 1)) / warmupSteps;
  return (options.learningRate * (totalSteps - step)) / Math.max(1, totalSteps - warmupSteps);
}
