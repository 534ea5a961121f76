// Measures what an experiment costs by doing the first steps of it, without a run folder: the longest batch once, for the peak
// of memory and to compile, then a few others against the clock.
import { withCleanup } from "../cleanup.ts";
import type { Experiment } from "../config/schema.ts";
import { collate, lengthsOf, planEpoch } from "../data/batches.ts";
import type { EncodedSplit } from "../data/encode.ts";
import { openEngine } from "../device/open.ts";
import { peakMemory, resetPeakMemory } from "../memory.ts";
import { applyMethod } from "../methods/methods.ts";
import type { Inputs, Reader } from "../prepare.ts";
import { createLearner } from "../run.ts";
import type { Learner } from "../train/learner.ts";
import { Pieces } from "../train/pieces.ts";
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
  const work = async () => {
    const learner = createLearner(experiment, { inputs, tuning, engine });
    const pieces = new Pieces(engine.preferredTokens);
    return withCleanup(
      () => measure(experiment, { inputs, learner, pieces, start }),
      () => learner.dispose(),
    );
  };
  return withCleanup(work, () => engine.dispose());
}

async function measure(
  experiment: Experiment,
  {
    inputs,
    learner,
    pieces,
    start,
  }: { inputs: Inputs; learner: Learner; pieces: Pieces; start: number },
): Promise<Cost> {
  const train = inputs.data.train.encoded;
  const dev = inputs.data.evaluation[0].encoded;
  await trainOn(learner, experiment, { train, pieces, batches: [longest(experiment, train)] });
  await predictOn(learner, dev, { pieces, numPieces: 1 });
  const startSeconds = (performance.now() - start) / 1000;

  const { batchSize } = experiment.training;
  const batches = planEpoch(lengthsOf(train), { batchSize, seed: experiment.seed, epoch: 0 });
  const trainSecondsPerToken = await trainOn(learner, experiment, {
    train,
    pieces,
    batches: batches.slice(0, NUM_STEPS),
  });
  const evaluateSecondsPerToken = await predictOn(learner, dev, { pieces, numPieces: NUM_PIECES });
  const peakBytes = peakMemory();
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
  options: { train: EncodedSplit; pieces: Pieces; batches: readonly Int32Array[] },
): Promise<number> {
  const lengths = lengthsOf(options.train);
  const start = performance.now();
  let numTokens = 0;
  for (const [step, batch] of options.batches.entries()) {
    const { pieces } = await options.pieces.fit(
      { data: options.train, lengths, batches: [batch] },
      (collated) => learner.step(collated, step, training.learningRate),
    );
    for (const piece of pieces) numTokens += piece.numTokens;
  }
  return (performance.now() - start) / 1000 / numTokens;
}

/** Seconds per token of the first pieces of a split. */
async function predictOn(
  learner: Learner,
  split: EncodedSplit,
  { numPieces, pieces }: { numPieces: number; pieces: Pieces },
): Promise<number> {
  const all = Int32Array.from({ length: split.count }, (_, i) => i);
  const first = pieces.split(all, lengthsOf(split)).slice(0, numPieces);
  const start = performance.now();
  let numTokens = 0;
  for (const indices of first) {
    const piece = collate(split, indices);
    await learner.predict(piece);
    numTokens += piece.numTokens;
  }
  return (performance.now() - start) / 1000 / numTokens;
}
