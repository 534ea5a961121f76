// A program while it is being recorded: ONNX nodes with common subexpressions merged, constants, and symbolic dimensions.
//
// Symbolic dimensions are recorded as prime numbers that divide no other dimension of the program ("markers"). A recorded
// dimension that is divisible by a marker is symbolic, so one recording serves every batch shape. What operators need to know of
// symbolic dimensions (the shape to reshape to, say) is computed outside the graph from the shape of the input `ids` and fed with
// the batch: a graph that computed it would leave a GPU for the CPU in the middle of a step.
import { invariant } from "../../errors.ts";
import type { SymbolicShape } from "../../model/shape.ts";
import type { DataArray } from "../engine.ts";
import type { Attribute, ElementType, Initializer, Node } from "./onnx.ts";

/** A recorded tensor: its name in the graph, its shape in markers, its element type. */
export interface Value {
  name: string;
  shape: readonly number[];
  type: ElementType;
}

export type Attributes = Readonly<Record<string, Attribute>>;

interface OpOptions {
  attributes?: Attributes;
  domain?: string;
}

/** The sizes that B and T have in a batch. */
export interface BatchSizes {
  B: number;
  T: number;
}

/** An input of the graph that follows from the shape of the batch: a one-dimensional int64 tensor. */
export interface ShapeInput {
  name: string;
  length: number;
  values: (sizes: BatchSizes) => readonly number[];
}

/** Constants up to this many values are compared by content, so that equal ones are stored once. */
const SHARED_CONSTANT_VALUES = 64;

export class Recording {
  readonly nodes: Node[] = [];
  readonly initializers = new Map<string, Initializer>();
  readonly shapeInputs = new Map<string, ShapeInput>();
  readonly markers: Markers;
  /** Whether what executes the graph multiplies transposed operands of any rank where they lie. */
  readonly hasFusedMatMul: boolean;
  #merged = new Map<string, string[]>();
  #names = 0;

  constructor(markers: Markers, { hasFusedMatMul }: { hasFusedMatMul: boolean }) {
    this.markers = markers;
    this.hasFusedMatMul = hasFusedMatMul;
  }

  /** Appends a node with one output, or finds the equal one that is there. Returns the output's name. */
  op(op: string, inputs: readonly string[], options: OpOptions = {}): string {
    return this.ops(op, inputs, 1, options)[0];
  }

  /** The same for a node with several outputs. */
  ops(
    op: string,
    inputs: readonly string[],
    numOutputs: number,
    options: OpOptions = {},
  ): string[] {
    const { attributes = {}, domain = "" } = options;
    const key = JSON.stringify([op, domain, inputs, attributes]);
    let outputs = this.#merged.get(key);
    if (!outputs) {
      outputs = Array.from({ length: numOutputs }, () => this.#name(op));
      this.nodes.push({ op, domain, inputs, outputs, attributes });
      this.#merged.set(key, outputs);
    }
    return outputs;
  }

  /** A constant; one with a symbolic shape must be uniform and becomes an Expand. */
  constant(
    values: DataArray | Uint8Array,
    shape: readonly number[],
    type: "float32" | "int32" | "bool",
  ): string {
    if (this.markers.divideAny(shape)) {
      invariant(
        values.every((value) => value === values[0]),
        `a recorded constant of symbolic shape [${shape}] is not uniform`,
      );
      return this.fill(values[0], shape, type);
    }
    if (values.length === 1) this.#refuseLeakedDimension(values[0]);
    const Array = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[type];
    return this.#initializer(Array.from(values), shape, type);
  }

  /** A tensor of one repeated value. */
  fill(value: number, shape: readonly number[], type: "float32" | "int32" | "bool"): string {
    const scalar = this.constant(Float32Array.of(value), [], type);
    return shape.length === 0 ? scalar : this.op("Expand", [scalar, this.dimensions(shape)]);
  }

  /** A one-dimensional int64 tensor of indices, axes or sizes that hold no symbolic dimension. */
  integers(values: readonly number[]): string {
    return this.#initializer(BigInt64Array.from(values, BigInt), [values.length], "int64");
  }

  /** A one-dimensional int64 tensor of dimensions, symbolic ones decided by the batch. */
  dimensions(shape: readonly number[]): string {
    if (!this.markers.divideAny(shape)) return this.integers(shape);
    return this.shapeInput(`shape [${shape}]`, shape.length, (size) => shape.map(size));
  }

  /** A one-dimensional int64 tensor computed from the batch's shape; `size` turns a recorded dimension into the present one. */
  shapeInput(
    name: string,
    length: number,
    compute: (size: (dim: number) => number) => readonly number[],
  ): string {
    const values = (sizes: BatchSizes) => compute((dim) => this.markers.resolve(dim, sizes));
    if (!this.shapeInputs.has(name)) this.shapeInputs.set(name, { name, length, values });
    return name;
  }

  #refuseLeakedDimension(value: number): void {
    invariant(
      !this.markers.divide(value) && !this.markers.divide(asInteger(1 / value)),
      `a batch dimension became the constant ${value}: pass it as an input (a mean over the batch takes its 1/B as weights)`,
    );
  }

  #initializer(
    values: DataArray | Uint8Array | BigInt64Array,
    shape: readonly number[],
    type: ElementType,
  ): string {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const shared = values.length <= SHARED_CONSTANT_VALUES;
    const name = shared
      ? `constant ${type} [${shape}] ${values.join(",")}`
      : this.#name("constant");
    if (!this.initializers.has(name)) this.initializers.set(name, { name, type, shape, bytes });
    return name;
  }

  #name(prefix: string): string {
    return `${prefix}_${this.#names++}`;
  }
}

/** Two primes that stand for B and T in recorded shapes. */
export class Markers {
  readonly B: number;
  readonly T: number;

  /** Picks primes that divide none of the given dimensions. */
  constructor(fixedDimensions: Iterable<number>) {
    const dims = [...fixedDimensions];
    const free = [89, 97, 101, 103, 107, 109, 113, 127, 131].filter((prime) =>
      dims.every((dim) => dim % prime !== 0),
    );
    invariant(free.length >= 2, "no two marker primes are free of the model's dimensions");
    [this.B, this.T] = free;
  }

  /** The shape in markers. */
  mark(shape: SymbolicShape): number[] {
    const sizes = { B: this.B, T: this.T, N: this.B * this.T };
    return shape.map((dim) => (typeof dim === "number" ? dim : sizes[dim]));
  }

  /** Whether a marker divides this number, which makes it a symbolic dimension. */
  divide(value: number): boolean {
    return Number.isInteger(value) && value !== 0 && (value % this.B === 0 || value % this.T === 0);
  }

  divideAny(shape: readonly number[]): boolean {
    return shape.some((dim) => this.divide(dim));
  }

  /** The size of a recorded dimension, `factor * B^i * T^j`, in a batch. */
  resolve(dim: number, sizes: BatchSizes): number {
    let size = dim;
    for (const name of ["B", "T"] as const)
      for (let rest = dim; rest !== 0 && rest % this[name] === 0; rest /= this[name])
        size = (size / this[name]) * sizes[name];
    return size;
  }
}

/** The integer that a float32 reciprocal comes from, else the value itself. */
function asInteger(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value - rounded) < 1e-5 * rounded ? rounded : value;
}
