// Counts what a method trains, from shapes alone: before training, and without any weights.
import { isLayerNorm } from "../methods/layernorm.ts";
import type { Tuning } from "../methods/method.ts";
import { type Head, headParameters, isUsedBy } from "../model/head.ts";
import { encoderParameters, type EncoderShape, sizeOf } from "../model/shape.ts";
import type { ParameterLedger } from "./events.ts";

/** The parameter ledger of a method on an encoder, with this head. */
export function countParameters(shape: EncoderShape, tuning: Tuning, head: Head): ParameterLedger {
  const pretrained = [...encoderParameters(shape)].map(([name, dims]) => ({
    name,
    size: sizeOf(dims),
  }));
  const total = (chosen: readonly { size: number }[]) =>
    chosen.reduce((sum, { size }) => sum + size, 0);
  const sizes = (parameters: readonly { shape: readonly number[] }[]) =>
    parameters.map((parameter) => ({ size: sizeOf(parameter.shape) }));
  const moving = pretrained.filter(({ name }) => tuning.trains(name) && isUsedBy(head.kind, name));
  const layerNorm = total(moving.filter(({ name }) => isLayerNorm(name)));
  const encoder = total(moving) - layerNorm;
  const adapters = total(sizes(tuning.newParameters));
  const inHead = total(sizes(headParameters(shape.hiddenSize, head)));
  const trained = adapters + layerNorm + inHead + encoder;
  const wholeModel = total(pretrained);
  const encoderLayers = total(pretrained.filter(({ name }) => name.startsWith("encoder.layer.")));
  return {
    adapters,
    layerNorm,
    head: inHead,
    encoder,
    trained,
    frozen: wholeModel - layerNorm - encoder,
    wholeModel,
    encoderLayers,
    percentOfWholeModel: (100 * trained) / wholeModel,
    percentOfEncoderLayers: (100 * trained) / encoderLayers,
  };
}

/** Name -> shape of everything that a method trains on an encoder, the head included. */
export function trainedShapes(
  shape: EncoderShape,
  tuning: Tuning,
  head: Head,
): Map<string, readonly number[]> {
  const moving = [...encoderParameters(shape)].filter(
    ([name]) => tuning.trains(name) && isUsedBy(head.kind, name),
  );
  const added = [...tuning.newParameters, ...headParameters(shape.hiddenSize, head)];
  return new Map([...moving, ...added.map(({ name, shape: dims }) => [name, dims] as const)]);
}
