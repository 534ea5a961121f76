// Whether an adapter file holds exactly what its run trains: no tensor missing, none besides, every value a finite number.
import { applyMethod } from "../methods/methods.ts";
import { headParameters, isUsedBy } from "../model/head.ts";
import type { PretrainedEncoder } from "../model/pretrained.ts";
import type { TrainedRun } from "./trained-run.ts";

type Shapes = ReadonlyMap<string, readonly number[]>;

/** What is wrong with the run's tensors, one line each, `name: found: expected`; empty where nothing is. */
export function tensorFaults(run: TrainedRun, encoder: PretrainedEncoder): string[] {
  const expected = trainedShapes(run, encoder);
  const missing = [...expected]
    .filter(([name]) => !run.parameters.has(name))
    .map(([name, shape]) => `${name}: missing: expected shape ${list(shape)}`);
  const present = [...run.parameters].flatMap(([name, { data, shape }]) => {
    const wanted = expected.get(name);
    if (!wanted) return [`${name}: ${encoder.weights.has(name) ? "a frozen weight of the encoder" : "not a parameter of this run"}: expected trained parameters alone`]; // prettier-ignore
    if (wanted.join() !== shape.join())
      return [`${name}: shape ${list(shape)}: expected ${list(wanted)}`];
    const numBad = data.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
    return numBad > 0 ? [`${name}: ${numBad} of ${data.length} values are not finite numbers`] : [];
  });
  return [...missing, ...present];
}

/** Name -> shape of everything that the run trains. */
function trainedShapes({ experiment, head }: TrainedRun, encoder: PretrainedEncoder): Shapes {
  const { shape, weights } = encoder;
  const tuning = applyMethod(shape, experiment.method);
  const moved = [...weights].filter(([name]) => tuning.trains(name) && isUsedBy(head.kind, name));
  const added = [...tuning.newParameters, ...headParameters(shape.hiddenSize, head)];
  return new Map([
    ...moved.map(([name, tensor]) => [name, tensor.shape] as const),
    ...added.map(({ name, shape: dims }) => [name, dims] as const),
  ]);
}

function list(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
