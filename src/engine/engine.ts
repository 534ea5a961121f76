// What an engine is: it keeps named tensors ("buffers") where it computes, and turns functions written in TensorFlow.js
// operations into programs over them. Model, loss, gradients and optimizer know only this file.
import type { Tensor } from "@tensorflow/tfjs";
import { UserError } from "../errors.ts";
import type { SymbolicShape } from "../model/shape.ts";

export type DataArray = Float32Array | Int32Array;

/** A tensor in the main memory of this process, row-major. */
export interface HostTensor {
  shape: readonly number[];
  data: DataArray;
}

/** A tensor kept by an engine between runs: a frozen weight, a trained parameter, a piece of optimizer state. */
export interface Buffer {
  readonly shape: readonly number[];
  /** A copy of the present values, or a view of them that the next run may change. */
  read(): Promise<Float32Array>;
  /** Replaces the values. */
  write(values: Float32Array): void;
  dispose(): void;
}

export interface InputSpec {
  /** B and T are bound by the input named `ids`, whose shape is (B, T). */
  shape: SymbolicShape;
  type: "float32" | "int32";
  /** Values are always a window (`subarray`) of one array, the same for all inputs with this word: it can be moved as a whole. */
  pool?: string;
}

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** What a program computes: results to hand back, and new values for buffers it is bound to. */
export interface ProgramResult {
  outputs: Tensors;
  updates: Tensors;
}

export interface ProgramSpec {
  /** For messages and profiles. */
  name: string;
  inputs: Readonly<Record<string, InputSpec>>;
  /** Buffers the function reads and may update, under the names by which it knows them. */
  buffers: Readonly<Record<string, Buffer>>;
  /** A pure function in TensorFlow.js operations. It may be called once (to be recorded) or at every run. */
  compute(inputs: Tensors, buffers: Tensors): ProgramResult;
}

export interface Program {
  /** Runs once: applies the updates to the buffers and gives the outputs. */
  run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>>;
  dispose(): Promise<void>;
}

/** How products with frozen weights are computed; everything else is float32. */
export type Precision = "float32" | "float16";

export interface Engine {
  /** What the user reads, such as "compiled (ONNX Runtime 1.30.0, CPU, 2 threads)". */
  readonly description: string;
  /** A batch is computed in pieces of about this many padded tokens: the working set that this engine handles best. */
  readonly preferredTokens: number;
  /** Whether it computes on a GPU, which other programs may want too. */
  readonly isOnGpu: boolean;
  /** In float16 small gradients vanish unless the loss is scaled up: train/loss-scale.ts. */
  readonly precision: Precision;
  /**
   * Takes over `data`: the caller must not change it afterwards. A `frozen` buffer is never written nor updated, which lets an
   * engine keep it in whatever form is fastest.
   */
  buffer(data: HostTensor, options?: { frozen?: boolean }): Buffer;
  compile(spec: ProgramSpec): Promise<Program>;
  dispose(): Promise<void>;
}

/** The device has not enough memory for a run. The same in smaller pieces may fit. */
export class DeviceMemoryError extends UserError {
  override name = "DeviceMemoryError";
}

/** The device has gone, and everything that was on it: a driver that crashed or was reset, a GPU that was unplugged. */
export class DeviceLostError extends UserError {
  override name = "DeviceLostError";
}
