import { adamDefaults } from "../../src/train/optimizer.ts";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { EncodedSplit } from "../../src/data/encode.ts";
import { createCompiledEngine } from "../../src/engine/compiled/compiled.ts";
import { Interrupted } from "../../src/errors.ts";
import { applyMethod, type MethodConfig } from "../../src/methods/methods.ts";
import { randomStream } from "../../src/random.ts";
import type { Evaluation, RunEvent } from "../../src/train/events.ts";
import { Learner } from "../../src/train/learner.ts";
import { Pieces } from "../../src/train/pieces.ts";
import { train, type TrainerOptions, type TrainingSettings } from "../../src/train/trainer.ts";
import { temporaryFolders } from "../support/temp.ts";
import { tinyShape, tinyWeights } from "../support/tiny.ts";
import { lostAtRun, withMemoryFor, withoutMemoryAtFirst } from "../support/troubled.ts";

const engine = createCompiledEngine({ numThreads: 1 });
afterAll(() => engine.dispose());
const temporaryFolder = temporaryFolders();
let runDir: string;
beforeEach(() => void (runDir = temporaryFolder()));

const undropped = { ...tinyShape, hiddenDropout: 0, attentionDropout: 0 };
const houlsby: MethodConfig = { name: "houlsby", size: 4, initStd: 0.01 };

function createLearner(
  method = houlsby,
  shape = undropped,
  weights = tinyWeights(),
  on = engine,
): Learner {
  const learner = new Learner({
    engine: on,
    shape,
    weights,
    tuning: applyMethod(shape, method),
    head: { kind: "classification", numOutputs: 2 },
    optimizer: adamDefaults,
    seed: 1,
  });
  onTestFinished(() => learner.dispose());
  return learner;
}

/** Random tokens of 4 to 9 each; labels that nothing explains. */
function splitOf(count: number): EncodedSplit {
  const stream = randomStream(3, "split");
  const lengths = Array.from({ length: count }, (_, i) => 4 + (stream.uint32(i) % 6));
  const offsets = Int32Array.from([0, ...lengths]);
  for (let i = 0; i < count; i++) offsets[i + 1] += offsets[i];
  const ids = Int32Array.from({ length: offsets[count] }, (_, i) => stream.uint32(100 + i) % 25);
  const labels = Float32Array.from(lengths, (_, i) => (i % 3 === 0 ? 1 : 0));
  return { ids, typeIds: new Uint8Array(ids.length), offsets, labels, count, truncated: 0 };
}

interface Changes {
  training?: Partial<TrainingSettings["training"]>;
  evaluation?: TrainingSettings["evaluation"];
  everySteps?: number;
  count?: number;
  signal?: AbortSignal;
  report?: TrainerOptions["report"];
  maxTokens?: number;
}

const training = {
  learningRate: 1e-2,
  epochs: 3,
  batchSize: 4,
  gradientAccumulation: 1,
  warmupFraction: 0,
};

function run(learner: Learner, changes: Changes = {}) {
  const data = splitOf(changes.count ?? 16);
  return train({
    learner,
    runDir,
    train: data,
    evaluationSplits: [{ name: "dev", data }],
    scoring: { kind: "classification", metrics: ["accuracy"], mainMetric: "accuracy" },
    settings: {
      training: { ...training, ...changes.training },
      evaluation: changes.evaluation ?? { every: "epoch" },
      checkpoint: { everySteps: changes.everySteps ?? 1000 },
      seed: 1,
    },
    pieces: new Pieces(changes.maxTokens ?? 1024, changes.report),
    metadata: {},
    signal: changes.signal ?? new AbortController().signal,
    report: changes.report ?? (() => {}),
  });
}

const file = (name: string) => readFileSync(join(runDir, name));
const stepsOf = (evaluations: readonly Evaluation[]) => evaluations.map(({ step }) => step);

/** Aborts when `isNow` says so. */
function abortWhen(isNow: (event: RunEvent) => boolean) {
  const controller = new AbortController();
  const report = (event: RunEvent) => {
    if (isNow(event)) controller.abort();
  };
  return { signal: controller.signal, report };
}

describe("train", () => {
  test("evaluates after every epoch, at the end, and keeps the best", async () => {
    const { state, status, totalSteps } = await run(createLearner(), { training: { epochs: 2.5 } });
    expect(status).toBe("ok");
    expect(totalSteps).toBe(10);
    expect(state.evaluations.map(({ epoch, step }) => [step, epoch])).toEqual([[4, 1], [8, 2], [10, 2.5]]); // prettier-ignore
    expect(state.evaluations[0].best).toBe(true);
    expect(file("metrics.jsonl").toString()).toBe(
      state.evaluations.map((evaluation) => `${JSON.stringify(evaluation)}\n`).join(""),
    );
  });

  test("evaluates every so many steps, and once at the end", async () => {
    const { state } = await run(createLearner(), { evaluation: { every: 5 } });
    expect(stepsOf(state.evaluations)).toEqual([5, 10, 12]);
    runDir = temporaryFolder();
    const atTheEnd = await run(createLearner(), { evaluation: { every: 6 } });
    expect(stepsOf(atTheEnd.state.evaluations)).toEqual([6, 12]);
  });

  test("stops when patience runs out, and stays stopped when resumed", async () => {
    // Nothing moves at this learning rate: the first evaluation stays the best.
    const changes = { training: { learningRate: 1e-12 }, evaluation: { every: 2, patience: 2 } };
    const { reason, state, status } = await run(createLearner(), changes);
    expect([status, state.step]).toEqual(["ok", 6]);
    expect(reason).toBe("no better evaluation in 2; stopped at step 6");
    const resumed = await run(createLearner(), changes);
    expect(resumed.state.step).toBe(6);
  });

  test("two accumulated batches of 4 are one of 8", async () => {
    // One epoch of 8 examples: the same examples whatever their order.
    const learners = [createLearner(), createLearner()];
    const once = { epochs: 1, learningRate: 1e-3 };
    const whole = await run(learners[0], { count: 8, training: { ...once, batchSize: 8 } });
    runDir = temporaryFolder();
    const halves = await run(learners[1], {
      count: 8,
      training: { ...once, gradientAccumulation: 2 },
    });
    expect([whole.totalSteps, halves.totalSteps]).toEqual([1, 1]);
    expect(halves.state.evaluations[0].trainLoss).toBeCloseTo(
      whole.state.evaluations[0].trainLoss!,
      6,
    );
    expect(halves.state.evaluations[0].loss).toBeCloseTo(whole.state.evaluations[0].loss, 5);
  });

  test("counts tokens, positions and time", async () => {
    const { state } = await run(createLearner(), { training: { epochs: 1 } });
    const { offsets } = splitOf(16);
    expect(state.tokens).toBe(offsets[16]);
    expect(state.positions).toBeGreaterThanOrEqual(state.tokens);
    expect(state.seconds).toBeGreaterThan(state.computeSeconds);
  });
});

describe("divergence", () => {
  test("of the loss ends the run with its step, the last good adapter untouched", async () => {
    await run(createLearner(), { training: { epochs: 1 } });
    const good = file("adapter.safetensors");
    const weights = tinyWeights();
    weights.get("pooler.dense.bias")!.data[0] = NaN;
    const { reason, state, status } = await run(createLearner(houlsby, undropped, weights));
    expect([status, state.step]).toEqual(["diverged", 4]);
    expect(reason).toBe("the loss of step 5 is not a finite number");
    expect(file("adapter.safetensors").equals(good)).toBe(true);
  });

  test("of an evaluation ends the run with its example, and is never the best", async () => {
    const first = await run(createLearner(), { training: { epochs: 1 } });
    const good = file("adapter.safetensors");
    const changes: Changes = { training: { learningRate: 1e30 }, evaluation: { every: 1 } };
    const { reason, state, status } = await run(createLearner(), changes);
    expect(status).toBe("diverged");
    expect(reason).toMatch(/^evaluation after step 5: dev: example \d+: the model's output is /);
    expect(state.evaluations).toEqual(first.state.evaluations);
    expect(file("adapter.safetensors").equals(good)).toBe(true);
  });

  test("follows from a learning rate that is far too high", async () => {
    const { reason, status } = await run(createLearner(), { training: { learningRate: 1e30 } });
    expect(status).toBe("diverged");
    expect(reason).toMatch(/^the (loss|gradient norm) of step [23] is not a finite number$/);
  });
});

describe("stopping and going on", () => {
  // Small pieces, so that an evaluation has several between which it can stop.
  const changes: Changes = { evaluation: { every: 3 }, everySteps: 2, maxTokens: 40 };

  /** While evaluating once more after so many evaluations. */
  function afterEvaluations(count: number) {
    let seen = 0;
    return (event: RunEvent) => {
      if (event.type === "evaluation") seen++;
      return seen >= count && event.type === "progress" && event.phase === "evaluate";
    };
  }

  /** What an undisturbed run leaves. */
  async function reference(): Promise<Buffer[]> {
    const shape = tinyShape; // with dropout
    await run(createLearner(houlsby, shape), changes);
    const files = ["adapter.safetensors", "last.safetensors", "metrics.jsonl"].map(file);
    runDir = temporaryFolder();
    return files;
  }

  test.each<[string, (event: RunEvent) => boolean]>([
    ["before the first step", (event) => event.type === "progress" && event.done === 0],
    [
      "after a step",
      (event) => event.type === "progress" && event.phase === "train" && event.done === 4,
    ],
    ["while evaluating", (event) => event.type === "progress" && event.phase === "evaluate"],
    ["after an evaluation", (event) => event.type === "evaluation"],
    ["while evaluating for the last time", afterEvaluations(3)],
  ])("%s changes nothing in the end", async (_, isNow) => {
    const expected = await reference();
    const stop = abortWhen(isNow);
    const interrupted = run(createLearner(houlsby, tinyShape), { ...changes, ...stop });
    await expect(interrupted).rejects.toThrow(Interrupted);
    expect(existsSync(join(runDir, "state.safetensors"))).toBe(true);
    expect(existsSync(join(runDir, "last.safetensors"))).toBe(false);
    await run(createLearner(houlsby, tinyShape), changes);
    const files = ["adapter.safetensors", "last.safetensors", "metrics.jsonl"].map(file);
    expect(files.map((bytes, i) => bytes.equals(expected[i]))).toEqual([true, true, true]);
  });
});

describe("a device with too little memory", () => {
  const on = (maxTokens: number) =>
    createLearner(houlsby, undropped, tinyWeights(), withMemoryFor(engine, maxTokens));

  test("computes in smaller pieces, tells so, and learns the same", async () => {
    const { state: expected } = await run(createLearner());
    runDir = temporaryFolder();
    const notes: string[] = [];
    const report = (event: RunEvent) => void (event.type === "note" && notes.push(event.text));
    const { state } = await run(on(20), { report });
    expect(notes[0]).toMatch(
      /^the device's memory does not hold 4 texts of \d+ tokens at once: trying 2 at a time$/,
    );
    expect(state.evaluations).toHaveLength(3);
    for (const [i, { loss }] of state.evaluations.entries())
      expect(loss).toBeCloseTo(expected.evaluations[i].loss, 5);
  });

  test("tells once of every size, in training and in evaluations", async () => {
    const notes: string[] = [];
    const report = (event: RunEvent) => void (event.type === "note" && notes.push(event.text));
    await run(on(20), { report, count: 64, training: { epochs: 1, batchSize: 16 } });
    const sizes = notes.map((text) =>
      /(\d+) texts .* trying (\d+)/.exec(text)?.slice(1).map(Number),
    );
    expect(sizes.length).toBeLessThan(6); // 16 to 8, 8 to 4, 4 to 2, and no more for 80 pieces of an evaluation
    for (const size of sizes) expect(size![1]).toBe(Math.ceil(size![0] / 2));
  });

  test("for a program is tried again", async () => {
    const learner = createLearner(houlsby, undropped, tinyWeights(), withoutMemoryAtFirst(engine));
    const { status } = await run(learner);
    expect(status).toBe("ok");
  });

  test("that does not hold a single text is an error that says what would fit", async () => {
    await expect(run(on(3))).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringMatching(/^device memory: one text of \d tokens: expected the model/),
      hint: expect.stringContaining("task.maxLength"),
    });
  });
});

describe("a device that is lost", () => {
  const lost = (numRun: number) =>
    createLearner(houlsby, tinyShape, tinyWeights(), lostAtRun(engine, numRun));

  test("ends the run with what to do, and what was saved leads to the same end", async () => {
    const changes: Changes = { evaluation: { every: 3 }, everySteps: 2 };
    await run(createLearner(houlsby, tinyShape), changes);
    const names = ["adapter.safetensors", "last.safetensors", "metrics.jsonl"];
    const expected = names.map(file);
    runDir = temporaryFolder();
    await expect(run(lost(15), changes)).rejects.toMatchObject({
      name: "DeviceLostError",
      message: expect.stringMatching(
        /^the device was lost after step \d+: Device was lost: driver reset: expected it to stay$/,
      ),
      hint: expect.stringContaining(`the run is saved; go on with: peft train --resume ${runDir}`),
    });
    await run(createLearner(houlsby, tinyShape), changes);
    expect(names.map(file).map((bytes, i) => bytes.equals(expected[i]))).toEqual([true, true, true]); // prettier-ignore
  });

  test("before anything was saved", async () => {
    await expect(run(lost(1))).rejects.toMatchObject({
      message: expect.stringContaining("the device was lost after step 0"),
      hint: expect.stringContaining("nothing was saved yet"),
    });
  });
});

describe("products in float16", () => {
  const half = () =>
    createLearner(
      houlsby,
      tinyShape,
      tinyWeights(),
      createCompiledEngine({ numThreads: 1, precision: "float16", frozenAsConstants: true }),
    );
  const changes: Changes = { evaluation: { every: 3 }, everySteps: 2 };

  test("a run that is stopped goes on with the scale it had", async () => {
    await run(half(), changes);
    const expected = file("adapter.safetensors");
    runDir = temporaryFolder();
    const lowered = half();
    lowered.lossScale!.state = { value: 2 ** 14, goodSteps: 0 };
    const stop = abortWhen((event) => event.type === "progress" && event.phase === "train" && event.done === 4); // prettier-ignore
    await expect(run(lowered, { ...changes, ...stop })).rejects.toThrow(Interrupted);
    const resumed = half();
    const { state } = await run(resumed, changes);
    expect(state.lossScale).toEqual({ value: 2 ** 14, goodSteps: 12 });
    expect(resumed.lossScale!.state).toEqual(state.lossScale);
    // Powers of two move no digit: the scale changes nothing.
    expect(file("adapter.safetensors").equals(expected)).toBe(true);
  });
});
