// The model that answers: the forward pass over buffers that someone else keeps. What it shares with training is here: the inputs
// of a batch, and the model as a function of them.
import type { Tensor } from "@tensorflow/tfjs";
import { AsyncMemo } from "../async-memo.ts";
import type { Batch } from "../data/batches.ts";
import type { TaskKind } from "../data/task.ts";
import type { Buffer, Engine, HostTensor, InputSpec, Program, Tensors } from "../engine/engine.ts";
import type { Tuning } from "../methods/method.ts";
import type { EncoderContext } from "../model/bert.ts";
import { outputs, type Targets, taskLoss } from "../model/head.ts";
import type { EncoderShape } from "../model/shape.ts";

/** What the model computes, apart from the values of its parameters. */
export interface ModelSpec {
  shape: EncoderShape;
  tuning: Tuning;
  kind: TaskKind;
}

export interface Prediction {
  /** Logits or scores, row-major (B, K); for spans (B, T, 2). */
  logits: Float32Array;
  /** Sum of the examples' losses. */
  lossSum: number;
}

/** Anything that answers a batch. */
export interface Predicting {
  predict(batch: Batch): Promise<Prediction>;
}

/** The inputs of a program that reads a batch. */
export function batchInputs(kind: TaskKind): Readonly<Record<string, InputSpec>> {
  return {
    ids: { shape: ["B", "T"], type: "int32" },
    typeIds: { shape: ["B", "T"], type: "int32" },
    maskBias: { shape: ["B", "T"], type: "float32" },
    labels: { shape: kind === "span" ? ["B", 2, "T"] : ["B"], type: "float32" },
    exampleWeights: { shape: ["B"], type: "float32" },
  };
}

/** The batch as those inputs, every example's loss weighted by `weight`. */
export function feed(batch: Batch, weight: number, kind: TaskKind): Record<string, HostTensor> {
  const { numExamples: B, length: T } = batch;
  return {
    ids: { shape: [B, T], data: batch.ids },
    typeIds: { shape: [B, T], data: batch.typeIds },
    maskBias: { shape: [B, T], data: batch.maskBias },
    labels: { shape: kind === "span" ? [B, 2, T] : [B], data: batch.labels },
    exampleWeights: { shape: [B], data: new Float32Array(B).fill(weight) },
  };
}

/** The model's outputs and their weighted loss; `dropoutMask` gives a site's mask, or nothing where nothing is dropped. */
export function forward(
  { kind, shape, tuning }: ModelSpec,
  inputs: Tensors,
  buffers: Tensors,
  dropoutMask: EncoderContext["dropoutMask"],
): { logits: Tensor; loss: Tensor } {
  const parameters = (name: string) => buffers[name];
  const context: EncoderContext = {
    shape,
    parameters,
    hook: (point, layerIndex, x) => tuning.hook?.(point, layerIndex, x, parameters) ?? x,
    dropoutMask,
  };
  const { ids, maskBias, typeIds } = inputs;
  const logits = outputs(context, { ids, typeIds, maskBias }, kind);
  return { logits, loss: taskLoss(kind, logits, inputs as unknown as Targets) };
}

/** Answers batches with the present values of the parameters, without dropout. */
export class Predictor implements Predicting {
  readonly #model: ModelSpec;
  readonly #engine: Engine;
  readonly #parameters: Readonly<Record<string, Buffer>>;
  readonly #program = new AsyncMemo<"predict", Program>();

  /** Compiles when it is first asked. The buffers stay the caller's: encoder, method and head by their names. */
  constructor(model: ModelSpec, engine: Engine, parameters: Readonly<Record<string, Buffer>>) {
    this.#model = model;
    this.#engine = engine;
    this.#parameters = parameters;
  }

  async predict(batch: Batch): Promise<Prediction> {
    const program = await this.#program.get("predict", () => this.#compile());
    const { logits, loss } = await program.run(feed(batch, 1, this.#model.kind));
    return { logits: logits.data as Float32Array, lossSum: loss.data[0] };
  }

  async dispose(): Promise<void> {
    for (const program of await this.#program.drain()) await program.dispose();
  }

  #compile(): Promise<Program> {
    return this.#engine.compile({
      name: "predict",
      inputs: batchInputs(this.#model.kind),
      buffers: this.#parameters,
      compute: (inputs: Tensors, buffers: Tensors) => ({
        outputs: { ...forward(this.#model, inputs, buffers, () => undefined) },
        updates: {},
      }),
    });
  }
}
