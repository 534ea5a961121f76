// Where a buffer's values lie between runs: in this process's memory, or on a GPU.
import { Tensor as OrtTensor } from "../onnxruntime.ts";
import { AsyncMemo } from "../../async-memo.ts";
import { invariant } from "../../errors.ts";
import type { Buffer, HostTensor } from "../engine.ts";
import { sizeOf } from "../../model/shape.ts";

/** Element types in which a buffer is handed to a program. */
export type BufferType = "float32" | "float16";

/** A buffer as the programs of the compiled engine use it. */
export interface CompiledBuffer extends Buffer {
  /** Whether the values stay as they are. */
  readonly frozen: boolean;
  /** The values in the memory of this process; only where they lie there. */
  readonly host: Float32Array;
  /** Where a run may write new values while it reads the old ones, if there is such a place. */
  readonly place: OrtTensor | undefined;
  /** What a run reads. */
  tensor(type: BufferType): Promise<OrtTensor>;
  /** Takes over what a run computed as the new values. */
  replace(result: OrtTensor): void;
}

/** Values in this process's memory, which ONNX Runtime reads, and may write, where they lie. */
export class HostBuffer implements CompiledBuffer {
  readonly shape: readonly number[];
  readonly frozen: boolean;
  readonly host: Float32Array;
  readonly #tensor: OrtTensor;

  constructor({ data, shape }: HostTensor, frozen: boolean) {
    invariant(data instanceof Float32Array, "buffers hold float32 values");
    this.shape = shape;
    this.frozen = frozen;
    this.host = data;
    this.#tensor = new OrtTensor("float32", data, shape);
  }

  get place(): OrtTensor {
    return this.#tensor;
  }

  async tensor(type: BufferType): Promise<OrtTensor> {
    invariant(type === "float32", "values in main memory are float32");
    return this.#tensor;
  }

  async read(): Promise<Float32Array> {
    return this.host;
  }

  write(values: Float32Array): void {
    invariant(!this.frozen, "a frozen buffer was written");
    this.host.set(values);
  }

  replace(result: OrtTensor): void {
    this.write(result.data as Float32Array);
  }

  dispose(): void {}
}

/** Brings tensors to a device and back. */
export interface Transfer {
  upload(values: OrtTensor, type: BufferType): Promise<OrtTensor>;
  /** The values of a tensor on the device. */
  download(tensor: OrtTensor): Promise<Float32Array>;
}

/** Values on a device. They go there when a run first needs them, and come back only when they are read. */
export class DeviceBuffer implements CompiledBuffer {
  readonly shape: readonly number[];
  readonly frozen: boolean;
  readonly place = undefined;
  readonly #transfer: Transfer;
  /** The values in the memory of this process: of a frozen buffer always, of another until they are on the device. */
  #pending: Float32Array | undefined;
  readonly #tensors = new AsyncMemo<BufferType, OrtTensor>();

  constructor({ data, shape }: HostTensor, frozen: boolean, transfer: Transfer) {
    invariant(data instanceof Float32Array, "buffers hold float32 values");
    this.shape = shape;
    this.frozen = frozen;
    this.#transfer = transfer;
    this.#pending = data;
  }

  get host(): Float32Array {
    invariant(this.#pending, "the values are on the device");
    return this.#pending;
  }

  tensor(type: BufferType): Promise<OrtTensor> {
    return this.#tensors.get(type, async () => {
      const values = new OrtTensor("float32", this.host, this.shape);
      const tensor = await this.#transfer.upload(values, type);
      if (!this.frozen) this.#pending = undefined;
      return tensor;
    });
  }

  async read(): Promise<Float32Array> {
    return this.#pending ?? this.#transfer.download(await this.tensor("float32"));
  }

  write(values: Float32Array): void {
    invariant(!this.frozen, "a frozen buffer was written");
    invariant(values.length === sizeOf(this.shape), "as many values as the buffer holds");
    this.#free();
    this.#pending = values.slice();
  }

  replace(result: OrtTensor): void {
    this.#free();
    this.#pending = undefined;
    this.#tensors.set("float32", result);
  }

  dispose(): void {
    this.#free();
    this.#pending = undefined;
  }

  #free(): void {
    void this.#tensors.drain().then((tensors) => {
      for (const tensor of tensors) tensor.dispose();
    });
  }
}
