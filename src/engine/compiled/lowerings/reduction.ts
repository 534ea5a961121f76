// tfjs kernels that reduce or normalise along axes, each exported under its exact tfjs name.
import { backend_util, util } from "@tensorflow/tfjs";
import type { Recording, Value } from "../recording.ts";

export const Sum = (
  recording: Recording,
  { x }: { x: Value },
  { axis, keepDims }: { axis: number | number[]; keepDims: boolean },
): Value => {
  const { axes, shape } = reducedShape(x, axis, keepDims);
  const attributes = { keepdims: Number(keepDims) };
  // Axes are an input of ReduceSum since opset 13, and an attribute of the others until 18.
  return {
    name: recording.op("ReduceSum", [x.name, recording.integers(axes)], { attributes }),
    shape,
    type: x.type,
  };
};

export const Mean = (
  recording: Recording,
  { x }: { x: Value },
  { axis, keepDims }: { axis: number | number[]; keepDims: boolean },
): Value => reduceByAttribute("ReduceMean", recording, x, axis, keepDims);

export const Max = (
  recording: Recording,
  { x }: { x: Value },
  { reductionIndices, keepDims }: { reductionIndices: number | number[]; keepDims: boolean },
): Value => reduceByAttribute("ReduceMax", recording, x, reductionIndices, keepDims);

export const Softmax = (
  recording: Recording,
  { logits }: { logits: Value },
  { dim }: { dim: number },
): Value => ({
  ...logits,
  name: recording.op("Softmax", [logits.name], { attributes: { axis: dim } }),
});

function reduceByAttribute(
  op: string,
  recording: Recording,
  x: Value,
  axis: number | number[],
  keepDims: boolean,
): Value {
  const { axes, shape } = reducedShape(x, axis, keepDims);
  const name = recording.op(op, [x.name], { attributes: { axes, keepdims: Number(keepDims) } });
  return { name, shape, type: x.type };
}

function reducedShape(
  x: Value,
  axis: number | number[],
  keepDims: boolean,
): { axes: number[]; shape: number[] } {
  const axes = util.parseAxisParam(axis, [...x.shape]);
  const [shape] = backend_util.computeOutAndReduceShapes([...x.shape], axes);
  return { axes, shape: keepDims ? backend_util.expandShapeToKeepDim(shape, axes) : shape };
}
