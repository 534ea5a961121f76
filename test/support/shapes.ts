// The published shapes, for tests that need no weights.
import type { EncoderShape } from "../../src/model/shape.ts";

export const bertBase: EncoderShape = {
  numLayers: 12,
  hiddenSize: 768,
  numHeads: 12,
  intermediateSize: 3072,
  vocabSize: 30522,
  maxPositions: 512,
  typeVocabSize: 2,
  activation: "gelu",
  layerNormEpsilon: 1e-12,
  hiddenDropout: 0.1,
  attentionDropout: 0.1,
};

export const bertLarge: EncoderShape = {
  ...bertBase,
  numLayers: 24,
  hiddenSize: 1024,
  numHeads: 16,
  intermediateSize: 4096,
};

export const miniLm: EncoderShape = {
  ...bertBase,
  numLayers: 6,
  hiddenSize: 384,
  intermediateSize: 1536,
};
