// The encoders that benchmarks run on: real dimensions, random weights of a fixed seed, so that they run where no weights are.
import { randomStream } from "../src/random.ts";
import { encoderParameters, type EncoderShape, sizeOf } from "../src/model/shape.ts";
import type { FloatTensor } from "../src/model/safetensors.ts";

const common = {
  vocabSize: 30522,
  maxPositions: 512,
  typeVocabSize: 2,
  activation: "gelu",
  layerNormEpsilon: 1e-12,
  numHeads: 12,
} as const;

export const shapes = {
  minilm: { ...common, numLayers: 6, hiddenSize: 384, intermediateSize: 1536 },
  base: { ...common, numLayers: 12, hiddenSize: 768, intermediateSize: 3072 },
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
