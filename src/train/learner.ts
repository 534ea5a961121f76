// A model that learns: parameters and optimizer state as engine buffers, and the three programs that act on them. Gradients of
// a batch are accumulated piece by piece, so that a batch may be larger than what is computed at once.
import * as tf from "@tensorflow/tfjs";
import type { Scalar, Tensor } from "@tensorflow/tfjs";
import type { Batch } from "../data/batches.ts";
import type {
  Buffer,
  Engine,
  HostTensor,
  InputSpec,
  Program,
  ProgramSpec,
  Tensors,
} from "../engine/engine.ts";
import { invariant } from "../errors.ts";
import type { Tuning } from "../methods/method.ts";
import {
  encode,
  encoderDropoutSites,
  type DropoutSite,
  type EncoderContext,
} from "../model/bert.ts";
import { classify, HEAD_DROPOUT_SITE, headParameters, taskLoss } from "../model/head.ts";
import { type EncoderShape, sizeOf } from "../model/shape.ts";
import { randomStream, truncatedNormal } from "../random.ts";
import { dropoutMasks } from "./dropout.ts";
import { adamUpdate, type AdamOptions, clipFactor, globalNorm, stepScalars } from "./optimizer.ts";

export interface LearnerOptions {
  engine: Engine;
  shape: EncoderShape;
  /** Every parameter of the encoder by name; taken over by the engine. */
  weights: ReadonlyMap<string, HostTensor>;
  tuning: Tuning;
  kind: "classification" | "regression";
  /** Classes, or 1 for regression. */
  numOutputs: number;
  optimizer: AdamOptions;
  seed: number;
}

export interface StepResult {
  /** Mean loss over the batch. */
  loss: number;
  /** Global norm of the gradients before clipping. */
  gradNorm: number;
}

export interface Prediction {
  /** Logits or scores, row-major (B, K). */
  logits: Float32Array;
  /** Sum of the examples' losses. */
  lossSum: number;
}

const batchInputs: Readonly<Record<string, InputSpec>> = {
  ids: { shape: ["B", "T"], type: "int32" },
  typeIds: { shape: ["B", "T"], type: "int32" },
  maskBias: { shape: ["B", "T"], type: "float32" },
  labels: { shape: ["B"], type: "float32" },
  exampleWeights: { shape: ["B"], type: "float32" },
};
const scalarInput: InputSpec = { shape: [], type: "float32" };

/** Prefixes under which programs know the state that belongs to a trained parameter. */
const GRADIENT = "gradient of ";
const FIRST_MOMENT = "first moment of ";
const SECOND_MOMENT = "second moment of ";

export class Learner {
  readonly trainedNames: readonly string[];
  readonly #options: LearnerOptions;
  readonly #dropoutSites: Map<string, DropoutSite>;
  readonly #parameters: Record<string, Buffer> = {};
  readonly #gradients: Record<string, Buffer> = {};
  readonly #moments: Record<string, Buffer> = {};
  readonly #programs = new Map<string, Promise<Program>>();

  constructor(options: LearnerOptions) {
    this.#options = options;
    const { engine, shape, seed, tuning, weights } = options;
    const added = [
      ...tuning.newParameters,
      ...headParameters(shape.hiddenSize, options.numOutputs),
    ];
    for (const [name, tensor] of weights) {
      // What trains is written where it lies; the pretrained weights stay as they are, for the next run that starts from them.
      const data = tuning.trains(name) ? tensor.data.slice() : tensor.data;
      this.#parameters[name] = engine.buffer({ shape: tensor.shape, data });
    }
    for (const { initStd, name, shape: dims } of added) {
      const data = truncatedNormal(randomStream(seed, "init", name), sizeOf(dims), initStd);
      this.#parameters[name] = engine.buffer({ shape: dims, data });
    }
    this.trainedNames = [
      ...[...weights.keys()].filter((name) => tuning.trains(name)),
      ...added.map(({ name }) => name),
    ];
    this.#dropoutSites = encoderDropoutSites(shape, "first");
    if (shape.hiddenDropout > 0)
      this.#dropoutSites.set(HEAD_DROPOUT_SITE, {
        shape: ["B", shape.hiddenSize],
        rate: shape.hiddenDropout,
      });
    for (const name of this.trainedNames) this.#allocateState(name);
  }

  /**
   * One optimizer step on a batch given in pieces. `step` counts from 0 and decides dropout and bias correction; a non-finite
   * loss leaves the parameters as they are.
   */
  async step(pieces: readonly Batch[], step: number, learningRate: number): Promise<StepResult> {
    const numExamples = pieces.reduce((total, piece) => total + piece.numExamples, 0);
    let loss = 0;
    for (const [index, piece] of pieces.entries())
      loss += await this.accumulate(piece, 1 / numExamples, { step, piece: index });
    if (!Number.isFinite(loss)) return { loss, gradNorm: NaN };
    const scalars = Object.entries(stepScalars(this.#options.optimizer, learningRate, step + 1));
    const program = await this.#program("apply");
    const inputs = Object.fromEntries(scalars.map(([name, value]) => [name, scalar(value)]));
    const { gradNorm } = await program.run(inputs);
    return { loss, gradNorm: gradNorm.data[0] };
  }

  /** Adds one piece's gradients, each example's loss weighted by `weight`, to those accumulated. Gives the weighted loss. */
  async accumulate(
    piece: Batch,
    weight: number,
    counter: { step: number; piece: number },
  ): Promise<number> {
    const program = await this.#program("gradients");
    const masks = dropoutMasks(this.#dropoutSites, piece, { seed: this.#options.seed, ...counter });
    const { loss } = await program.run({ ...feed(piece, weight), ...masks });
    return loss.data[0];
  }

  /** Runs the model without dropout. */
  async predict(batch: Batch): Promise<Prediction> {
    const program = await this.#program("predict");
    const { logits, loss } = await program.run(feed(batch, 1));
    return { logits: logits.data as Float32Array, lossSum: loss.data[0] };
  }

  /** The buffer of a parameter, trained or frozen. */
  parameter(name: string): Buffer {
    const buffer = this.#parameters[name];
    invariant(buffer, `no parameter is called ${name}`);
    return buffer;
  }

  /** The accumulated gradient of a trained parameter. */
  gradient(name: string): Buffer {
    return this.#gradients[GRADIENT + name];
  }

  /** The optimizer's state by name, two moments for every trained parameter. */
  get moments(): Readonly<Record<string, Buffer>> {
    return this.#moments;
  }

  async dispose(): Promise<void> {
    for (const program of this.#programs.values()) await (await program).dispose();
    for (const buffers of [this.#parameters, this.#gradients, this.#moments])
      for (const buffer of Object.values(buffers)) buffer.dispose();
  }

  #allocateState(name: string): void {
    const { engine } = this.#options;
    const { shape } = this.#parameters[name];
    const zeros = () => engine.buffer({ shape, data: new Float32Array(sizeOf(shape)) });
    this.#gradients[GRADIENT + name] = zeros();
    this.#moments[FIRST_MOMENT + name] = zeros();
    this.#moments[SECOND_MOMENT + name] = zeros();
  }

  /** Compiles a program when it is first needed. */
  #program(name: "gradients" | "apply" | "predict"): Promise<Program> {
    let program = this.#programs.get(name);
    if (!program) {
      const specs = {
        gradients: () => this.#gradientSpec(),
        apply: () => this.#applySpec(),
        predict: () => this.#predictSpec(),
      };
      program = this.#options.engine.compile({ name, ...specs[name]() });
      this.#programs.set(name, program);
    }
    return program;
  }

  #predictSpec(): Omit<ProgramSpec, "name"> {
    return {
      inputs: batchInputs,
      buffers: this.#parameters,
      compute: (inputs: Tensors, buffers: Tensors) => {
        const logits = this.#forward(inputs, buffers, false);
        return { outputs: { logits, loss: this.#loss(logits, inputs) }, updates: {} };
      },
    };
  }

  #gradientSpec(): Omit<ProgramSpec, "name"> {
    const masks = [...this.#dropoutSites].map(
      ([site, { shape }]) => [site, { shape, type: "float32" }] as const,
    );
    return {
      inputs: { ...batchInputs, ...Object.fromEntries(masks) },
      buffers: { ...this.#parameters, ...this.#gradients },
      compute: (inputs: Tensors, buffers: Tensors) => {
        const trained = this.trainedNames.map((name) => buffers[name]);
        const loss = () => this.#loss(this.#forward(inputs, buffers, true), inputs);
        const { value, grads } = tf.engine().gradients(loss, trained);
        const updates = this.trainedNames.map((name, i) => {
          const accumulated = GRADIENT + name;
          return [accumulated, tf.add(buffers[accumulated], grads[i])] as const;
        });
        return { outputs: { loss: value }, updates: Object.fromEntries(updates) };
      },
    };
  }

  #applySpec(): Omit<ProgramSpec, "name"> {
    return {
      inputs: { stepSize: scalarInput, secondMomentScale: scalarInput, decayFactor: scalarInput },
      buffers: { ...this.#trainedParameters(), ...this.#gradients, ...this.#moments },
      compute: (inputs: Tensors, buffers: Tensors) => {
        const { optimizer } = this.#options;
        const gradNorm = globalNorm(this.trainedNames.map((name) => buffers[GRADIENT + name]));
        const factor = clipFactor(gradNorm, optimizer.maxGradNorm);
        const scalars = inputs as Record<"stepSize" | "secondMomentScale" | "decayFactor", Tensor>;
        const updates: Record<string, Tensor> = {};
        for (const name of this.trainedNames) {
          const state = {
            parameter: buffers[name],
            gradient: buffers[GRADIENT + name],
            firstMoment: buffers[FIRST_MOMENT + name],
            secondMoment: buffers[SECOND_MOMENT + name],
          };
          const next = adamUpdate(name, state, factor, scalars, optimizer);
          updates[name] = next.parameter;
          updates[FIRST_MOMENT + name] = next.firstMoment;
          updates[SECOND_MOMENT + name] = next.secondMoment;
          updates[GRADIENT + name] = tf.zerosLike(state.gradient);
        }
        return { outputs: { gradNorm }, updates };
      },
    };
  }

  #trainedParameters(): Record<string, Buffer> {
    return Object.fromEntries(this.trainedNames.map((name) => [name, this.#parameters[name]]));
  }

  #forward(inputs: Tensors, buffers: Tensors, training: boolean): Tensor {
    const { shape, tuning } = this.#options;
    const parameters = (name: string) => buffers[name];
    const context: EncoderContext = {
      shape,
      parameters,
      hook: (point, layerIndex, x) => tuning.hook?.(point, layerIndex, x, parameters) ?? x,
      dropoutMask: (site) => (training ? inputs[site] : undefined),
    };
    const { ids, maskBias, typeIds } = inputs;
    return classify(context, encode(context, { ids, typeIds, maskBias }, "first"));
  }

  #loss(logits: Tensor, { exampleWeights, labels }: Tensors): Scalar {
    return taskLoss(this.#options.kind, logits, labels, exampleWeights);
  }
}

function feed(batch: Batch, weight: number): Record<string, HostTensor> {
  const { numExamples: B, length: T } = batch;
  return {
    ids: { shape: [B, T], data: batch.ids },
    typeIds: { shape: [B, T], data: batch.typeIds },
    maskBias: { shape: [B, T], data: batch.maskBias },
    labels: { shape: [B], data: batch.labels },
    exampleWeights: { shape: [B], data: new Float32Array(B).fill(weight) },
  };
}

function scalar(value: number): HostTensor {
  return { shape: [], data: Float32Array.of(value) };
}
