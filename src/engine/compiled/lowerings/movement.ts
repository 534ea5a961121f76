// tfjs kernels that move, select or repeat values, each exported under its exact tfjs name.
import { slice_util, util } from "@tensorflow/tfjs";
import { elementTypes } from "../onnx.ts";
import type { Recording, Value } from "../recording.ts";

export const Reshape = (
  recording: Recording,
  { x }: { x: Value },
  attributes: { shape: number[] },
): Value => {
  const shape = util.inferFromImplicitShape(attributes.shape, util.sizeFromShape([...x.shape]));
  return reshaped(recording, x, shape);
};

export const ExpandDims = (
  recording: Recording,
  { input }: { input: Value },
  { dim }: { dim: number },
): Value => {
  const shape = [...input.shape];
  shape.splice(dim < 0 ? shape.length + dim + 1 : dim, 0, 1);
  return reshaped(recording, input, shape);
};

/** One symbolic dimension is left to the runtime as -1; only more than one has to be computed. */
function reshaped(recording: Recording, x: Value, shape: readonly number[]): Value {
  const { markers } = recording;
  const numSymbolic = shape.filter((dim) => markers.divide(dim)).length;
  const target =
    numSymbolic > 1
      ? recording.dimensions(shape)
      : recording.integers(shape.map((dim) => (markers.divide(dim) ? -1 : dim)));
  return { name: recording.op("Reshape", [x.name, target]), shape, type: x.type };
}

export const Transpose = (
  recording: Recording,
  { x }: { x: Value },
  { perm }: { perm: number[] },
): Value => ({
  name: recording.op("Transpose", [x.name], { attributes: { perm: [...perm] } }),
  shape: perm.map((axis) => x.shape[axis]),
  type: x.type,
});

export const Concat = (
  recording: Recording,
  inputs: object,
  attributes: { axis: number },
): Value => {
  const parts = Object.values(inputs) as Value[];
  const shape = [...parts[0].shape];
  const [axis] = util.parseAxisParam(attributes.axis, shape);
  shape[axis] = parts.reduce((total, part) => total + part.shape[axis], 0);
  const names = parts.map((part) => part.name);
  return {
    name: recording.op("Concat", names, { attributes: { axis } }),
    shape,
    type: parts[0].type,
  };
};

export const GatherV2 = (
  recording: Recording,
  { x, indices }: { x: Value; indices: Value },
  { axis = 0 }: { axis?: number },
): Value => ({
  name: recording.op("Gather", [x.name, indices.name], { attributes: { axis } }),
  shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)],
  type: x.type,
});

/**
 * Sums rows of x (n, ...) into rows of the result (numSegments, ...): the gradient of a gather. ScatterND adds rows one after
 * the other, so repeated indices are safe and the order of additions is fixed.
 */
export const UnsortedSegmentSum = (
  recording: Recording,
  { x, segmentIds }: { x: Value; segmentIds: Value },
  { numSegments }: { numSegments: number },
): Value => {
  const shape = [numSegments, ...x.shape.slice(1)];
  const zeros = recording.fill(0, shape, "float32");
  const rows = recording.op("Unsqueeze", [segmentIds.name, recording.integers([-1])]); // (n) -> (n, 1)
  const column = recording.op("Cast", [rows], { attributes: { to: elementTypes.int64 } });
  const name = recording.op("ScatterND", [zeros, column, x.name], {
    attributes: { reduction: "add" },
  });
  return { name, shape, type: x.type };
};

export const Slice = (
  recording: Recording,
  { x }: { x: Value },
  attributes: { begin: number[]; size: number[] },
): Value => {
  const [begin, size] = slice_util.parseSliceParams(
    { shape: [...x.shape] } as never,
    attributes.begin,
    attributes.size,
  );
  const end = recording.dimensions(begin.map((start, axis) => start + size[axis]));
  const axes = recording.integers(begin.map((_, axis) => axis));
  const name = recording.op("Slice", [x.name, recording.integers(begin), end, axes]);
  return { name, shape: size, type: x.type };
};

/** Padding after an axis may be symbolic (the gradient of a slice): it is then what is missing to the padded size. */
export const PadV2 = (
  recording: Recording,
  { x }: { x: Value },
  { paddings, constantValue }: { paddings: [number, number][]; constantValue: number },
): Value => {
  const { markers } = recording;
  const shape = x.shape.map((dim, axis) => dim + paddings[axis][0] + paddings[axis][1]);
  const isSymbolic = markers.divideAny([...shape, ...x.shape]);
  const pads = isSymbolic
    ? recording.shapeInput(
        `pads [${x.shape}] to [${shape}] after [${paddings.map(([start]) => start)}]`,
        2 * shape.length,
        (size) => [
          ...paddings.map(([start]) => start),
          ...paddings.map(([start], axis) => size(shape[axis]) - size(x.shape[axis]) - start),
        ],
      )
    : recording.integers([...paddings.map(([start]) => start), ...paddings.map(([, end]) => end)]);
  const value = recording.fill(constantValue, [], x.type as "float32" | "int32");
  return { name: recording.op("Pad", [x.name, pads, value]), shape, type: x.type };
};

export const OneHot = (
  recording: Recording,
  { indices }: { indices: Value },
  { depth, onValue, offValue }: { depth: number; onValue: number; offValue: number },
): Value => {
  // ONNX's OneHot wants 64-bit indices on the CPU, and WebGPU has none.
  const column = recording.op("Unsqueeze", [indices.name, recording.integers([-1])]);
  const classes = recording.constant(Int32Array.from({ length: depth }, (_, i) => i), [depth], "int32"); // prettier-ignore
  const chosen = recording.op("Equal", [column, classes]);
  const values = [onValue, offValue].map((value) => recording.fill(value, [], "float32"));
  const name = recording.op("Where", [chosen, ...values]);
  return { name, shape: [...indices.shape, depth], type: "float32" };
};

export const Tile = (
  recording: Recording,
  { x }: { x: Value },
  { reps }: { reps: number[] },
): Value => ({
  name: recording.op("Tile", [x.name, recording.dimensions(reps)]),
  shape: x.shape.map((dim, axis) => dim * reps[axis]),
  type: x.type,
});
