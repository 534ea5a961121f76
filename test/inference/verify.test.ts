// What a verification finds: nothing where runs are as they were trained, and each kind of damage by its place.
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type OpenedRuns, openRuns } from "../../src/inference/evaluate.ts";
import type { Check, CheckName } from "../../src/inference/verification.ts";
import { verify } from "../../src/inference/verify.ts";
import {
  type FloatTensor,
  readSafetensors,
  writeSafetensors,
} from "../../src/model/safetensors.ts";
import type { Evaluation } from "../../src/train/events.ts";
import type { TrainedResult } from "../../src/record/result.ts";
import { temporaryFolders } from "../support/temp.ts";
import { copyRun, trainTiny, writeTinyInputs } from "../support/tiny-runs.ts";

const temporaryFolder = temporaryFolders();
let sst2: string;
let cola: string;
let stsb: string;
let full: string;
beforeAll(async () => {
  vi.stubEnv("PEFT_CACHE", temporaryFolder());
  const inputs = writeTinyInputs(temporaryFolder());
  const train = async (name: "cola" | "sst2" | "stsb") =>
    (await trainTiny(inputs, { task: { name, maxLength: 16 } })).runDir;
  sst2 = await train("sst2");
  cola = await train("cola");
  stsb = await train("stsb");
  full = (await trainTiny(inputs, { method: { name: "full" } })).runDir;
  return () => vi.unstubAllEnvs();
}, 120_000);

async function verified(
  runDirs: string[],
  { quick = false, meddle }: { quick?: boolean; meddle?: (opened: OpenedRuns) => void } = {},
) {
  const opened = await openRuns(runDirs, { allowChanged: true, report: () => {} });
  onTestFinished(() => opened.dispose());
  meddle?.(opened);
  const { signal } = new AbortController();
  return verify(opened, { quick, signal, report: () => {} });
}

function outcomes(checks: Record<CheckName, Check>): string {
  return Object.entries(checks)
    .map(([name, { outcome }]) => `${name} ${outcome}`)
    .join(", ");
}

const adapter = (runDir: string) => join(runDir, "adapter.safetensors");

/** A copy whose file holds other tensors, and whose result knows nothing of the file. */
function changed(change: (tensors: Map<string, FloatTensor>) => void): string {
  const copy = copyRun(sst2, temporaryFolder());
  const { metadata, tensors } = readSafetensors(adapter(copy));
  change(tensors);
  writeSafetensors(adapter(copy), tensors, metadata);
  return forgetHash(copy);
}

function forgetHash(runDir: string): string {
  const path = join(runDir, "result.json");
  const { adapterSha256: _, ...result } = JSON.parse(readFileSync(path, "utf8")) as TrainedResult;
  writeFileSync(path, JSON.stringify(result));
  return runDir;
}

/** Flips the highest bit of the last value's mantissa, one of the head's. */
function flipBit(runDir: string): void {
  const bytes = readFileSync(adapter(runDir));
  bytes[bytes.length - 2] ^= 0x40;
  writeFileSync(adapter(runDir), bytes);
}

describe("runs as they were trained", () => {
  test("pass every check, whatever their tasks", async () => {
    const { encoder, passed, runs } = await verified([sst2, cola, stsb, full]);
    expect(passed).toBe(true);
    for (const { checks } of runs)
      expect(Object.values(checks).map(({ outcome, remark }) => [outcome, remark])).toEqual(
        Object.keys(checks).map(() => ["passed", undefined]),
      );
    const values = [...readSafetensors(adapter(cola)).tensors.values()];
    expect(runs[1].bytes).toBe(values.reduce((sum, { data }) => sum + data.byteLength, 0));
    expect(encoder.bytes).toBe(4 * encoder.numWeights);
    expect(runs.map(({ remark }) => remark)).toEqual([
      undefined,
      undefined,
      undefined,
      expect.stringMatching(
        /in a copy of its own: the encoder is untouched, but nothing is shared$/,
      ),
    ]);
  });

  test("need no scores with quick", async () => {
    const { passed, runs } = await verified([sst2, cola], { quick: true });
    expect(passed).toBe(true);
    expect(outcomes(runs[0].checks)).toBe(
      "encoder passed, frozen skipped, file passed, tensors passed, scores skipped, recorded skipped",
    );
  });
});

describe("a damaged file", () => {
  test("is not the one that was scored", async () => {
    const copy = copyRun(sst2, temporaryFolder());
    flipBit(copy);
    const { passed, runs } = await verified([copy, cola], { quick: true });
    expect(passed).toBe(false);
    expect(runs[0].checks.file).toMatchObject({
      outcome: "failed",
      remark: expect.stringMatching(/adapter\.safetensors: SHA-256 \w{64}: expected \w{64}$/),
      hint: expect.stringContaining(`peft rerun ${copy}`),
    });
    expect(outcomes(runs[1].checks)).not.toContain("failed");
  });

  test("without a recorded hash shows in the loss", async () => {
    const copy = forgetHash(copyRun(sst2, temporaryFolder()));
    flipBit(copy);
    const { runs } = await verified([copy]);
    expect(runs[0].checks.file.remark).toBe("its SHA-256 was not recorded");
    expect(outcomes(runs[0].checks)).toContain("scores passed, recorded failed");
    expect(runs[0].checks.recorded.remark).toMatch(/loss [\d.]+ instead of [\d.]+: expected/);
  });

  test("that is cut off cannot be opened", async () => {
    const copy = copyRun(sst2, temporaryFolder());
    truncateSync(adapter(copy), readFileSync(adapter(copy)).length - 1);
    await expect(verified([copy, cola])).rejects.toThrow(/adapter\.safetensors: \S+: bytes /);
  });

  const word = "embeddings.word_embeddings.weight";
  test.each<[string, (tensors: Map<string, FloatTensor>) => void, string]>([
    [
      "lacks a tensor",
      (t) => t.delete("classifier.bias"),
      "classifier.bias: missing: expected shape [2]",
    ],
    [
      "holds another",
      (t) => t.set("x", { shape: [1], data: Float32Array.of(1) }),
      "x: not a parameter of this run",
    ],
    [
      "holds a frozen weight",
      (t) => t.set(word, { shape: [1], data: Float32Array.of(1) }),
      `${word}: a frozen weight of the encoder`,
    ],
    [
      "has another shape",
      (t) => t.set("classifier.bias", { shape: [3], data: new Float32Array(3) }),
      "classifier.bias: shape [3]: expected [2]",
    ],
    [
      "holds NaN",
      (t) => t.get("classifier.bias")!.data.fill(NaN, 1),
      "classifier.bias: 1 of 2 values are not finite numbers",
    ],
  ])("that %s is not asked to answer", async (_, change, fault) => {
    const { runs } = await verified([changed(change), cola]);
    expect(runs[0].checks.tensors).toMatchObject({
      outcome: "failed",
      remark: expect.stringContaining(fault),
    });
    expect(runs[0].checks.scores.outcome).toBe("skipped");
    expect(outcomes(runs[1].checks)).not.toContain("failed");
  });
});

describe("a loss that is off by what rounding does", () => {
  const share = 1e-8;
  function offBy(changes: Partial<TrainedResult>): string {
    const copy = copyRun(sst2, temporaryFolder());
    const path = join(copy, "result.json");
    const result = JSON.parse(readFileSync(path, "utf8")) as TrainedResult;
    const off = (evaluation: Evaluation) => ({
      ...evaluation,
      loss: evaluation.loss * (1 + share),
    });
    const evaluations = result.evaluations.map(off);
    const best = result.best && off(result.best);
    writeFileSync(path, JSON.stringify({ ...result, evaluations, best, ...changes }));
    return copy;
  }

  test.each<[string, Partial<TrainedResult>, string]>([
    ["passes where the file is known to be sound", {}, "passed"],
    ["passes where the engine is another", { adapterSha256: undefined, engine: "x" }, "passed"],
    ["is damage where nothing else would show it", { adapterSha256: undefined }, "failed"],
  ] as [string, Partial<TrainedResult>, string][])("%s", async (_, changes, outcome) => {
    const { recorded } = (await verified([offBy(changes)])).runs[0].checks;
    expect(recorded.outcome).toBe(outcome);
    expect(recorded.remark).toMatch(
      outcome === "passed" ? /loss differs by 1e-8 of it/ : /loss [\d.]+ instead of/,
    );
  });
});

test("a model that writes to the encoder is found, with the weight's name", async () => {
  const name = "encoder.layer.1.output.dense.weight";
  const meddle = ({ encoder, models, runs }: OpenedRuns) => {
    const of = models.of.bind(models);
    vi.spyOn(models, "of").mockImplementation((run, parameters) => {
      if (run === runs[1]) encoder.weights.get(name)!.data[3] += 0.5;
      return of(run, parameters);
    });
  };
  const { passed, runs } = await verified([sst2, cola], { meddle });
  expect(passed).toBe(false);
  expect(runs[1].checks.frozen).toMatchObject({
    outcome: "failed",
    remark: expect.stringContaining(`model.safetensors: ${name}: other bytes`),
  });
  expect(runs[0].checks.scores).toMatchObject({
    outcome: "failed",
    remark: expect.stringContaining("after the other runs were added, loss"),
  });
});

test("runs over different encoders are refused, naming both", async () => {
  const other = copyRun(cola, temporaryFolder());
  const path = join(other, "result.json");
  const result = JSON.parse(readFileSync(path, "utf8")) as TrainedResult;
  writeFileSync(path, JSON.stringify({ ...result, encoderSha256: "ab".repeat(32) }));
  await expect(verified([sst2, other])).rejects.toThrow(
    `SHA-256 ${"ab".repeat(32)}: ${sst2} on one of ${result.encoderSha256}`,
  );
});
