// Inputs that are windows of one array: dropout masks, of which a step reads some hundred megabytes from a pool of a few. In main
// memory a window costs nothing. To a GPU the pool goes once, and the graph cuts the windows out of it there.
import { Tensor as OrtTensor } from "../onnxruntime.ts";
import { invariant } from "../../errors.ts";
import type { HostTensor, InputSpec } from "../engine.ts";
import type { Node, ValueInfo } from "./onnx.ts";
import type { Recording } from "./recording.ts";

/** Inputs of a program that are cut out of pools. */
export interface Windows {
  /** Name of the input -> name of its pool. */
  pools: ReadonlyMap<string, string>;
  /** What computes the inputs from the pools. */
  nodes: Node[];
  /** What the graph reads instead. */
  inputs: ValueInfo[];
}

const startOf = (name: string) => `start of ${name}`;
const endOf = (name: string) => `end of ${name}`;

/** Has the graph cut the inputs that have a pool out of it; none of them if `isWanted` is false. */
export function cutWindows(
  recording: Recording,
  specs: Readonly<Record<string, InputSpec>>,
  isWanted: boolean,
): Windows {
  const windows: Windows = { pools: new Map(), nodes: [], inputs: [] };
  if (!isWanted) return windows;
  const pools = new Map<string, string>();
  for (const [name, { pool, shape, type }] of Object.entries(specs)) {
    if (pool === undefined) continue;
    invariant(type === "float32", `${name}: pools hold float32 values`);
    pools.set(name, pool);
    const flat = `${name}, flat`;
    const bounds = [startOf(name), endOf(name)];
    const node = { domain: "", attributes: {} };
    windows.nodes.push(
      { ...node, op: "Slice", inputs: [pool, ...bounds, recording.integers([0])], outputs: [flat] },
      { ...node, op: "Reshape", inputs: [flat, recording.dimensions(recording.markers.mark(shape))], outputs: [name] }, // prettier-ignore
    );
    for (const bound of bounds) windows.inputs.push({ name: bound, type: "int64", shape: [1] });
  }
  for (const pool of new Set(pools.values()))
    windows.inputs.push({ name: pool, type: "float32", shape: [`length of ${pool}`] });
  return { ...windows, pools };
}

/** What the graph reads for inputs that are windows. */
export function feedWindows(
  pools: ReadonlyMap<string, string>,
  inputs: Readonly<Record<string, HostTensor>>,
): Record<string, OrtTensor> {
  const feeds: Record<string, OrtTensor> = {};
  for (const [name, pool] of pools) {
    const { buffer, byteOffset, length } = inputs[name].data;
    feeds[pool] ??= poolTensor(buffer as ArrayBuffer);
    const whole = feeds[pool].data as Float32Array;
    invariant(whole.buffer === buffer, `${name} is no window of ${pool}`);
    const start = byteOffset / Float32Array.BYTES_PER_ELEMENT;
    feeds[startOf(name)] = integer(start);
    feeds[endOf(name)] = integer(start + length);
  }
  return feeds;
}

function poolTensor(buffer: ArrayBuffer): OrtTensor {
  const values = new Float32Array(buffer);
  return new OrtTensor("float32", values, [values.length]);
}

function integer(value: number): OrtTensor {
  return new OrtTensor("int64", BigInt64Array.of(BigInt(value)), [1]);
}
