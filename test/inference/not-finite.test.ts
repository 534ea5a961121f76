// Models whose weights are finite and whose outputs are not: no command takes such an output for an answer, and each names the example.
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { UserError } from "../../src/errors.ts";
import { ablate } from "../../src/inference/ablate.ts";
import { evaluateRun, type OpenedRuns, openRuns } from "../../src/inference/evaluate.ts";
import { createAnswerer } from "../../src/inference/predict.ts";
import { verify } from "../../src/inference/verify.ts";
import {
  type FloatTensor,
  readSafetensors,
  writeSafetensors,
} from "../../src/model/safetensors.ts";
import { temporaryFolders } from "../support/temp.ts";
import { tinyWeights, writeTinyEncoder, writeTinyGlue } from "../support/tiny.ts";
import { copyRun, type TinyInputs, trainTiny } from "../support/tiny-runs.ts";
import { writeTinySquad } from "../support/tiny-squad.ts";

const temporaryFolder = temporaryFolders();
const watch = { signal: new AbortController().signal, report: () => {} };
const windows = { maxLength: 20, stride: 4, maxQuestionLength: 6, maxAnswerLength: 4 };
const kinds = {
  classification: { name: "sst2", maxLength: 16 },
  regression: { name: "stsb", maxLength: 24 },
  span: { name: "squad2", ...windows },
} as const;

let inputs: TinyInputs;
beforeAll(() => {
  const dataDir = writeTinySquad(writeTinyGlue(temporaryFolder()), "2.0");
  inputs = { encoder: writeTinyEncoder(temporaryFolder()), dataDir, outDir: temporaryFolder() };
  vi.stubEnv("PEFT_CACHE", temporaryFolder());
  return () => vi.unstubAllEnvs();
});

/** Opens a copy of the run whose trained tensors are changed. */
async function openChanged(
  runDir: string,
  change: (tensors: Map<string, FloatTensor>) => void,
): Promise<OpenedRuns & { runDir: string; file: string }> {
  const copy = copyRun(runDir, temporaryFolder());
  const file = join(copy, "adapter.safetensors");
  const { metadata, tensors } = readSafetensors(file);
  change(tensors);
  writeSafetensors(file, tensors, metadata);
  const opened = await openRuns([copy], { allowChanged: true, report: watch.report });
  onTestFinished(() => opened.dispose());
  return { ...opened, runDir: copy, file };
}

/** Every output is the sum of 16 times 3e38, more than float32 holds. */
function breakHead(tensors: Map<string, FloatTensor>): void {
  const fill = (name: string, value: number) => tensors.get(name)?.data.fill(value);
  fill("encoder.layer.1.output.LayerNorm.weight", 0);
  fill("encoder.layer.1.output.LayerNorm.bias", 1);
  fill("pooler.dense.weight", 0);
  fill("pooler.dense.bias", 100);
  for (const head of ["classifier", "qa_outputs"]) fill(`${head}.weight`, 3e38);
}

async function errorOf(action: Promise<unknown>): Promise<UserError> {
  const error = await action.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe.each(Object.entries(kinds))("%s", (kind, task) => {
  let runDir: string;
  beforeAll(async () => {
    const training = { epochs: 1, batchSize: 8, learningRate: 1e-3 };
    ({ runDir } = await trainTiny(inputs, { task, method: { name: "full" }, training }));
  }, 60_000);

  test("predict names the row", async () => {
    const opened = await openChanged(runDir, breakHead);
    const rows = [{ place: "in.jsonl:7", values: { text: "a cat sat", pair: "the cat sat home" } }];
    const { message } = await errorOf(createAnswerer(opened, {}, watch.signal).answer(rows));
    expect(message).toBe(
      `in.jsonl:7: ${opened.runDir}: the model's output is Infinity: expected finite numbers`,
    );
  });

  test("eval names split and example", async () => {
    const opened = await openChanged(runDir, breakHead);
    const { message } = await errorOf(evaluateRun(opened, opened.runs[0], { ...watch, split: "dev" })); // prettier-ignore
    const example = kind === "span" ? "question q\\d+" : "example \\d+";
    expect(message.slice(opened.runDir.length)).toMatch(
      new RegExp(`^: dev: ${example}: the model's output is Infinity: expected finite numbers$`),
    );
  });

  test("verify fails with the same words", async () => {
    const opened = await openChanged(runDir, breakHead);
    const { passed, runs } = await verify(opened, { ...watch, quick: false });
    expect(passed).toBe(false);
    expect(runs[0].checks.scores).toMatchObject({
      outcome: "failed",
      remark: expect.stringMatching(/dev: .*: the model's output is Infinity/),
    });
    expect(runs[0].checks.recorded.outcome).toBe("skipped");
  });

  test.each([NaN, Infinity, -Infinity])("a trained value of %d is named", async (value) => {
    const opened = await openChanged(runDir, (tensors) => {
      tensors.get("encoder.layer.0.output.dense.bias")!.data[3] = value;
    });
    const { message } = await errorOf(evaluateRun(opened, opened.runs[0], { ...watch, split: "dev" })); // prettier-ignore
    expect(message).toBe(
      `${opened.file}: encoder.layer.0.output.dense.bias: 1 of 16 values are NaN or infinite: expected finite numbers`,
    );
  });
});

test("ablate names split and example", async () => {
  const { runDir } = await trainTiny(inputs);
  const opened = await openChanged(runDir, (tensors) => {
    const { data } = tinyWeights().get("pooler.dense.bias")!; // a frozen one
    breakHead(tensors);
    tensors.get("encoder.layer.1.output.LayerNorm.bias")!.data.fill(0);
    const { data: weight } = tensors.get("classifier.weight")!;
    for (let i = 0; i < weight.length; i++) weight[i] *= Math.sign(data[i % data.length]);
  });
  const options = { ...watch, memoryFile: join(temporaryFolder(), "scores.json") };
  const { message } = await errorOf(ablate(opened, opened.runs[0], options));
  expect(message.slice(opened.runDir.length)).toMatch(
    /^: dev: example \d+: the model's output is /,
  );
});

test("an infinite loss is no score", async () => {
  const { runDir } = await trainTiny(inputs, { task: kinds.regression, method: { name: "head" } });
  const opened = await openChanged(runDir, (tensors) => {
    tensors.get("classifier.bias")!.data.fill(1e30); // whose square is infinite
  });
  const { message } = await errorOf(evaluateRun(opened, opened.runs[0], { ...watch, split: "dev" })); // prettier-ignore
  expect(message).toBe(`${opened.runDir}: dev: a loss of Infinity: expected finite numbers`);
});
