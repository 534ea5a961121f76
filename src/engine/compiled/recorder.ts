// A TensorFlow.js backend that records instead of computing. tfjs's own autodiff runs over it, so a recording holds the
// forward pass, the gradients and whatever is computed from them.
import * as tf from "@tensorflow/tfjs";
import type { KernelConfig, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from "@tensorflow/tfjs";
import { invariant } from "../../errors.ts";
import { registerComposites } from "../../model/kernels.ts";
import type { DataArray } from "../engine.ts";
import { lowerings } from "./lowerings/lowerings.ts";
import { type Recording, type Value } from "./recording.ts";

/** Lowers one tfjs kernel to ONNX nodes. Attribute names and meanings are tfjs's. */
export type Lowering = (
  recording: Recording,
  inputs: Record<string, Value>,
  attributes: Record<string, never>,
) => Value | Value[];

export const RECORDER = "recorder";

/** What tfjs knows of a recorded tensor: a name in the graph, or host values that have not been needed as one yet. */
type Entry = { name: string } | { values: DataArray | Uint8Array };

class Recorder extends tf.KernelBackend {
  readonly entries = new tf.DataStorage<Entry>(this, tf.engine());
  recording: Recording | undefined;

  /** The values of a tensor made from host data, which becomes a constant if a kernel uses it. */
  override write(values: tf.BackendValues): object {
    const dataId = {};
    this.entries.set(dataId, { values: values as DataArray });
    return dataId;
  }

  override move(dataId: object, values: tf.BackendValues): void {
    this.entries.set(dataId, { values: values as DataArray });
  }

  override readSync(dataId: object): tf.BackendValues {
    const entry = this.entries.get(dataId);
    invariant("values" in entry, "a recorded value was read: it exists only when the program runs");
    return entry.values;
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  tensorInfo(value: Value): TensorInfo {
    const dataId = {};
    this.entries.set(dataId, { name: value.name });
    return { dataId, shape: [...value.shape], dtype: value.type as tf.DataType };
  }

  value(info: TensorInfo): Value {
    invariant(this.recording, "a kernel was called on the recorder outside a recording");
    const entry = this.entries.get(info.dataId);
    const type = info.dtype as "float32" | "int32" | "bool";
    const name =
      "name" in entry ? entry.name : this.recording.constant(entry.values, info.shape, type);
    return { name, shape: info.shape, type };
  }

  override numDataIds(): number {
    return this.entries.numDataIds();
  }
  override disposeData(dataId: object): boolean {
    return this.entries.delete(dataId);
  }
  override refCount(): number {
    return 1;
  }
  override incRef(): void {}
  decRef(): void {}
  /** tfjs counts tensors itself and asks for the rest. */
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override timerAvailable(): boolean {
    return false;
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7; // tfjs's value for 32-bit backends
  }
  override dispose(): void {}
}

/** Runs `record` with every tfjs operation going into `recording`. `symbol` makes a tensor that stands for a graph value. */
export async function withRecorder<T>(
  recording: Recording,
  record: (tools: {
    symbol: (value: Value) => tf.Tensor;
    valueOf: (tensor: tf.Tensor) => Value;
  }) => T,
): Promise<T> {
  const previous = tf.getBackend();
  const recorder = install();
  await tf.setBackend(RECORDER);
  recorder.recording = recording;
  try {
    const symbol = (value: Value) =>
      tf.engine().makeTensorFromTensorInfo(recorder.tensorInfo(value));
    tf.engine().startScope();
    return record({ symbol, valueOf: (tensor) => recorder.value(tensor) });
  } finally {
    tf.engine().endScope();
    recorder.recording = undefined;
    if (previous) await tf.setBackend(previous);
  }
}

let installed: Recorder | undefined;

function install(): Recorder {
  if (installed) return installed;
  const recorder = new Recorder();
  tf.registerBackend(RECORDER, () => recorder, 0);
  for (const [kernelName, lowering] of Object.entries(lowerings))
    tf.registerKernel(kernelConfig(recorder, kernelName, lowering as unknown as Lowering));
  registerComposites(RECORDER);
  return (installed = recorder);
}

function kernelConfig(recorder: Recorder, kernelName: string, lowering: Lowering): KernelConfig {
  const kernelFunc = ({ inputs, attrs }: { inputs: NamedTensorInfoMap; attrs?: NamedAttrMap }) => {
    invariant(recorder.recording, `${kernelName} was called on the recorder outside a recording`);
    const values = Object.fromEntries(
      Object.entries(inputs).map(([name, info]) => [name, recorder.value(info as TensorInfo)]),
    );
    const result = lowering(recorder.recording, values, (attrs ?? {}) as Record<string, never>);
    return Array.isArray(result)
      ? result.map((value) => recorder.tensorInfo(value))
      : recorder.tensorInfo(result);
  };
  return { kernelName, backendName: RECORDER, kernelFunc };
}
