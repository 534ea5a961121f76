// Whether an adapter file holds exactly what its run trains: no tensor missing, none besides, every value a finite number.
import { applyMethod } from "../methods/methods.ts";
import type { PretrainedEncoder } from "../model/pretrained.ts";
import { countNotFinite } from "../model/safetensors.ts";
import { trainedShapes } from "../train/ledger.ts";
import type { TrainedRun } from "./trained-run.ts";

/** What is wrong with the run's tensors, one line each, `name: found: expected`; empty where nothing is. */
export function tensorFaults(run: TrainedRun, encoder: PretrainedEncoder): string[] {
  const { shape } = encoder;
  const tuning = applyMethod(shape, run.experiment.method);
  const expected = trainedShapes(shape, tuning, run.head);
  const missing = [...expected]
    .filter(([name]) => !run.parameters.has(name))
    .map(([name, dims]) => `${name}: missing: expected shape ${list(dims)}`);
  const present = [...run.parameters].flatMap(([name, tensor]) => {
    const { shape: found } = tensor;
    const wanted = expected.get(name);
    if (!wanted) return [`${name}: ${encoder.weights.has(name) ? "a frozen weight of the encoder" : "not a parameter of this run"}: expected trained parameters alone`]; // prettier-ignore
    if (wanted.join() !== found.join())
      return [`${name}: shape ${list(found)}: expected ${list(wanted)}`];
    const numBad = countNotFinite(tensor);
    return numBad > 0
      ? [`${name}: ${numBad} of ${tensor.data.length} values are not finite numbers`]
      : [];
  });
  return [...missing, ...present];
}

function list(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
