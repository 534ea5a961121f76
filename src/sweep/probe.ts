// Measures what an experiment costs by doing the first steps of it, without a run folder: the longest batch once, for the peak
// of memory and to compile, then a few others against the clock.
import type { Experiment } from "../config/schema.ts";
import { collate, lengthsOf, planEpoch, splitByTokens } from "../data/batches.ts";
import type { EncodedSplit } from "../data/encode.ts";
import { openEngine } from "../device/open.ts";
import { peakMemory, resetPeakMemory } from "../memory.ts";
import { applyMethod } from "../methods/methods.ts";
import type { Reader } from "../prepare.ts";
import { createLearner } from "../run.ts";
import type { Learner } from "../train/learner.ts";
import type { Cost } from "./messages.ts";

const NUM_STEPS = 4;
const NUM_PIECES = 4; // of an evaluation split

/** Measures an experiment on this machine; takes some ten steps' time. */
export async function probe(
  experiment: Experiment,
  options: { read: Reader; numThreads: number },
): Promise<Cost> {
  resetPeakMemory();
  const start = performance.now();
  const inputs = await options.read(experiment, () => {});
  const tuning = applyMethod(inputs.encoder.shape, experiment.method);
  const engine = await openEngine({ ...experiment, ...options });
  const learner = createLearner(experiment, { inputs, tuning, engine });
  const train = inputs.data.train.encoded;
  const dev = inputs.data.evaluation[0].encoded;
  const { preferredTokens } = engine;
  await trainOn(learner, experiment, {
    train,
    preferredTokens,
    batches: [longest(experiment, train)],
  });
  await predictOn(learner, dev, { preferredTokens, numPieces: 1 });
  const startSeconds = (performance.now() - start) / 1000;

  const { batchSize } = experiment.training;
  const batches = planEpoch(lengthsOf(train), { batchSize, seed: experiment.seed, epoch: 0 });
  const trainSecondsPerToken = await trainOn(learner, experiment, {
    train,
    preferredTokens,
    batches: batches.slice(0, NUM_STEPS),
  });
  const evaluateSecondsPerToken = await predictOn(learner, dev, {
    preferredTokens,
    numPieces: NUM_PIECES,
  });
  const peakBytes = peakMemory();
  await learner.dispose();
  await engine.dispose();
  return { trainSecondsPerToken, evaluateSecondsPerToken, startSeconds, peakBytes };
}

/** The batch of the longest examples. */
function longest({ training: { batchSize } }: Experiment, split: EncodedSplit): Int32Array {
  const lengths = lengthsOf(split);
  const order = Int32Array.from(lengths.keys()).toSorted((a, b) => lengths[b] - lengths[a]);
  return order.slice(0, batchSize);
}

/** Seconds per token of these batches, one optimizer step each. */
async function trainOn(
  learner: Learner,
  { training }: Experiment,
  options: { train: EncodedSplit; preferredTokens: number; batches: readonly Int32Array[] },
): Promise<number> {
  const lengths = lengthsOf(options.train);
  const start = performance.now();
  let numTokens = 0;
  for (const [step, batch] of options.batches.entries()) {
    const pieces = splitByTokens(batch, lengths, options.preferredTokens);
    const collated = pieces.map((indices) => collate(options.train, indices));
    await learner.step(collated, step, training.learningRate);
    for (const piece of collated) numTokens += piece.numTokens;
  }
  return (performance.now() - start) / 1000 / numTokens;
}

/** Seconds per token of the first pieces of a split. */
async function predictOn(
  learner: Learner,
  split: EncodedSplit,
  { numPieces, preferredTokens }: { numPieces: number; preferredTokens: number },
): Promise<number> {
  const all = Int32Array.from({ length: split.count }, (_, i) => i);
  const pieces = splitByTokens(all, lengthsOf(split), preferredTokens).slice(0, numPieces);
  const start = performance.now();
  let numTokens = 0;
  for (const indices of pieces) {
    const piece = collate(split, indices);
    await learner.predict(piece);
    numTokens += piece.numTokens;
  }
  return (performance.now() - start) / 1000 / numTokens;
}
