// Writes the subset of the ONNX protobuf format that a recorded program needs: one graph, initializers inside the bytes or
// beside them, no sub-graphs. Field numbers are those of onnx.proto3 (IR version 8).
import { BinaryWriter } from "@bufbuild/protobuf/wire";

/** Element types, numbered as in `TensorProto.DataType`. */
export const elementTypes = { float32: 1, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
export type ElementType = keyof typeof elementTypes;

/** An attribute: integers become INT, strings STRING, arrays INTS; a float must be wrapped because `1` is both. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

export interface Node {
  op: string;
  /** "" is the standard operator set, "com.microsoft" holds ONNX Runtime's fused operators. */
  domain: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}

/** A named value at the border of the graph. A string dimension is symbolic and decided at run time. */
export interface ValueInfo {
  name: string;
  type: ElementType;
  shape: readonly (number | string)[];
}

export interface Initializer {
  name: string;
  type: ElementType;
  shape: readonly number[];
  bytes: Uint8Array;
  /** Whether the bytes are handed over beside the model, in a "file" of the initializer's name. */
  isExternal?: boolean;
}

export interface Graph {
  nodes: readonly Node[];
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
  initializers: readonly Initializer[];
}

const IR_VERSION = 8;
/** LayerNormalization entered the standard with 17; 18 moved the axes of every reduction to an input. */
const ONNX_OPSET = 17;
const MICROSOFT_OPSET = 1;
/** `TensorProto.DataLocation` of an initializer whose bytes are not in the model. */
const EXTERNAL = 1;

type Write = (writer: BinaryWriter) => void;

/** Encodes one graph as the bytes of an ONNX model. */
export function encodeModel(graph: Graph): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, 0).int64(IR_VERSION);
  text(writer, 2, "peft");
  message(writer, 7, (w) => writeGraph(w, graph));
  message(writer, 8, (w) => w.tag(2, 0).int64(ONNX_OPSET));
  message(writer, 8, (w) => {
    text(w, 1, "com.microsoft");
    w.tag(2, 0).int64(MICROSOFT_OPSET);
  });
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, graph: Graph): void {
  for (const node of graph.nodes) message(writer, 1, (w) => writeNode(w, node));
  text(writer, 2, "program");
  for (const initializer of graph.initializers)
    message(writer, 5, (w) => writeInitializer(w, initializer));
  for (const input of graph.inputs) message(writer, 11, (w) => writeValueInfo(w, input));
  for (const output of graph.outputs) message(writer, 12, (w) => writeValueInfo(w, output));
}

function writeNode(writer: BinaryWriter, node: Node): void {
  for (const input of node.inputs) text(writer, 1, input);
  for (const output of node.outputs) text(writer, 2, output);
  text(writer, 3, node.outputs[0]);
  text(writer, 4, node.op);
  for (const [name, value] of Object.entries(node.attributes))
    message(writer, 5, (w) => writeAttribute(w, name, value));
  if (node.domain) text(writer, 7, node.domain);
}

function writeAttribute(writer: BinaryWriter, name: string, value: Attribute): void {
  text(writer, 1, name);
  const type = (code: number) => writer.tag(20, 0).int32(code);
  if (typeof value === "number") {
    writer.tag(3, 0).int64(value);
    type(2);
  } else if (typeof value === "string") {
    text(writer, 4, value);
    type(3);
  } else if ("float" in value) {
    writer.tag(2, 5).float(value.float);
    type(1);
  } else {
    for (const item of value) writer.tag(8, 0).int64(item);
    type(7);
  }
}

function writeInitializer(writer: BinaryWriter, initializer: Initializer): void {
  for (const dim of initializer.shape) writer.tag(1, 0).int64(dim);
  writer.tag(2, 0).int32(elementTypes[initializer.type]);
  text(writer, 8, initializer.name);
  if (!initializer.isExternal) {
    writer.tag(9, 2).bytes(initializer.bytes);
    return;
  }
  const entries = {
    location: initializer.name,
    offset: "0",
    length: `${initializer.bytes.length}`,
  };
  for (const [key, value] of Object.entries(entries))
    message(writer, 13, (entry) => {
      text(entry, 1, key);
      text(entry, 2, value);
    });
  writer.tag(14, 0).int32(EXTERNAL);
}

function writeValueInfo(writer: BinaryWriter, value: ValueInfo): void {
  const dimension = (w: BinaryWriter, dim: number | string) => {
    if (typeof dim === "number") w.tag(1, 0).int64(dim);
    else text(w, 2, dim);
  };
  text(writer, 1, value.name);
  message(writer, 2, (type) =>
    message(type, 1, (tensor) => {
      tensor.tag(1, 0).int32(elementTypes[value.type]);
      message(tensor, 2, (shape) => {
        for (const dim of value.shape) message(shape, 1, (w) => dimension(w, dim));
      });
    }),
  );
}

function message(writer: BinaryWriter, field: number, write: Write): void {
  writer.tag(field, 2).fork();
  write(writer);
  writer.join();
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, 2).string(value);
}
