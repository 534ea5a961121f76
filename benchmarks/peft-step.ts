// One adapter training step of ours, in the line protocol of peers/torch_step.py: prints {"ready"}, then for every line "go" runs
// a step and prints {"ms", "loss"}, and on "quit" prints {"peakRssBytes"}. A process of its own, so that its memory is its own.
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { Batch } from "../src/data/batches.ts";
import { createEngine } from "../src/engine/create.ts";
import { adapterLearner, randomWeights, type ShapeName, shapeWithDropout } from "./shapes.ts";

const { values } = parseArgs({
  options: {
    shape: { type: "string", default: "minilm" },
    size: { type: "string", default: "64" },
    batch: { type: "string", default: "32" },
    length: { type: "string", default: "128" },
    dropout: { type: "string", default: "0.1" },
  },
});

async function main(): Promise<void> {
  const shape = shapeWithDropout(values.shape as ShapeName, Number(values.dropout));
  const engine = await createEngine("cpu");
  const learner = adapterLearner(engine, shape, randomWeights(shape), Number(values.size));
  const pieces = randomPieces(Number(values.batch), Number(values.length), engine.preferredTokens);
  say({ ready: true, engine: engine.description });
  let step = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() !== "go") break;
    const start = performance.now();
    const { loss } = await learner.step(pieces, step++, 1e-4);
    say({ ms: performance.now() - start, loss });
  }
  say({ peakRssBytes: process.resourceUsage().maxRSS * 1024 });
}

/** A batch without padding, in the pieces that training would compute it in. */
function randomPieces(batchSize: number, length: number, maxTokens: number): Batch[] {
  const perPiece = Math.max(1, Math.floor(maxTokens / length));
  const pieces: Batch[] = [];
  for (let done = 0; done < batchSize; done += perPiece) {
    const numExamples = Math.min(perPiece, batchSize - done);
    const size = numExamples * length;
    pieces.push({
      ids: Int32Array.from({ length: size }, (_, i) => ((done * length + i) * 7919) % 30_000),
      typeIds: new Int32Array(size),
      maskBias: new Float32Array(size),
      labels: Float32Array.from({ length: numExamples }, (_, i) => i % 2),
      numExamples,
      length,
      numTokens: size,
    });
  }
  return pieces;
}

function say(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

await main();
