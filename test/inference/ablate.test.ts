// Removing adapters: against PyTorch, where they are taken out of the network (benchmarks/peers/golden_ablation.py, written with
// torch 2.15.0 and transformers 4.57.6 from the golden case of seed 20190202), and what an ablation does around the model.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { ablate } from "../../src/inference/ablate.ts";
import { openRuns } from "../../src/inference/evaluate.ts";
import { Models } from "../../src/inference/models.ts";
import { adapterLayers, layerSpans, withoutAdapters } from "../../src/inference/removal.ts";
import type { TrainedRun } from "../../src/inference/trained-run.ts";
import type { MethodConfig } from "../../src/methods/methods.ts";
import { loadEncoder } from "../../src/model/pretrained.ts";
import type { RunEvent } from "../../src/train/events.ts";
import { tinyShape, writeTinyEncoder } from "../support/tiny.ts";
import golden from "../golden/ablation.json" with { type: "json" };
import { engines } from "../support/engines.ts";
import { cases, goldenBatch, goldenTensors, relativeError } from "../support/golden.ts";
import { temporaryFolders } from "../support/temp.ts";
import { type TinyInputs, trainTiny, writeTinyInputs } from "../support/tiny-runs.ts";

const temporaryFolder = temporaryFolders();

test.each([1, 2, 6, 12, 24])("%i layers have L (L + 1) / 2 spans, each once", (numLayers) => {
  const spans = layerSpans(numLayers);
  expect(spans).toHaveLength((numLayers * (numLayers + 1)) / 2);
  expect(new Set(spans.map(({ first, last }) => `${first}-${last}`)).size).toBe(spans.length);
  for (const { first, last } of spans) expect(first <= last && last < numLayers).toBe(true);
});

describe.each(engines)("%s engine", (_, createEngine) => {
  const example = cases.find(({ name }) => name === golden.case)!;
  const batch = goldenBatch(example);
  const parameters = goldenTensors(example, "final/");

  async function logitsOf(method: MethodConfig, values: TrainedRun["parameters"]) {
    const encoder = await loadEncoder(join(import.meta.dirname, "..", "golden", "encoder"));
    const engine = await createEngine();
    const models = new Models(encoder, engine);
    onTestFinished(async () => {
      await models.dispose();
      await engine.dispose();
    });
    const head = { kind: example.kind, numOutputs: example.numLabels };
    const result = { encoderSha256: encoder.weightsSha256 };
    const run = {
      runDir: "golden",
      result,
      experiment: { method },
      head,
      parameters,
    } as unknown as TrainedRun;
    const { logits } = await models.of(run, values).predict(batch);
    return logits.slice();
  }

  test.each(golden.spans)(
    "without $layers the logits are PyTorch's",
    async ({ layers, logits }) => {
      const without = withoutAdapters(parameters, new Set(layers));
      const found = await logitsOf(example.method, without);
      expect(relativeError(found, logits.flat())).toBeLessThan(2e-6); // as test/train/parity.test.ts
    },
  );

  test("without any, the model is one that never had adapters", async () => {
    const without = withoutAdapters(parameters, new Set([0, 1]));
    const found = await logitsOf(example.method, without);
    const plain = await logitsOf({ name: "layernorm" }, parameters);
    expect(relativeError(found, plain)).toBeLessThan(1e-6);
    expect(relativeError(found, golden.plainBert.flat())).toBeLessThan(2e-6);
  });
});

describe("an ablation", () => {
  let inputs: TinyInputs;
  let runDir: string;
  beforeAll(async () => {
    vi.stubEnv("PEFT_CACHE", temporaryFolder());
    inputs = writeTinyInputs(temporaryFolder());
    // Three layers, so that spans of the same size differ.
    writeTinyEncoder(inputs.encoder, { ...tinyShape, numLayers: 3 });
    ({ runDir } = await trainTiny(inputs));
    return () => vi.unstubAllEnvs();
  }, 60_000);

  /** Ablates the run, changed by `change`, and counts the examples that were scored. */
  async function ablated(
    memoryFile: string,
    { change = (run: TrainedRun) => run, stopAfter = Infinity, dataDir = inputs.dataDir } = {},
  ) {
    const opened = await openRuns([runDir], { report: () => {} });
    onTestFinished(() => opened.dispose());
    const controller = new AbortController();
    let examples = 0;
    const of = vi.spyOn(opened.models, "of");
    const report = (event: RunEvent) => {
      if (event.type !== "progress" || event.phase !== "evaluate") return;
      examples = event.done;
      if (of.mock.calls.length >= stopAfter) controller.abort();
    };
    const options = { memoryFile, signal: controller.signal, report, dataDir };
    const ablation = await ablate(opened, change(opened.runs[0]), options).catch((e: unknown) => e);
    return { ablation, examples, numModels: of.mock.calls.length };
  }

  test("scores the intact model as recorded, and every span", async () => {
    const { ablation, examples, numModels } = await ablated(join(temporaryFolder(), "a.json"));
    const result = JSON.parse(readFileSync(join(runDir, "result.json"), "utf8")) as TrainedRun["result"]; // prettier-ignore
    expect(ablation).toMatchObject({
      task: "sst2",
      method: "houlsby m=4",
      split: "dev",
      numLayers: 3,
      intact: result.best?.metrics,
      majority: result.majority.dev,
    });
    expect((ablation as { spans: unknown[] }).spans).toHaveLength(6);
    expect(numModels).toBe(7);
    expect(examples).toBe(7 * 12);
  });

  test("scores no model twice: a layer whose adapters do nothing has none to remove", async () => {
    const change = (run: TrainedRun) => ({
      ...run,
      parameters: withoutAdapters(run.parameters, new Set([1])),
    });
    const { ablation, numModels } = await ablated(join(temporaryFolder(), "a.json"), { change });
    const { intact, spans } = ablation as { intact: object; spans: { metrics: object }[] };
    expect(numModels).toBe(4); // intact, 0, 2, 0 and 2
    const of = (first: number, last: number) =>
      spans.find((span) => JSON.stringify(span).includes(`"first":${first},"last":${last}`))?.metrics; // prettier-ignore
    expect(of(1, 1)).toEqual(intact);
    expect(of(0, 1)).toEqual(of(0, 0));
    expect(of(1, 2)).toEqual(of(2, 2));
  });

  test("that is stopped goes on where it was", async () => {
    const memoryFile = join(temporaryFolder(), "a.json");
    const { ablation: stopped } = await ablated(memoryFile, { stopAfter: 3 });
    expect(String(stopped)).toBe(
      `Interrupted: stopped with 3 of 7 models scored; their scores are in ${memoryFile}`,
    );
    const { ablation, numModels } = await ablated(memoryFile);
    expect(numModels).toBe(4);
    const { ablation: undisturbed } = await ablated(join(temporaryFolder(), "a.json"));
    expect(ablation).toEqual(undisturbed);
    expect((await ablated(memoryFile)).numModels).toBe(0);
  });

  test("forgets the scores of another adapter, of other data, and of a file that was cut off", async () => {
    const memoryFile = join(temporaryFolder(), "a.json");
    await ablated(memoryFile);
    const change = (run: TrainedRun) => ({ ...run, adapterSha256: "other" });
    expect((await ablated(memoryFile, { change })).numModels).toBe(7);
    const other = writeTinyInputs(temporaryFolder());
    const dev = join(other.dataDir, "SST-2", "dev.tsv");
    writeFileSync(dev, `${readFileSync(dev, "utf8")}good song\t1\n`);
    expect((await ablated(memoryFile, { dataDir: other.dataDir })).numModels).toBe(7);
    writeFileSync(memoryFile, readFileSync(memoryFile, "utf8").slice(0, -40));
    expect((await ablated(memoryFile)).numModels).toBe(7);
  });

  test.each(["full", "head", "layernorm"] as const)("of %s is refused", (name) => {
    const run = { runDir: "runs/x", experiment: { method: { name } }, parameters: new Map() };
    expect(() => adapterLayers(run as unknown as TrainedRun)).toThrow(
      `runs/x: method.name: ${name}: expected a method with adapters`,
    );
  });
});
