// One adapter training step of ours, in the line protocol of peers/torch_step.py: prints {"ready"}, then answers every line with
// one: "go" runs a step, "memory" tells the peak so far, "matmul" measures the engine's rate of matrix products, "quit" ends.
// A process of its own, so that its memory is its own.
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { createEngine, type EngineName } from "../src/engine/create.ts";
import type { Engine, Precision } from "../src/engine/engine.ts";
import { peakMemory } from "../src/memory.ts";
import { matmulRate } from "./matmul.ts";
import { randomPieces } from "./pieces.ts";
import { adapterLearner, randomWeights, type ShapeName, shapeWithDropout } from "./shapes.ts";

const { values } = parseArgs({
  options: {
    shape: { type: "string", default: "minilm" },
    size: { type: "string", default: "64" },
    batch: { type: "string", default: "32" },
    length: { type: "string", default: "128" },
    dropout: { type: "string", default: "0.1" },
    engine: { type: "string", default: "cpu" },
    precision: { type: "string", default: "float32" },
    /** Lets WebGPU compute on a software rasteriser. */
    software: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  const engine = await createEngine(values.engine as EngineName, {
    precision: values.precision as Precision,
    isSoftware: values.software,
  });
  const step = createStep(engine);
  say({ ready: true, engine: engine.description, preferredTokens: engine.preferredTokens });
  for await (const line of createInterface({ input: process.stdin })) {
    const command = line.trim();
    if (command === "go") say(await step());
    else if (command === "matmul") say({ flopsPerSecond: await matmulRate(engine) });
    else if (command === "memory") say({ peakRssBytes: peakMemory() });
    else break;
  }
  say({ peakRssBytes: peakMemory() });
}

/** Gives a function that runs one step. */
function createStep(engine: Engine): () => Promise<{ ms: number; loss: number }> {
  const shape = shapeWithDropout(values.shape as ShapeName, Number(values.dropout));
  const learner = adapterLearner(engine, shape, randomWeights(shape), Number(values.size));
  const pieces = randomPieces(Number(values.batch), Number(values.length), {
    maxTokens: engine.preferredTokens,
    vocabSize: shape.vocabSize,
  });
  let numSteps = 0;
  return async () => {
    const start = performance.now();
    const { loss } = await learner.step(pieces, numSteps++, 1e-4);
    return { ms: performance.now() - start, loss };
  };
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

try {
  await main();
} catch (error) {
  say({ error: (error as Error).message.trim().replaceAll(/\s*\n\s*/g, "; ") });
  process.exitCode = 1;
}
process.stdout.write("", () => process.exit()); // a device may leave threads behind that keep the process alive
