// Matrix products and the fused kernels of model/kernels.ts, each exported under its exact kernel name.
import { backend_util } from "@tensorflow/tfjs";
import type { Recording, Value } from "../recording.ts";

const microsoft = "com.microsoft";

export const BatchMatMul = (
  recording: Recording,
  { a, b }: { a: Value; b: Value },
  { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean },
): Value => {
  const rows = a.shape.at(transposeA ? -1 : -2) as number;
  const columns = b.shape.at(transposeB ? -2 : -1) as number;
  const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const name =
    transposeA || transposeB
      ? transposedProduct(recording, { ...a, isTransposed: transposeA }, { ...b, isTransposed: transposeB }) // prettier-ignore
      : recording.op("MatMul", [a.name, b.name]);
  return { name, shape: [...batch, rows, columns], type: "float32" };
};

type Operand = Value & { isTransposed: boolean };

/** A product with operands transposed, without moving their values where there is an operator for that. */
function transposedProduct(recording: Recording, a: Operand, b: Operand): string {
  const attributes = { transA: Number(a.isTransposed), transB: Number(b.isTransposed) };
  if (recording.hasFusedMatMul)
    return recording.op("FusedMatMul", [a.name, b.name], { attributes, domain: microsoft });
  if (a.shape.length === 2 && b.shape.length === 2)
    return recording.op("Gemm", [a.name, b.name], { attributes });
  const [left, right] = [a, b].map((operand) =>
    operand.isTransposed ? swapLastAxes(recording, operand) : operand.name,
  );
  return recording.op("MatMul", [left, right]);
}

function swapLastAxes(recording: Recording, { name, shape }: Value): string {
  const axes = shape.map((_, axis) => axis);
  const perm = [...axes.slice(0, -2), ...axes.slice(-2).toReversed()];
  return recording.op("Transpose", [name], { attributes: { perm } });
}

/** x (N, I), weight (O, I), bias (O) -> (N, O) */
export const Linear = (
  recording: Recording,
  { x, weight, bias }: { x: Value; weight: Value; bias: Value },
): Value => ({
  name: recording.op("Gemm", [x.name, weight.name, bias.name], { attributes: { transB: 1 } }),
  shape: [x.shape[0], weight.shape[0]],
  type: "float32",
});

/** x (..., C), gain (C), bias (C) -> y (..., C), mean (..., 1), inverse standard deviation (..., 1) */
export const LayerNorm = (
  recording: Recording,
  { x, gain, bias }: { x: Value; gain: Value; bias: Value },
  { epsilon }: { epsilon: number },
): Value[] => {
  const attributes = { axis: -1, epsilon: { float: epsilon } };
  const names = recording.ops("LayerNormalization", [x.name, gain.name, bias.name], 3, {
    attributes,
  });
  const statistics = [...x.shape.slice(0, -1), 1];
  return names.map((name, i) => ({ name, shape: i === 0 ? x.shape : statistics, type: "float32" }));
};
