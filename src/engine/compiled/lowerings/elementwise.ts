// tfjs kernels that work value by value, each exported under its exact tfjs name.
import { backend_util } from "@tensorflow/tfjs";
import { type ElementType, elementTypes } from "../onnx.ts";
import type { Recording, Value } from "../recording.ts";

type Binary = (recording: Recording, inputs: { a: Value; b: Value }) => Value;
type Unary = (recording: Recording, inputs: { x: Value }) => Value;

const binary =
  (op: string, type?: ElementType): Binary =>
  (recording, { a, b }) => ({
    name: recording.op(op, [a.name, b.name]),
    shape: backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]),
    type: type ?? a.type,
  });

const unary =
  (...ops: string[]): Unary =>
  (recording, { x }) => ({
    ...x,
    name: ops.reduce((name, op) => recording.op(op, [name]), x.name),
  });

export const Add = binary("Add");
export const Sub = binary("Sub");
export const Multiply = binary("Mul");
export const RealDiv = binary("Div");
export const Maximum = binary("Max");
export const Minimum = binary("Min");
export const Pow = binary("Pow");
export const Greater = binary("Greater", "bool");
export const GreaterEqual = binary("GreaterOrEqual", "bool");
export const Less = binary("Less", "bool");
export const Equal = binary("Equal", "bool");

export const Abs = unary("Abs");
export const Erf = unary("Erf");
export const Exp = unary("Exp");
export const Identity = unary();
export const Log = unary("Log");
export const Neg = unary("Neg");
export const Relu = unary("Relu");
export const Sigmoid = unary("Sigmoid");
export const Sqrt = unary("Sqrt");
export const Rsqrt = unary("Sqrt", "Reciprocal");
export const Tanh = unary("Tanh");

export const Square: Unary = (recording, { x }) => ({
  ...x,
  name: recording.op("Mul", [x.name, x.name]),
});

/** 1 where x > 0, else `alpha` (tfjs uses it as the derivative of relu, with alpha 0). */
export const Step = (
  recording: Recording,
  { x }: { x: Value },
  { alpha }: { alpha: number },
): Value => {
  const positive = recording.op("Greater", [x.name, recording.fill(0, [], "float32")]);
  const branches = [1, alpha].map((value) => recording.fill(value, [], "float32"));
  return { ...x, name: recording.op("Where", [positive, ...branches]) };
};

export const Select = (
  recording: Recording,
  { condition, t, e }: { condition: Value; t: Value; e: Value },
): Value => ({ ...t, name: recording.op("Where", [condition.name, t.name, e.name]) });

export const Cast = (
  recording: Recording,
  { x }: { x: Value },
  { dtype }: { dtype: ElementType },
): Value => ({
  name:
    x.type === dtype
      ? x.name
      : recording.op("Cast", [x.name], { attributes: { to: elementTypes[dtype] } }),
  shape: x.shape,
  type: dtype,
});

type Constant = "float32" | "int32";

export const Fill = (
  recording: Recording,
  _: object,
  { shape, value, dtype = "float32" }: { shape: number[]; value: number; dtype?: Constant },
): Value => ({ name: recording.fill(value, shape, dtype), shape, type: dtype });

export const ZerosLike: Unary = (recording, { x }) => Fill(recording, {}, filled(x, 0));
export const OnesLike: Unary = (recording, { x }) => Fill(recording, {}, filled(x, 1));

function filled(x: Value, value: number) {
  return { shape: [...x.shape], value, dtype: x.type as Constant };
}

/** One addition after the other: WebGPU has no operator for many terms. */
export const AddN = (recording: Recording, inputs: object): Value => {
  const [first, ...others] = Object.values(inputs) as Value[];
  const name = others.reduce((sum, term) => recording.op("Add", [sum, term.name]), first.name);
  return { ...first, name };
};
