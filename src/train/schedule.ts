// How many steps a run has, and the learning rate over them: linear warm-up to the peak, then linear decay to zero (Houlsby et al. 2019 §3.1). The peak is
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

/** Optimizer steps of one pass over the examples and of the whole run, which has at least one. */
export function countSteps(
  numExamples: number,
  training: { batchSize: number; epochs: number; gradientAccumulation: number },
): { stepsPerEpoch: number; totalSteps: number } {
  const numBatches = Math.ceil(numExamples / training.batchSize);
  const stepsPerEpoch = Math.ceil(numBatches / training.gradientAccumulation);
  return { stepsPerEpoch, totalSteps: Math.max(1, Math.ceil(training.epochs * stepsPerEpoch)) };
}
