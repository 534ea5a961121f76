// The dimensions of a BERT encoder and the names and shapes of its parameters. Names are those of Hugging Face's BertModel
// without the "bert." prefix; linear weights are stored (out, in) as there.
//
// Letters used in shape comments throughout the project:
//   B examples in a batch, T tokens of the longest, N = B * T,  C hidden size, H heads, D = C/H, F feed-forward size, V vocabulary, P positions, L layers,
//   R adapter size (the paper's m), K labels.

/** What config.json of a BERT-style checkpoint says, in this project's words. */
export interface EncoderShape {
  numLayers: number;
  hiddenSize: number;
  numHeads: number;
  /** Width of the feed-forward sub-layer, F. */
  intermediateSize: number;
  vocabSize: number;
  /** Rows of the position table: the longest sequence the encoder can read, in tokens. */
  maxPositions: number;
  typeVocabSize: number;
  activation: Activation;
  layerNormEpsilon: number;
  /** Dropout probability after embeddings and after each sub-layer, while training. */
  hiddenDropout: number;
  /** Dropout probability on attention weights, while training. */
  attentionDropout: number;
}

/** `gelu` is the erf form, `gelu_new` its tanh approximation; the names are Hugging Face's. */
export const activations = ["gelu", "gelu_new", "relu", "tanh", "swish"] as const;
export type Activation = (typeof activations)[number];

/** Parameter name -> shape. */
export type ParameterShapes = ReadonlyMap<string, readonly number[]>;

/** Every parameter of the encoder: embeddings, L layers, pooler. */
export function encoderParameters(shape: EncoderShape): ParameterShapes {
  const { hiddenSize: C, intermediateSize: F } = shape;
  const parameters = new Map<string, readonly number[]>();
  const linear = (name: string, outputs: number, inputs: number) => {
    parameters.set(`${name}.weight`, [outputs, inputs]);
    parameters.set(`${name}.bias`, [outputs]);
  };
  const layerNorm = (name: string) => {
    parameters.set(`${name}.weight`, [C]);
    parameters.set(`${name}.bias`, [C]);
  };
  parameters.set("embeddings.word_embeddings.weight", [shape.vocabSize, C]);
  parameters.set("embeddings.position_embeddings.weight", [shape.maxPositions, C]);
  parameters.set("embeddings.token_type_embeddings.weight", [shape.typeVocabSize, C]);
  layerNorm("embeddings.LayerNorm");
  for (let i = 0; i < shape.numLayers; i++) {
    const layer = layerPrefix(i);
    for (const part of ["query", "key", "value"]) linear(`${layer}.attention.self.${part}`, C, C);
    linear(`${layer}.attention.output.dense`, C, C);
    layerNorm(`${layer}.attention.output.LayerNorm`);
    linear(`${layer}.intermediate.dense`, F, C);
    linear(`${layer}.output.dense`, C, F);
    layerNorm(`${layer}.output.LayerNorm`);
  }
  linear("pooler.dense", C, C);
  return parameters;
}

/** The prefix of every parameter of one layer, without the final dot. */
export function layerPrefix(layerIndex: number): string {
  return `encoder.layer.${layerIndex}`;
}

/** The number of values in a tensor of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** The shape in brackets, for messages; a file may claim thousands of dimensions. */
export function showShape(shape: readonly number[]): string {
  return shape.length > 8 ? `[${shape.slice(0, 8).join(", ")}, …]` : `[${shape.join(", ")}]`;
}

/** A dimension known only when a batch is there: B examples, T tokens each, N = B * T. */
export type SymbolicDimension = "B" | "T" | "N";
export type SymbolicShape = readonly (number | SymbolicDimension)[];
