// The programs of a learner, as functions of its buffers: gradients of a piece, the norm of what was accumulated, and the optimizer's
// step.
import * as tf from "@tensorflow/tfjs";
import type { Scalar, Tensor } from "@tensorflow/tfjs";
import type { Buffer, InputSpec, ProgramSpec, Tensors } from "../engine/engine.ts";
import type { DropoutSite } from "../model/bert.ts";
import {
  adamUpdate,
  type AdamOptions,
  clipFactor,
  globalNorm,
  type StepScalars,
} from "./optimizer.ts";
import { batchInputs, forward, type ModelSpec } from "./predictor.ts";

/** Prefixes under which programs know the state that belongs to a trained parameter. */
export const GRADIENT = "gradient of ";
export const FIRST_MOMENT = "first moment of ";
export const SECOND_MOMENT = "second moment of ";

type Buffers = Readonly<Record<string, Buffer>>;

/** What the programs act on. Gradients and moments have their prefix in their names. */
export interface Learned {
  model: ModelSpec;
  trainedNames: readonly string[];
  parameters: Buffers;
  gradients: Buffers;
  moments: Buffers;
}

/** Adds a piece's gradients to those accumulated, and gives its loss. */
export function gradientProgram(
  { gradients, model, parameters, trainedNames }: Learned,
  dropoutSites: ReadonlyMap<string, DropoutSite>,
): ProgramSpec {
  const masks = [...dropoutSites].map(
    ([site, { rate, shape }]) =>
      [site, { shape, type: "float32", pool: `dropout masks ${rate}` }] as const,
  );
  return {
    name: "gradients",
    inputs: { ...batchInputs(model.kind), ...Object.fromEntries(masks) },
    buffers: { ...parameters, ...gradients },
    compute: (inputs: Tensors, buffers: Tensors) => {
      const trained = trainedNames.map((name) => buffers[name]);
      const mask = (site: string) => inputs[site];
      const loss = () => forward(model, inputs, buffers, mask).loss as Scalar;
      const { value, grads } = tf.engine().gradients(loss, trained);
      const updates = trainedNames.map((name, i) => {
        const accumulated = GRADIENT + name;
        return [accumulated, tf.add(buffers[accumulated], grads[i])] as const;
      });
      return { outputs: { loss: value }, updates: Object.fromEntries(updates) };
    },
  };
}

/** Gives the global norm of the accumulated gradients. */
export function normProgram({ gradients }: Learned): ProgramSpec {
  return {
    name: "norm",
    inputs: {},
    buffers: gradients,
    compute: (_: Tensors, tensors: Tensors) => ({
      outputs: { gradNorm: globalNorm(Object.values(tensors)) },
      updates: {},
    }),
  };
}

const scalar: InputSpec = { shape: [], type: "float32" };
const scalars: Record<keyof StepScalars, InputSpec> = {
  stepSize: scalar,
  secondMomentScale: scalar,
  decayFactor: scalar,
  gradientScale: scalar,
};

/** Updates what trains by the accumulated gradients, clears these, and gives the norm they had. */
export function applyProgram(
  { gradients, moments, parameters, trainedNames }: Learned,
  optimizer: AdamOptions,
): ProgramSpec {
  const trained = Object.fromEntries(trainedNames.map((name) => [name, parameters[name]]));
  return {
    name: "apply",
    inputs: scalars,
    buffers: { ...trained, ...gradients, ...moments },
    compute: (inputs: Tensors, buffers: Tensors) => {
      const step = inputs as Record<keyof StepScalars, Tensor>;
      const scaledNorm = globalNorm(trainedNames.map((name) => buffers[GRADIENT + name]));
      const gradNorm = tf.mul(scaledNorm, step.gradientScale);
      const clip = clipFactor(gradNorm, optimizer.maxGradNorm);
      const factor = tf.mul(clip, step.gradientScale);
      const updates: Record<string, Tensor> = {};
      for (const name of trainedNames) {
        const state = {
          parameter: buffers[name],
          gradient: buffers[GRADIENT + name],
          firstMoment: buffers[FIRST_MOMENT + name],
          secondMoment: buffers[SECOND_MOMENT + name],
        };
        const next = adamUpdate(name, state, factor, step, optimizer);
        updates[name] = next.parameter;
        updates[FIRST_MOMENT + name] = next.firstMoment;
        updates[SECOND_MOMENT + name] = next.secondMoment;
        updates[GRADIENT + name] = tf.zerosLike(state.gradient);
      }
      return { outputs: { gradNorm }, updates };
    },
  };
}
