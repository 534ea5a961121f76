// A model that learns: parameters and optimizer state as engine buffers, and the programs that act on them. Gradients of
// a batch are accumulated piece by piece, so that a batch may be larger than what is computed at once.
import { AsyncMemo } from "../async-memo.ts";
import type { Batch } from "../data/batches.ts";
import type { Buffer, Engine, HostTensor, Program } from "../engine/engine.ts";
import { invariant } from "../errors.ts";
import type { Tuning } from "../methods/method.ts";
import { type DropoutSite, encoderDropoutSites } from "../model/bert.ts";
import { type Head, HEAD_DROPOUT_SITE, headParameters, isUsedBy, rowsFor } from "../model/head.ts";
import { type EncoderShape, sizeOf } from "../model/shape.ts";
import { randomStream, truncatedNormal } from "../random.ts";
import { dropoutMasks } from "./dropout.ts";
import { feed, type Predicting, type Prediction, Predictor } from "./predictor.ts";
import {
  applyProgram,
  FIRST_MOMENT,
  GRADIENT,
  gradientProgram,
  type Learned,
  normProgram,
  SECOND_MOMENT,
} from "./programs.ts";
import { LossScale } from "./loss-scale.ts";
import { type AdamOptions, stepScalars } from "./optimizer.ts";

export interface LearnerOptions {
  engine: Engine;
  shape: EncoderShape;
  /** Every parameter of the encoder by name; taken over by the engine. */
  weights: ReadonlyMap<string, HostTensor>;
  tuning: Tuning;
  head: Head;
  optimizer: AdamOptions;
  seed: number;
}

export interface StepResult {
  /** Mean loss over the batch. */
  loss: number;
  /** Global norm of the gradients before clipping. */
  gradNorm: number;
}

export class Learner implements Predicting {
  readonly trainedNames: readonly string[];
  /** Where the engine computes products in float16. */
  readonly lossScale: LossScale | undefined;
  readonly #options: LearnerOptions;
  readonly #dropoutSites: Map<string, DropoutSite>;
  readonly #parameters: Record<string, Buffer> = {};
  readonly #gradients: Record<string, Buffer> = {};
  readonly #moments: Record<string, Buffer> = {};
  readonly #programs = new AsyncMemo<string, Program>();
  readonly #predictor: Predictor;

  constructor(options: LearnerOptions) {
    this.#options = options;
    const { engine, head, shape, seed, tuning } = options;
    this.lossScale = engine.precision === "float16" ? new LossScale() : undefined;
    const added = [...tuning.newParameters, ...headParameters(shape.hiddenSize, head)];
    const weights = [...options.weights].filter(([name]) => isUsedBy(head.kind, name));
    for (const [name, tensor] of weights) {
      // What trains is written where it lies; the pretrained weights stay as they are, for the next run that starts from them.
      const frozen = !tuning.trains(name);
      const data = frozen ? tensor.data : tensor.data.slice();
      this.#parameters[name] = engine.buffer({ shape: tensor.shape, data }, { frozen });
    }
    for (const { initStd, name, shape: dims } of added) {
      const data = truncatedNormal(randomStream(seed, "init", name), sizeOf(dims), initStd);
      this.#parameters[name] = engine.buffer({ shape: dims, data });
    }
    this.trainedNames = [
      ...weights.map(([name]) => name).filter((name) => tuning.trains(name)),
      ...added.map(({ name }) => name),
    ];
    this.#dropoutSites = encoderDropoutSites(shape, rowsFor(head.kind));
    if (shape.hiddenDropout > 0 && head.kind !== "span")
      this.#dropoutSites.set(HEAD_DROPOUT_SITE, {
        shape: ["B", shape.hiddenSize],
        rate: shape.hiddenDropout,
      });
    for (const name of this.trainedNames) this.#allocateState(name);
    this.#predictor = new Predictor(this.#model, engine, this.#parameters);
  }

  /**
   * One optimizer step on a batch given in pieces. `step` counts from 0 and decides dropout and bias correction; a non-finite
   * loss leaves the parameters as they are. After an error nothing of the batch is left: the step can be taken again.
   */
  async step(pieces: readonly Batch[], step: number, learningRate: number): Promise<StepResult> {
    try {
      for (;;) {
        const loss = await this.#accumulateAll(pieces, step);
        if (!Number.isFinite(loss)) return { loss, gradNorm: NaN };
        if (!(await this.#isOverflow()))
          return { loss, gradNorm: await this.#apply(step, learningRate) };
        if (!this.lossScale?.lower()) return { loss, gradNorm: Infinity };
        this.#discardGradients();
      }
    } catch (error) {
      this.#discardGradients();
      throw error;
    }
  }

  /** Adds one piece's gradients, each example's loss weighted by `weight`, to those accumulated. Gives the weighted loss. */
  async accumulate(
    piece: Batch,
    weight: number,
    counter: { step: number; piece: number },
  ): Promise<number> {
    const program = await this.#program("gradients");
    const masks = dropoutMasks(this.#dropoutSites, piece, { seed: this.#options.seed, ...counter });
    const batch = feed(piece, weight, this.#options.head.kind);
    const { loss } = await program.run({ ...batch, ...masks });
    return loss.data[0];
  }

  /** Runs the model without dropout. */
  predict(batch: Batch): Promise<Prediction> {
    return this.#predictor.predict(batch);
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
    await this.#predictor.dispose();
    for (const program of await this.#programs.drain()) await program.dispose();
    for (const buffers of [this.#parameters, this.#gradients, this.#moments])
      for (const buffer of Object.values(buffers)) buffer.dispose();
  }

  /** Accumulates the gradients of all pieces, scaled, and gives their loss, unscaled. */
  async #accumulateAll(pieces: readonly Batch[], step: number): Promise<number> {
    const numExamples = pieces.reduce((total, piece) => total + piece.numExamples, 0);
    const scale = this.lossScale?.value ?? 1;
    let loss = 0;
    for (const [index, piece] of pieces.entries())
      loss += await this.accumulate(piece, scale / numExamples, { step, piece: index });
    return loss / scale;
  }

  /** Whether the accumulated gradients left float16's range, where that can happen. */
  async #isOverflow(): Promise<boolean> {
    if (!this.lossScale) return false;
    const { gradNorm } = await (await this.#program("norm")).run({});
    return !Number.isFinite(gradNorm.data[0]);
  }

  /** Updates the parameters by the accumulated gradients and clears these. Gives the norm the gradients had. */
  async #apply(step: number, learningRate: number): Promise<number> {
    const lossScale = this.lossScale?.value ?? 1;
    const scalars = stepScalars(this.#options.optimizer, { learningRate, lossScale, t: step + 1 });
    const inputs = Object.entries(scalars).map(([name, value]) => [name, scalar(value)]);
    const { gradNorm } = await (await this.#program("apply")).run(Object.fromEntries(inputs));
    this.lossScale?.keep();
    return gradNorm.data[0];
  }

  #discardGradients(): void {
    for (const buffer of Object.values(this.#gradients))
      buffer.write(new Float32Array(sizeOf(buffer.shape)));
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
  #program(name: "gradients" | "norm" | "apply"): Promise<Program> {
    const learned: Learned = {
      model: this.#model,
      trainedNames: this.trainedNames,
      parameters: this.#parameters,
      gradients: this.#gradients,
      moments: this.#moments,
    };
    const specs = {
      gradients: () => gradientProgram(learned, this.#dropoutSites),
      norm: () => normProgram(learned),
      apply: () => applyProgram(learned, this.#options.optimizer),
    };
    return this.#programs.get(name, () => this.#options.engine.compile(specs[name]()));
  }

  get #model() {
    const { head, shape, tuning } = this.#options;
    return { kind: head.kind, shape, tuning };
  }
}

function scalar(value: number): HostTensor {
  return { shape: [], data: Float32Array.of(value) };
}
