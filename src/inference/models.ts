// One encoder in memory, any number of tasks on it: frozen weights exist once, every run adds the parameters it trained. Runs
// whose models have the same form share one compiled program, into which their parameters are written in turn.
import type { Engine, Buffer } from "../engine/engine.ts";
import { invariant, UserError } from "../errors.ts";
import { applyMethod } from "../methods/methods.ts";
import { isUsedBy } from "../model/head.ts";
import type { PretrainedEncoder } from "../model/pretrained.ts";
import { countNotFinite, type FloatTensor } from "../model/safetensors.ts";
import { sizeOf } from "../model/shape.ts";
import { type Predicting, Predictor } from "../train/predictor.ts";
import { adapterFile } from "../train/checkpoint.ts";
import { trainedShapes } from "../train/ledger.ts";
import { checkEncoder, type TrainedRun } from "./trained-run.ts";

type Parameters = ReadonlyMap<string, FloatTensor>;

/** A compiled model and the run whose parameters are in it at present. */
interface Slot {
  predictor: Predictor;
  /** The buffers that differ from run to run. */
  buffers: ReadonlyMap<string, Buffer>;
  current: Parameters | undefined;
}

/** The models of several runs over one encoder. */
export class Models {
  readonly #encoder: PretrainedEncoder;
  readonly #engine: Engine;
  readonly #frozen = new Map<string, Buffer>();
  readonly #slots = new Map<string, Slot>();

  /** The engine takes over the encoder's weights. */
  constructor(encoder: PretrainedEncoder, engine: Engine) {
    this.#encoder = encoder;
    this.#engine = engine;
  }

  /**
   * The model of a run; with `parameters` those instead of the run's own, of the same names and shapes. Throws UserError where the
   * run was trained on another encoder, or its file lacks a parameter or holds one that is not a finite number.
   */
  of(run: TrainedRun, parameters: Parameters = run.parameters): Predicting {
    checkEncoder(run, this.#encoder);
    const slot = this.#slotFor(run);
    return {
      predict: (batch) => {
        if (slot.current !== parameters) {
          slot.current = undefined;
          for (const [name, buffer] of slot.buffers) buffer.write(valuesOf(run, parameters, name));
          slot.current = parameters;
        }
        return slot.predictor.predict(batch);
      },
    };
  }

  async dispose(): Promise<void> {
    for (const { buffers, predictor } of this.#slots.values()) {
      await predictor.dispose();
      for (const buffer of buffers.values()) buffer.dispose();
    }
    for (const buffer of this.#frozen.values()) buffer.dispose();
  }

  #slotFor(run: TrainedRun): Slot {
    const { experiment, head } = run;
    const key = JSON.stringify([experiment.method, head]);
    const known = this.#slots.get(key);
    const { shape, weights } = this.#encoder;
    const tuning = applyMethod(shape, experiment.method);
    const shapes = trainedShapes(shape, tuning, head);
    checkParameters(run, shapes);
    if (known) return known;
    const buffers = new Map(
      [...shapes].map(([name, dims]) => {
        const data = new Float32Array(sizeOf(dims));
        return [name, this.#engine.buffer({ shape: dims, data })];
      }),
    );
    const all: Record<string, Buffer> = Object.fromEntries(buffers);
    for (const name of weights.keys())
      if (isUsedBy(head.kind, name)) all[name] ??= this.#frozenBuffer(name);
    const predictor = new Predictor({ shape, tuning, kind: head.kind }, this.#engine, all);
    const slot = { predictor, buffers, current: undefined };
    this.#slots.set(key, slot);
    return slot;
  }

  #frozenBuffer(name: string): Buffer {
    const tensor = this.#encoder.weights.get(name);
    invariant(tensor, `no weights are called ${name}`);
    const buffer = this.#frozen.get(name) ?? this.#engine.buffer(tensor, { frozen: true });
    this.#frozen.set(name, buffer);
    return buffer;
  }
}

function checkParameters(
  { parameters, runDir }: TrainedRun,
  shapes: ReadonlyMap<string, readonly number[]>,
): void {
  for (const [name, shape] of shapes) {
    const found = parameters.get(name);
    if (found?.shape.join() === shape.join()) continue;
    throw new UserError(
      `${adapterFile(runDir)}: ${name}: ${found ? `shape [${found.shape.join(", ")}]` : "missing"}: expected [${shape.join(", ")}]`,
      {
        hint: "the file does not belong to this run's result.json; train again, or copy the whole run folder",
      },
    );
  }
}

/** The values of a parameter. Throws UserError where one is NaN or infinite. */
function valuesOf({ runDir }: TrainedRun, parameters: Parameters, name: string): Float32Array {
  const tensor = parameters.get(name);
  invariant(tensor, `no parameter is called ${name}`);
  const { data } = tensor;
  const numBad = countNotFinite(tensor);
  if (numBad > 0)
    throw new UserError(
      `${adapterFile(runDir)}: ${name}: ${numBad} of ${data.length} values are NaN or infinite: expected finite numbers`,
      { hint: "the file is damaged: copy the whole run folder again, or train it again" },
    );
  return data;
}
