// Every kernel that a recording engine can record, value by value against TensorFlow.js's own JavaScript kernels: two batch
// shapes through one recording.
import * as tf from "@tensorflow/tfjs";
import type { Tensor } from "@tensorflow/tfjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { lowerings } from "../../../src/engine/compiled/lowerings/lowerings.ts";
import { createJavaScriptEngine } from "../../../src/engine/eager.ts";
import type { Engine, HostTensor, Tensors } from "../../../src/engine/engine.ts";
import { fused } from "../../../src/model/kernels.ts";
import { batchShape, type Drawn, runProgram } from "../programs.ts";
import { relativeError } from "../golden.ts";

/** Float32 rounding of a few operations. */
const TOLERANCE = 2e-6;

interface Case {
  inputs: Record<string, Drawn>;
  compute: (inputs: Tensors) => Tensor | Tensor[];
}

const rows: Drawn = { shape: ["N", 4] };
const positive: Drawn = { shape: ["N", 4], range: [0.1, 3] };
const cube: Drawn = { shape: ["B", "T", 4] };
/** Values that tie often, zero among them. */
const digits: Drawn = { shape: ["N", 4], range: [-1, 2], type: "int32" };

const unary = (compute: (x: Tensor) => Tensor, x = rows): Case => ({
  inputs: { x },
  compute: (tensors) => compute(tensors.x),
});
const binary = (compute: (a: Tensor, b: Tensor) => Tensor, a = rows, b = a): Case => ({
  inputs: { a, b },
  compute: (tensors) => compute(tensors.a, tensors.b),
});
/** Of whole numbers, so that equal ones occur. */
const compared = (compute: (a: Tensor, b: Tensor) => Tensor): Case =>
  binary((a, b) => tf.cast(compute(a, b), "float32"), digits);
/** The gradients of the sum of squares of `compute(...)`, for each float input. */
const gradients = (inputs: Record<string, Drawn>, compute: (inputs: Tensors) => Tensor): Case => ({
  inputs,
  compute: (tensors) => {
    const names = Object.keys(inputs).filter((name) => inputs[name].type !== "int32");
    const loss = () => tf.sum(tf.square(compute(tensors))) as tf.Scalar;
    const variables = names.map((name) => tensors[name]);
    return tf.engine().gradients(loss, variables).grads;
  },
});

/** One case for every lowering, under its kernel's name. */
const kernels: Record<keyof typeof lowerings, Case> = {
  Abs: unary(tf.abs),
  Add: binary(tf.add, rows, { shape: [4] }),
  AddN: {
    inputs: { a: rows, b: rows, c: rows },
    compute: ({ a, b, c }) => tf.addN([a, b, c]),
  },
  BatchMatMul: binary(tf.matMul, { shape: ["B", 2, "T", 4] }, { shape: ["B", 2, 4, "T"] }),
  Cast: unary((x) => tf.cast(tf.cast(x, "int32"), "float32")),
  Concat: binary((a, b) => tf.concat([a, b], -1), cube, { shape: ["B", "T", 3] }),
  Equal: compared(tf.equal),
  Erf: unary(tf.erf),
  Exp: unary(tf.exp),
  ExpandDims: unary((x) => tf.mul(tf.expandDims(x, -2), tf.expandDims(x, 1))),
  Fill: unary((x) => tf.add(x, tf.fill(x.shape as [number, number], 3.5))),
  GatherV2: {
    inputs: { table: { shape: [7, 4] }, indices: { shape: ["N"], type: "int32", range: [0, 7] } },
    compute: ({ table, indices }) => tf.gather(table, indices),
  },
  Greater: compared(tf.greater),
  GreaterEqual: compared(tf.greaterEqual),
  Identity: unary(tf.clone),
  LayerNorm: {
    inputs: { x: rows, gain: { shape: [4] }, bias: { shape: [4] } },
    compute: (inputs) => fused("LayerNorm", inputs, { epsilon: 1e-3 }),
  },
  Less: compared(tf.less),
  Linear: {
    inputs: { x: rows, weight: { shape: [5, 4] }, bias: { shape: [5] } },
    compute: (inputs) => fused("Linear", inputs),
  },
  Log: unary(tf.log, positive),
  Max: unary((x) => tf.max(x, 1), cube),
  Maximum: binary(tf.maximum),
  Mean: unary((x) => tf.mean(x, [-1], true), cube),
  Minimum: binary(tf.minimum, rows, { shape: [4] }),
  Multiply: binary(tf.mul, cube, { shape: ["T", 1] }),
  Neg: unary(tf.neg),
  OneHot: {
    inputs: { indices: { shape: ["N"], type: "int32", range: [0, 4] } }, // 3 is in no class
    compute: ({ indices }) => tf.cast(tf.oneHot(indices as tf.Tensor1D, 3), "float32"),
  },
  OnesLike: unary((x) => tf.add(x, tf.onesLike(x))),
  PadV2: unary(
    (x) => tf.pad(x, [[0, 0], [1, 2], [0, 3]], 0.5), // prettier-ignore
    { shape: ["B", 3, 4] },
  ),
  Pow: binary(tf.pow, positive),
  RealDiv: binary(tf.div, rows, positive),
  Relu: unary(tf.relu),
  Reshape: unary((x) => tf.reshape(x, [-1, x.shape[0], 2]), cube),
  Rsqrt: unary(tf.rsqrt, positive),
  Select: binary((a, b) => tf.where(tf.greater(a, b), a, b)),
  Sigmoid: unary(tf.sigmoid),
  Slice: unary((x) => tf.slice(x, [0, 0, 1], [x.shape[0], 1, 2]), cube),
  Softmax: unary((x) => tf.softmax(x), cube),
  Sqrt: unary(tf.sqrt, positive),
  Square: unary(tf.square),
  Step: { inputs: { x: digits }, compute: ({ x }) => tf.step(tf.cast(x, "float32"), 0.25) },
  Sub: binary(tf.sub, { shape: [4] }, rows),
  Sum: unary((x) => tf.sum(x, [0, 1]), cube),
  Tanh: unary(tf.tanh),
  Tile: unary((x) => tf.tile(x, [2, 1, 3]), cube),
  Transpose: unary((x) => tf.transpose(x, [2, 0, 1]), cube),
  UnsortedSegmentSum: {
    // Ids from 0 to 2 for 6 rows or more: some repeat.
    inputs: { x: rows, segments: { shape: ["N"], type: "int32", range: [0, 3] } },
    compute: ({ x, segments }) => tf.unsortedSegmentSum(x, segments as tf.Tensor1D, 4),
  },
  ZerosLike: unary((x) => tf.add(x, tf.zerosLike(x))),
};

const attention: Record<string, Drawn> = {
  query: rows,
  key: rows,
  value: rows,
  maskBias: { shape: ["B", "T"], type: "int32", range: [-3, 1] },
};
const dropoutMask: Drawn = { shape: ["B", 2, "T", "T"], type: "int32", range: [0, 2] };

/** Attention with two heads; mask and dropout are whole numbers, so that no gradient is asked for. */
function attend(name: "Attention" | "AttentionWithDropout", inputs: Tensors): Tensor[] {
  const floats = Object.entries(inputs).map(([key, x]) => [key, tf.cast(x, "float32")]);
  return fused(name, Object.fromEntries(floats) as Record<string, Tensor>, { numHeads: 2 });
}

const attentionInputs = {
  Attention: attention,
  AttentionWithDropout: { ...attention, dropoutMask },
};

function attentionGradients(name: keyof typeof attentionInputs): Case {
  return gradients(attentionInputs[name], (inputs) => attend(name, inputs)[0]);
}

/** What autodiff and the fused kernels make of them. */
const composites: Record<string, Case> = {
  "gelu, erf form": unary((x) => fused("Gelu", { x })[0]),
  "gelu, tanh form": unary((x) => fused("GeluTanh", { x })[0]),
  "log-softmax": unary((x) => tf.logSoftmax(x)),
  attention: {
    inputs: attentionInputs.Attention,
    compute: (inputs) => attend("Attention", inputs),
  },
  "attention with dropout": {
    inputs: attentionInputs.AttentionWithDropout,
    compute: (inputs) => attend("AttentionWithDropout", inputs),
  },
  "gradient of a gather with repeated indices": gradients(
    { table: { shape: [4, 3] }, indices: { shape: ["N"], type: "int32", range: [0, 3] } },
    ({ table, indices }) => tf.gather(table, indices),
  ),
  "gradient of the first token's slice": gradients({ x: cube }, ({ x }) =>
    tf.slice(x, [0, 0, 0], [x.shape[0], 1, 4]),
  ),
  "gradient of the first T rows of a table": gradients(
    { table: { shape: [9, 4] }, x: cube },
    ({ table, x }) => tf.add(x, tf.slice(table, [0, 0], [x.shape[1] as number, 4])),
  ),
  "gradient of two slices of equal shape": gradients({ x: cube }, ({ x }) => {
    const [B, T] = x.shape as number[];
    const [left, right] = [0, 2].map((start) => tf.slice(x, [0, 0, start], [B, T, 2]));
    return tf.add(left, tf.mul(right, 10));
  }),
  "gradient of relu": gradients({ x: rows }, ({ x }) => tf.relu(x)),
  "gradient of softmax": gradients({ x: cube }, ({ x }) => tf.softmax(x)),
  "gradient of log-softmax": gradients({ x: rows }, ({ x }) => tf.logSoftmax(x)),
  "gradient of gelu, erf form": gradients({ x: rows }, (inputs) => fused("Gelu", inputs)[0]),
  "gradient of gelu, tanh form": gradients({ x: rows }, (inputs) => fused("GeluTanh", inputs)[0]),
  "gradient of layer norm": gradients(
    kernels.LayerNorm.inputs,
    (inputs) => fused("LayerNorm", inputs, { epsilon: 1e-3 })[0],
  ),
  "gradient of linear": gradients(kernels.Linear.inputs, (inputs) => fused("Linear", inputs)[0]),
  "gradient of attention": attentionGradients("Attention"),
  "gradient of attention with dropout": attentionGradients("AttentionWithDropout"),
};

/** The suite for a recording engine. */
export function describeLowerings(createEngine: () => Promise<Engine>, slack = 1): void {
  let compiled: Engine;
  let eager: Engine;
  beforeAll(async () => {
    compiled = await createEngine();
    eager = await createJavaScriptEngine();
  });
  afterAll(async () => {
    await compiled.dispose();
    await eager.dispose();
  });

  const batches = [batchShape, { B: 3, T: 5 }];
  async function results(engine: Engine, { inputs, compute }: Case): Promise<HostTensor[]> {
    const outputs = (tensors: Tensors) => [compute(tensors)].flat();
    const named = (tensors: Tensors) =>
      Object.fromEntries(outputs(tensors).map((tensor, i) => [`output ${i}`, tensor]));
    const runs = await runProgram(
      engine,
      inputs,
      (tensors) => ({ outputs: named(tensors), updates: {} }),
      batches,
    );
    return runs.flatMap((run) => Object.values(run));
  }

  async function expectEqualResults(example: Case) {
    const [actual, expected] = [await results(compiled, example), await results(eager, example)];
    expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
    for (const [i, { data }] of expected.entries()) {
      expect(data.some((value) => value !== 0)).toBe(true);
      expect(relativeError(actual[i].data, data)).toBeLessThan(TOLERANCE * slack);
    }
  }

  test.each(Object.entries(kernels))("%s", async (name, example) => {
    const { kernelNames } = await tf.engine().profile(async () => {
      await results(eager, example);
      return tf.scalar(0);
    });
    expect(kernelNames).toContain(name);
    await expectEqualResults(example);
  });

  test.each(Object.entries(composites))("%s", async (_, example) => expectEqualResults(example));

  test("a kernel that cannot be recorded is named", async () => {
    const run = runProgram(compiled, { x: rows }, ({ x }) => ({
      outputs: { y: tf.atan(x) },
      updates: {},
    }));
    await expect(run).rejects.toThrow("Atan");
  });
}
