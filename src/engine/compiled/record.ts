// From a program's function to an ONNX graph: records it, drops what no result needs, and decides which updates may be written
// in place.
import type { Tensor } from "@tensorflow/tfjs";
import type { InputSpec, ProgramSpec, Tensors } from "../engine.ts";
import type { BufferType } from "./buffers.ts";
import { halveProducts } from "./half.ts";
import type { Graph, Node, ValueInfo } from "./onnx.ts";
import { withRecorder } from "./recorder.ts";
import { cutWindows } from "./windows.ts";
import { Markers, Recording, type ShapeInput, type Value } from "./recording.ts";

export interface RecordedProgram {
  graph: Graph;
  /** The program's inputs and buffers that its results depend on. */
  inputsRead: string[];
  buffersRead: BufferRead[];
  /** Inputs that follow from the shape of the batch. */
  shapeInputs: ShapeInput[];
  /** Inputs that the graph cuts out of a pool: see windows.ts. */
  pools: ReadonlyMap<string, string>;
  outputs: string[];
  updates: Update[];
}

/** An input of the graph that holds the values of a buffer. */
export interface BufferRead {
  buffer: string;
  input: string;
  type: BufferType;
}

/** An output of the graph that holds the new value of a buffer. */
export interface Update {
  buffer: string;
  output: string;
  /** Whether the output may be written over the buffer while the graph runs. */
  inPlace: boolean;
}

export interface RecordOptions {
  /** See Recording. */
  hasFusedMatMul: boolean;
  /** Whether inputs that have a pool are cut out of it by the graph. */
  cutsWindows: boolean;
  /** Whether products with a buffer are computed in float16. */
  isHalved: (buffer: string) => boolean;
}

/** Records `spec.compute` once, for every batch shape. */
export async function recordProgram(
  spec: ProgramSpec,
  options: RecordOptions,
): Promise<RecordedProgram> {
  const { hasFusedMatMul } = options;
  const buffers = Object.entries(spec.buffers);
  const fixed = [
    ...buffers.flatMap(([, buffer]) => buffer.shape),
    ...Object.values(spec.inputs).flatMap(({ shape }) =>
      shape.filter((dim) => typeof dim === "number"),
    ),
  ];
  const recording = new Recording(new Markers(fixed), { hasFusedMatMul });
  const results = await withRecorder(recording, ({ symbol, valueOf }) => {
    const input = (name: string, { shape, type }: InputSpec): Tensor =>
      symbol({ name, shape: recording.markers.mark(shape), type });
    const inputs = mapValues(spec.inputs, (value, name) => input(name, value));
    const state = mapValues(spec.buffers, ({ shape }, name) =>
      symbol({ name, shape, type: "float32" }),
    );
    const { outputs, updates } = spec.compute(inputs, state);
    return {
      outputs: named(recording, outputs, "", valueOf),
      updates: named(recording, updates, UPDATE, valueOf),
    };
  });
  return assemble(spec, recording, results, options);
}

/** What the graph is to give, by the names that the program knows it by. */
interface Results {
  outputs: readonly Value[];
  updates: readonly Value[];
}

/** The graph of what results need, and how it is fed. */
function assemble(
  spec: ProgramSpec,
  recording: Recording,
  results: Results,
  { cutsWindows, isHalved }: RecordOptions,
): RecordedProgram {
  const outputs = [...results.outputs, ...results.updates];
  const windows = cutWindows(recording, spec.inputs, cutsWindows);
  const all = [...windows.nodes, ...recording.nodes];
  const { nodes, weights } = halveProducts(neededNodes(all, outputs), isHalved);
  const used = new Set(nodes.flatMap((node) => node.inputs));
  const isUsed = ({ name }: { name: string }) => used.has(name);
  const names = Object.keys(spec.inputs).filter((name) => used.has(name));
  const inputsRead = names.filter((name) => !windows.pools.has(name));
  const buffersRead = Object.keys(spec.buffers).flatMap((buffer): BufferRead[] => {
    const halved = weights.get(buffer);
    return [
      ...(used.has(buffer) ? [{ buffer, input: buffer, type: "float32" as const }] : []),
      ...(halved === undefined ? [] : [{ buffer, input: halved, type: "float16" as const }]),
    ];
  });
  const shapeInputs = [...recording.shapeInputs.values()].filter(isUsed);
  const graph: Graph = {
    nodes,
    initializers: [...recording.initializers.values()].filter(isUsed),
    inputs: [
      ...inputsRead.map((name) => ({ name, ...spec.inputs[name] })),
      ...windows.inputs.filter(isUsed),
      ...buffersRead.map(({ buffer, input, type }) => ({ name: input, type, shape: spec.buffers[buffer].shape })), // prettier-ignore
      ...shapeInputs.map(({ length, name }) => ({ name, type: "int64" as const, shape: [length] })),
    ],
    outputs: outputs.map((output) => withNamedDimensions(output, recording.markers)),
  };
  return {
    graph,
    inputsRead,
    buffersRead,
    shapeInputs,
    pools: new Map([...windows.pools].filter(([name]) => used.has(name))),
    outputs: results.outputs.map(({ name }) => name),
    updates: results.updates.map(({ name: output }) => {
      const buffer = output.slice(UPDATE.length);
      return { buffer, output, inPlace: isWrittenLast(nodes, buffer, output) };
    }),
  };
}

/** Prefix of the outputs that are new values of a buffer. */
const UPDATE = "new ";

/** The value with a name of its own for every dimension that the batch decides. */
function withNamedDimensions({ name, shape, type }: Value, markers: Markers): ValueInfo {
  const dims = shape.map((dim, axis) => (markers.divide(dim) ? `${name}.${axis}` : dim));
  return { name, type, shape: dims };
}

/** Gives every result the name that the program knows it by. */
function named(
  recording: Recording,
  tensors: Tensors,
  prefix: string,
  valueOf: (tensor: Tensor) => Value,
): Value[] {
  return Object.entries(tensors).map(([key, tensor]) => {
    const value = valueOf(tensor);
    const name = prefix + key;
    recording.nodes.push({
      op: "Identity",
      domain: "",
      inputs: [value.name],
      outputs: [name],
      attributes: {},
    });
    return { ...value, name };
  });
}

/** The nodes that some output depends on, in their order. */
function neededNodes(nodes: readonly Node[], outputs: readonly Value[]): Node[] {
  const needed = new Set(outputs.map(({ name }) => name));
  const kept: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    kept.push(node);
  }
  return kept.toReversed();
}

/** Operators that compute each value from those at its own place: they may write over what they read. */
// prettier-ignore
const elementwise = new Set([
  "Abs", "Add", "Cast", "Div", "Erf", "Exp", "Log", "Max", "Min", "Mul", "Neg", "Pow", "Reciprocal", "Relu", "Sigmoid",
  "Sqrt", "Sub", "Tanh", "Where",
]);

/** Operators whose result may be a view of their input rather than a value of its own. */
const views = new Set(["Identity", "Reshape", "Unsqueeze"]);

/** Whether nothing reads `buffer` after `output` is written, nor at another place than is being written. */
function isWrittenLast(nodes: readonly Node[], buffer: string, output: string): boolean {
  const ancestors = new Set([output]);
  for (const node of nodes.toReversed())
    if (node.outputs.some((name) => ancestors.has(name)))
      for (const input of node.inputs) ancestors.add(input);
  const aliases = new Set([buffer]);
  for (const node of nodes) {
    if (!node.inputs.some((name) => aliases.has(name))) continue;
    if (!node.outputs.some((name) => ancestors.has(name))) return false;
    if (views.has(node.op)) for (const name of node.outputs) aliases.add(name);
    else if (!elementwise.has(node.op)) return false;
  }
  return true;
}

function mapValues<V, R>(
  record: Readonly<Record<string, V>>,
  map: (value: V, key: string) => R,
): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
