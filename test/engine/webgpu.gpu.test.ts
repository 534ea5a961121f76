// The compiled engine on WebGPU: the same suites as the other engines, every method beside the CPU, nothing that leaves the GPU in
// the middle of a step, and no memory that grows.
import * as tf from "@tensorflow/tfjs";
import {
  InferenceSession,
  type SessionOptions,
  type Tensor,
} from "../../src/engine/onnxruntime.ts";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createCompiledEngine } from "../../src/engine/compiled/compiled.ts";
import { createProvider } from "../../src/engine/compiled/provider.ts";
import { DeviceMemoryError } from "../../src/engine/engine.ts";
import type { Engines } from "../support/engines.ts";
import {
  cases,
  goldenBatch,
  type GoldenCase,
  goldenCaseLearner,
  goldenLearner,
  learningRates,
  relativeError,
} from "../support/golden.ts";
import { describeLearners } from "../support/suites/learners.ts";
import { describeLowerings } from "../support/suites/lowerings.ts";
import { describeMiniLm } from "../support/suites/minilm.ts";
import { describeParity } from "../support/suites/parity.ts";
import { describePrograms } from "../support/suites/programs.ts";
import { createWebGpuEngine, isSoftware, noWebGpu } from "../support/webgpu.ts";

const engines: Engines = [
  ["compiled", async () => createCompiledEngine({ numThreads: 2 })],
  ["webgpu", createWebGpuEngine],
];
/** SwiftShader is as exact as the suites ask; of a GPU WebGPU asks less. */
const slack = isSoftware ? 1 : 100;
const [houlsby] = cases;
const batch = goldenBatch(houlsby);

afterEach(() => void vi.restoreAllMocks());

describe.skipIf(noWebGpu)(`WebGPU${noWebGpu ? ` (${noWebGpu})` : ""}`, () => {
  describePrograms(engines.slice(1));
  describeParity(engines.slice(1), slack);
  describeLearners(engines, slack);
  describe("recorded equals computed", () => {
    describeLowerings(createWebGpuEngine, slack);
  });

  describe("MiniLM, real weights", () => {
    describeMiniLm(createWebGpuEngine);
  });

  test.each(cases.filter(({ losses }) => losses))(
    "$name: ten steps have PyTorch's losses",
    async (example) => {
      const losses = await tenLosses(example);
      expect(relativeError(losses, example.losses!)).toBeLessThan(LOSS_TOLERANCE);
    },
  );

  test("a graph that needs the CPU in between is refused", async () => {
    const provider = createProvider("webgpu", { isSoftware });
    const onCpuOnly = { op: "Sum", domain: "", attributes: {} }; // of the operators that programs use none, but this one was
    const value = (name: string) => ({ name, type: "float32" as const, shape: [2] });
    const session = provider.createSession(
      {
        nodes: [{ ...onCpuOnly, inputs: ["a", "a"], outputs: ["b"] }],
        inputs: [value("a")],
        outputs: [value("b")],
        initializers: [],
      },
      [],
    );
    await expect(session).rejects.toThrow("fallback to CPU EP has been explicitly disabled");
  });

  // How much SwiftShader holds is known.
  test.runIf(isSoftware)(
    "what does not fit is told, and what fits is computed afterwards",
    async () => {
      const engine = await createWebGpuEngine();
      const program = await engine.compile({
        name: "big",
        inputs: { ids: { shape: ["B", "T"], type: "float32" } },
        buffers: {},
        compute: ({ ids }) => {
          const wide = tf.tile(tf.reshape(ids, [-1, 1]), [1, 4096]);
          return { outputs: { sum: tf.sum(tf.mul(tf.exp(wide), tf.tanh(wide))) }, updates: {} };
        },
      });
      const run = (length: number) =>
        program.run({ ids: { shape: [1, length], data: new Float32Array(length).fill(0.5) } });
      const before = await run(10);
      for (const length of [2 ** 16, 2 ** 18])
        // one buffer of 1 GiB too many, and one that is larger than any may be
        await expect(run(length)).rejects.toThrow(DeviceMemoryError);
      expect(await run(10)).toEqual(before);
    },
  );

  test("a step moves the batch, the scalars and the loss; weights go to the GPU once", async () => {
    const traffic = watchTraffic();
    const learner = await goldenCaseLearner(await createWebGpuEngine(), houlsby);
    await learner.step([batch], 0, 1e-3);
    const first = traffic.take();
    expect(first.uploaded).toBeGreaterThan(1e5); // the weights
    await learner.step([batch], 1, 1e-3);
    const second = traffic.take();
    const batchBytes = 4 * (3 * batch.ids.length + 2 * batch.numExamples);
    expect(second.uploaded).toBeGreaterThanOrEqual(batchBytes);
    expect(second.uploaded).toBeLessThan(batchBytes + 512); // shapes, and the optimizer's four scalars
    expect(second.downloaded).toBe(4 + 4); // the loss and the gradient norm
    await learner.dispose();
  });

  test("all dropout masks of a step come from one pool, which is moved once", async () => {
    const rate = { hiddenDropout: 0.1, attentionDropout: 0.1 };
    const traffic = watchTraffic();
    const learner = await goldenLearner(await createWebGpuEngine(), houlsby, rate);
    await learner.step([batch], 0, 1e-3);
    traffic.take();
    await learner.step([batch], 1, 1e-3);
    const { names } = traffic.take();
    expect(names.filter((name) => name.startsWith("dropout masks"))).toEqual(["dropout masks 0.1"]);
    expect(names).not.toContain("embeddings"); // a site
    expect(names).toContain("start of embeddings");
    await learner.dispose();
  });

  test("eighty steps need no more memory than twenty", async () => {
    const learner = await goldenCaseLearner(await createWebGpuEngine(), houlsby);
    const residentAfter = async (numSteps: number) => {
      for (let step = 0; step < numSteps; step++) await learner.step([batch], step, 1e-3);
      return process.memoryUsage().rss;
    };
    const early = await residentAfter(20);
    const late = await residentAfter(60);
    expect(late - early).toBeLessThan(60 * SMALL_LEAK);
    await learner.dispose();
  });
});

/** Bytes a step: a fiftieth of what it makes. */
const SMALL_LEAK = 200_000;

/** A GPU's exponentials and square roots are less exact than the CPU's. */
const LOSS_TOLERANCE = 1e-3;

async function tenLosses(example: GoldenCase): Promise<number[]> {
  const learner = await goldenCaseLearner(await createWebGpuEngine(), example);
  const losses: number[] = [];
  for (const [step, learningRate] of learningRates.entries())
    losses.push((await learner.step([goldenBatch(example)], step, learningRate)).loss);
  await learner.dispose();
  return losses;
}

/** Counts the bytes that sessions read from and write to this process's memory. */
function watchTraffic() {
  let [uploaded, downloaded] = [0, 0];
  let names: string[] = [];
  const bytes = (values: object) =>
    Object.values(values as Record<string, Tensor | null>)
      .filter((tensor) => tensor?.location === "cpu")
      .reduce((sum, tensor) => sum + (tensor!.data as Float32Array).byteLength, 0);
  const create = InferenceSession.create.bind(InferenceSession) as (
    model: Uint8Array,
    options: SessionOptions,
  ) => Promise<InferenceSession>;
  const watched = async (model: Uint8Array, options: SessionOptions) => {
    const session = await create(model, options);
    const run = session.run.bind(session);
    session.run = async (feeds: Parameters<InferenceSession["run"]>[0], fetches: never) => {
      const results = await run(feeds, fetches);
      uploaded += bytes(feeds);
      names.push(...Object.keys(feeds).filter((name) => feeds[name].location === "cpu"));
      downloaded += bytes(results);
      return results;
    };
    return session;
  };
  vi.spyOn(InferenceSession, "create").mockImplementation(watched as never);
  return {
    take: () => {
      const taken = { uploaded, downloaded, names };
      [uploaded, downloaded] = [0, 0];
      names = [];
      return taken;
    },
  };
}
