import { describe, expect, test } from "vitest";
import { encoderDropoutSites } from "../../src/model/bert.ts";
import { sizeOf } from "../../src/model/shape.ts";
import { dropoutMasks } from "../../src/train/dropout.ts";
import { bertBase } from "../support/shapes.ts";

const shape = { ...bertBase, numLayers: 2, hiddenDropout: 0.1, attentionDropout: 0.3 };
const sites = encoderDropoutSites(shape, "first");
const batch = { numExamples: 4, length: 16 };
const masks = (step: number, piece = 0, seed = 1) =>
  dropoutMasks(sites, batch, { seed, step, piece });
const last = "encoder.layer.1";

describe("dropoutMasks", () => {
  test("has a mask of the right shape for every site", () => {
    const shapes = Object.entries(masks(0)).map(([name, mask]) => [name, mask.shape]);
    expect(Object.fromEntries(shapes)).toEqual({
      embeddings: [64, 768],
      "encoder.layer.0.attention.self": [4, 12, 16, 16],
      "encoder.layer.0.attention.output": [64, 768],
      "encoder.layer.0.output": [64, 768],
      // The last layer computes the first token only.
      [`${last}.attention.self`]: [4, 12, 1, 16],
      [`${last}.attention.output`]: [4, 768],
      [`${last}.output`]: [4, 768],
    });
    for (const mask of Object.values(masks(0))) expect(mask.data.length).toBe(sizeOf(mask.shape));
  });

  test("drops at the site's rate and scales what is kept", () => {
    for (const [name, { data }] of Object.entries(masks(3))) {
      const rate = name.endsWith("self") ? 0.3 : 0.1;
      const kept = Math.fround(1 / (1 - rate));
      expect(
        Array.from(new Set(data)).toSorted((a, b) => a - b),
        name,
      ).toEqual([0, kept]);
      const dropped = data.filter((value) => value === 0).length;
      const sigma = Math.sqrt(data.length * rate * (1 - rate));
      expect(Math.abs(dropped - data.length * rate), name).toBeLessThan(3 * sigma);
    }
  });

  test("depends on seed, step and piece, and on nothing else", () => {
    expect(masks(5)).toEqual(masks(5));
    const drawn = [masks(5), masks(6), masks(5, 1), masks(5, 0, 2)];
    const distinct = new Set(drawn.map((mask) => mask.embeddings.data.join("")));
    expect(distinct.size).toBe(drawn.length);
  });

  test("differs from site to site", () => {
    const { data: first } = masks(5).embeddings;
    const { data: second } = masks(5)["encoder.layer.0.output"];
    const both = first.filter((value, i) => value === 0 && second[i] === 0).length;
    // Independent masks drop 1 in 100 values both times; 5 sigma is room for windows that share draws.
    expect(Math.abs(both / first.length - 0.01)).toBeLessThan(5 * Math.sqrt(0.0099 / first.length));
  });

  test("has no mask where nothing is dropped", () => {
    const { attentionDropout } = { attentionDropout: 0 };
    const names = [...encoderDropoutSites({ ...shape, attentionDropout }, "all").keys()];
    expect(names).not.toContain("encoder.layer.0.attention.self");
    expect(names).toHaveLength(5);
  });
});
