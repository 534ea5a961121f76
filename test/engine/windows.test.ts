// Inputs that are windows of one pool: every engine reads them alike, and where there is a device to move them to, the graph takes the
// pool and cuts them out.
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { encodeModel } from "../../src/engine/compiled/onnx.ts";
import { recordProgram } from "../../src/engine/compiled/record.ts";
import { feedWindows } from "../../src/engine/compiled/windows.ts";
import type { HostTensor, ProgramSpec } from "../../src/engine/engine.ts";
import { engines } from "../support/engines.ts";
import { InferenceSession, Tensor } from "../../src/engine/onnxruntime.ts";

const spec: ProgramSpec = {
  name: "windows",
  inputs: {
    ids: { shape: ["B", "T"], type: "int32" },
    a: { shape: ["B", "T"], type: "float32", pool: "pool" },
    b: { shape: ["N", 2], type: "float32", pool: "pool" },
  },
  buffers: {},
  compute: ({ a, b }) => ({ outputs: { x: tf.mul(a, 1), y: tf.mul(b, 1) }, updates: {} }),
};

const pool = Float32Array.from({ length: 40 }, (_, i) => i);
const inputs: Record<string, HostTensor> = {
  ids: { shape: [2, 3], data: new Int32Array(6) },
  a: { shape: [2, 3], data: pool.subarray(5, 11) },
  b: { shape: [6, 2], data: pool.subarray(7, 19) },
};
const expected = { a: [5, 6, 7, 8, 9, 10], b: [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18] };

describe.each(engines)("%s engine", (_, create) => {
  test("reads windows of a pool", async () => {
    const engine = await create();
    const { x, y } = await (await engine.compile(spec)).run(inputs);
    expect({ a: [...x.data], b: [...y.data] }).toEqual(expected);
    expect([x.shape, y.shape]).toEqual([[2, 3], [6, 2]]); // prettier-ignore
    await engine.dispose();
  });
});

test("for a device the graph reads the pool, and where each window lies", async () => {
  const recorded = await recordProgram(spec, {
    hasFusedMatMul: true,
    cutsWindows: true,
    isHalved: () => false,
  });
  const read = recorded.graph.inputs.map(({ name }) => name);
  expect(read.filter((name) => !name.startsWith("shape"))).toEqual(["start of a", "end of a", "start of b", "end of b", "pool"]); // prettier-ignore
  const session = await InferenceSession.create(encodeModel(recorded.graph));
  const feeds = feedWindows(recorded.pools, inputs);
  for (const { name, values } of recorded.shapeInputs)
    feeds[name] = new Tensor("int64", BigInt64Array.from(values({ B: 2, T: 3 }), BigInt), [2]);
  const results = await session.run(feeds);
  expect({ a: [...(results.x.data as Float32Array)], b: [...(results.y.data as Float32Array)] }).toEqual(expected); // prettier-ignore
  await session.release();
});
