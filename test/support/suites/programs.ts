// Engines run programs they know nothing about: buffers that depend on each other, and updates that could overwrite what is still
// to be read.
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Buffer, Engine, ProgramSpec, Tensors } from "../../../src/engine/engine.ts";
import type { Engines } from "../engines.ts";

type Compute = (buffers: Tensors) => { outputs?: Tensors; updates: Tensors };

const oldX = [1, 2, 3, 4];
const oldY = [5, 6, 7, 8];

/** Updates of buffers x and y, both (2, 2), and what must be in them afterwards. */
const programs: Record<string, { compute: Compute; x?: number[]; y?: number[]; z?: number[] }> = {
  "in place": { compute: ({ x }) => ({ updates: { x: tf.add(x, 1) } }), x: [2, 3, 4, 5] },
  "read after its update": {
    compute: ({ x }) => ({ updates: { x: tf.add(x, 1) }, outputs: { z: tf.mul(x, 10) } }),
    x: [2, 3, 4, 5],
    z: [10, 20, 30, 40],
  },
  "read by another update": {
    compute: ({ x, y }) => ({ updates: { x: tf.add(x, y), y: tf.mul(x, y) } }),
    x: [6, 8, 10, 12],
    y: [5, 12, 21, 32],
  },
  swapped: { compute: ({ x, y }) => ({ updates: { x: y, y: x } }), x: oldY, y: oldX },
  "read through a view": {
    compute: ({ x }) => {
      const column = tf.reshape(x, [4, 1]);
      return { updates: { x: tf.neg(x) }, outputs: { z: tf.mul(column, 2) } };
    },
    x: [-1, -2, -3, -4],
    z: [2, 4, 6, 8],
  },
  "given out as it was": {
    compute: ({ x }) => ({ updates: { x: tf.add(x, 1) }, outputs: { z: x } }),
    x: [2, 3, 4, 5],
    z: oldX,
  },
  "given out as it becomes": {
    compute: ({ x, y }) => {
      const next = tf.add(x, 1);
      return { updates: { x: next, y: next }, outputs: { z: next, old: y } };
    },
    x: [2, 3, 4, 5],
    y: [2, 3, 4, 5],
    z: [2, 3, 4, 5],
  },
  "multiplied by itself": {
    compute: ({ x }) => ({ updates: { x: tf.matMul(x, x) } }),
    x: [7, 10, 15, 22],
  },
  transposed: { compute: ({ x }) => ({ updates: { x: tf.transpose(x) } }), x: [1, 3, 2, 4] },
  "rows moved": {
    compute: ({ x }) => ({ updates: { x: tf.gather(x, tf.tensor1d([1, 0], "int32")) } }),
    x: [3, 4, 1, 2],
  },
  "every value minus the first": {
    compute: ({ x }) => ({ updates: { x: tf.sub(x, tf.slice(x, [0, 0], [1, 1])) } }),
    x: [0, 1, 2, 3],
  },
  "every row minus the first": {
    compute: ({ x }) => ({ updates: { x: tf.sub(x, tf.slice(x, [0, 0], [1, 2])) } }),
    x: [0, 0, 2, 2],
  },
  "moved and added": {
    compute: ({ x }) => ({ updates: { x: tf.add(x, tf.transpose(x)) } }),
    x: [2, 5, 5, 8],
  },
  "a product added": {
    compute: ({ x, y }) => ({ updates: { x: tf.add(x, tf.matMul(x, y)) } }),
    x: [20, 24, 46, 54],
  },
};

/** The suite. */
export function describePrograms(engines: Engines): void {
  describe.each(engines)("%s engine", (_, createEngine) => {
    let engine: Engine;
    beforeAll(async () => void (engine = await createEngine()));
    afterAll(() => engine.dispose());

    function createBuffer(values: number[]): Buffer {
      const buffer = engine.buffer({ shape: [2, 2], data: Float32Array.from(values) });
      onTestFinished(() => buffer.dispose());
      return buffer;
    }

    async function compile(spec: Omit<ProgramSpec, "name">) {
      const program = await engine.compile({ name: "test", ...spec });
      onTestFinished(() => program.dispose());
      return program;
    }

    test.each(Object.entries(programs))("a buffer %s", async (_name, { compute, ...expected }) => {
      const buffers = { x: createBuffer(oldX), y: createBuffer(oldY) };
      const program = await compile({
        inputs: {},
        buffers,
        compute: (_inputs, tensors) => ({ outputs: {}, ...compute(tensors) }),
      });
      const { z } = await program.run({});
      expect([...(await buffers.x.read())]).toEqual(expected.x ?? oldX);
      expect([...(await buffers.y.read())]).toEqual(expected.y ?? oldY);
      expect(z && [...z.data]).toEqual(expected.z);
    });

    test("an update is what the next run, of any program, reads", async () => {
      const buffers = { x: createBuffer(oldX) };
      const twice = await compile({
        inputs: {},
        buffers,
        compute: (_inputs, { x }) => ({ outputs: {}, updates: { x: tf.mul(x, 2) } }),
      });
      const sum = await compile({
        inputs: {},
        buffers,
        compute: (_inputs, { x }) => ({ outputs: { sum: tf.sum(x) }, updates: {} }),
      });
      await twice.run({});
      await twice.run({});
      expect((await sum.run({})).sum.data[0]).toBe(40);
      buffers.x.write(Float32Array.from(oldY));
      expect((await sum.run({})).sum.data[0]).toBe(26);
      expect(oldY).toEqual([5, 6, 7, 8]);
    });
  });
}
