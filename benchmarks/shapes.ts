// What benchmarks train: encoders of real dimensions with random weights of a fixed seed, so that they run where no weights are, and
// a learner with adapters in the paper's recipe.
import { adamDefaults } from "../src/train/optimizer.ts";
import type { Engine } from "../src/engine/engine.ts";
import { applyMethod } from "../src/methods/methods.ts";
import { Learner } from "../src/train/learner.ts";
import { randomStream } from "../src/random.ts";
import { encoderParameters, type EncoderShape, sizeOf } from "../src/model/shape.ts";
import type { FloatTensor } from "../src/model/safetensors.ts";

const common = {
  vocabSize: 30522,
  maxPositions: 512,
  typeVocabSize: 2,
  activation: "gelu",
  layerNormEpsilon: 1e-12,
} as const;

export const shapes = {
  /** For what would take minutes otherwise. */
  tiny: { ...common, numLayers: 2, hiddenSize: 128, numHeads: 2, intermediateSize: 512 },
  minilm: { ...common, numLayers: 6, hiddenSize: 384, numHeads: 12, intermediateSize: 1536 },
  base: { ...common, numLayers: 12, hiddenSize: 768, numHeads: 12, intermediateSize: 3072 },
} as const;
export type ShapeName = keyof typeof shapes;

/** The shape with one dropout probability everywhere. */
export function shapeWithDropout(name: ShapeName, dropout: number): EncoderShape {
  return { ...shapes[name], hiddenDropout: dropout, attentionDropout: dropout };
}

/** Uniform weights in [-0.035, 0.035), gains around 1. */
export function randomWeights(shape: EncoderShape): Map<string, FloatTensor> {
  const weights = new Map<string, FloatTensor>();
  for (const [name, dims] of encoderParameters(shape)) {
    const stream = randomStream(0, "benchmark", name);
    const centre = name.endsWith("LayerNorm.weight") ? 1 : 0;
    const data = Float32Array.from(
      { length: sizeOf(dims) },
      (_, i) => centre + (stream.uniform(i) - 0.5) * 0.07,
    );
    weights.set(name, { shape: dims, data });
  }
  return weights;
}

/** A two-class learner with Houlsby adapters of the given size. */
export function adapterLearner(
  engine: Engine,
  shape: EncoderShape,
  weights: ReadonlyMap<string, FloatTensor>,
  size: number,
): Learner {
  return new Learner({
    engine,
    shape,
    weights,
    tuning: applyMethod(shape, { name: "houlsby", size, initStd: 0.01 }),
    head: { kind: "classification", numOutputs: 2 },
    optimizer: adamDefaults,
    seed: 0,
  });
}
