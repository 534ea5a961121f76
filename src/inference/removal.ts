// Removing adapters: an adapter whose projection back to the hidden size is zero adds nothing, and the layer is as it would be
// without one. What else the run trained, LayerNorms and head, stays.
// Reference: Houlsby et al. 2019 §3.6.
import { UserError } from "../errors.ts";
import type { FloatTensor } from "../model/safetensors.ts";
import type { LayerSpan } from "../report/ablation.ts";
import type { TrainedRun } from "./trained-run.ts";

type Parameters = ReadonlyMap<string, FloatTensor>;

/** The parameters that an adapter's contribution is a multiple of. */
const upProjection = /^encoder\.layer\.(\d+)\..+\.adapter\.up\.(?:weight|bias)$/;

/** Every span of layers next to each other, by first layer and then by last: L (L + 1) / 2 of them. */
export function layerSpans(numLayers: number): LayerSpan[] {
  const layers = Array.from({ length: numLayers }, (_, i) => i);
  return layers.flatMap((first) => layers.slice(first).map((last) => ({ first, last })));
}

/** The layers whose adapters do anything. Throws UserError where the run's method has no adapters. */
export function adapterLayers({ experiment, parameters, runDir }: TrainedRun): Set<number> {
  const ups = [...parameters].filter(([name]) => upProjection.test(name));
  if (ups.length === 0)
    throw new UserError(
      `${runDir}: method.name: ${experiment.method.name}: expected a method with adapters, this one has none to remove`,
      {
        hint: "train one with adapters: peft train --config FILE --set method='{name: houlsby, size: 64}'",
      },
    );
  const active = ups.filter(([, { data }]) => data.some((value) => value !== 0));
  return new Set(active.map(([name]) => layerOf(name)!));
}

/** The parameters with the adapters of these layers removed; the others are the same tensors. */
export function withoutAdapters(parameters: Parameters, layers: ReadonlySet<number>): Parameters {
  return new Map(
    [...parameters].map(([name, tensor]) => {
      const layer = layerOf(name);
      if (layer === undefined || !layers.has(layer)) return [name, tensor];
      return [name, { shape: tensor.shape, data: new Float32Array(tensor.data.length) }];
    }),
  );
}

/** The layer whose adapters the parameter switches off where it is zero. */
function layerOf(name: string): number | undefined {
  const layer = upProjection.exec(name)?.[1];
  return layer === undefined ? undefined : Number(layer);
}
