// Parameter counts of Houlsby et al. 2019 by `2L(2md + d + m) + (2L + 1) 2d + (dK + K)`, worked out by hand for K = 2.
import { describe, expect, test } from "vitest";
import { applyMethod, type MethodConfig } from "../../src/methods/methods.ts";
import type { EncoderShape } from "../../src/model/shape.ts";
import { countParameters } from "../../src/train/ledger.ts";
import { bertBase, bertLarge, miniLm } from "../support/shapes.ts";

const count = (shape: EncoderShape, method: MethodConfig, numOutputs = 2) =>
  countParameters(shape, applyMethod(shape, method), { kind: "classification", numOutputs });

/** Size m, adapters, adapters + LayerNorms + head, percent of the whole model and of the encoder layers. */
type Row = [size: number, adapters: number, trained: number, ofModel: number, ofLayers: number];

const base: Row[] = [
  [1, 55_320, 95_258, 0.087, 0.112],
  [2, 92_208, 132_146, 0.121, 0.155],
  [4, 165_984, 205_922, 0.188, 0.242],
  [8, 313_536, 353_474, 0.323, 0.416],
  [16, 608_640, 648_578, 0.592, 0.763],
  [32, 1_198_848, 1_238_786, 1.131, 1.456],
  [64, 2_379_264, 2_419_202, 2.21, 2.844],
  [128, 4_740_096, 4_780_034, 4.366, 5.62],
  [256, 9_461_760, 9_501_698, 8.679, 11.171],
  [512, 18_905_088, 18_945_026, 17.304, 22.274],
];
const large: Row[] = [
  [1, 147_504, 249_906, 0.075, 0.083],
  [2, 245_856, 348_258, 0.104, 0.115],
  [4, 442_560, 544_962, 0.163, 0.18],
  [8, 835_968, 938_370, 0.28, 0.31],
  [16, 1_622_784, 1_725_186, 0.515, 0.571],
  [32, 3_196_416, 3_298_818, 0.984, 1.091],
  [64, 6_343_680, 6_446_082, 1.923, 2.132],
  [128, 12_638_208, 12_740_610, 3.802, 4.214],
  [256, 25_227_264, 25_329_666, 7.558, 8.379],
  [512, 50_405_376, 50_507_778, 15.071, 16.707],
];

describe.each<[string, EncoderShape, Row[]]>([
  ["BERT-base", bertBase, base],
  ["BERT-large", bertLarge, large],
])("adapters on %s", (_, shape, rows) => {
  test.each(rows)("size %i", (size, adapters, trained, ofModel, ofLayers) => {
    const ledger = count(shape, { name: "houlsby", size, initStd: 0.01 });
    expect(ledger).toMatchObject({ adapters, trained, encoder: 0 });
    expect(ledger.percentOfWholeModel.toFixed(3)).toBe(ofModel.toFixed(3));
    expect(ledger.percentOfEncoderLayers.toFixed(3)).toBe(ofLayers.toFixed(3));
  });
});

describe("countParameters", () => {
  test.each<[string, EncoderShape, object]>([
    ["BERT-base", bertBase, { wholeModel: 109_482_240, encoderLayers: 12 * 7_087_872 }],
    ["BERT-large", bertLarge, { wholeModel: 335_141_888, encoderLayers: 24 * 12_596_224 }],
  ])("knows the size of %s, all of which full fine-tuning trains", (_, shape, sizes) => {
    const ledger = count(shape, { name: "full" });
    expect(ledger).toMatchObject({ ...sizes, adapters: 0, frozen: 0 });
    expect(ledger.layerNorm + ledger.encoder).toBe(ledger.wholeModel);
    expect(ledger.trained).toBe(ledger.wholeModel + ledger.head);
  });

  test.each([
    ["BERT-base", bertBase, 38_400, 1538],
    ["BERT-large", bertLarge, 100_352, 2050],
  ])("layernorm on %s", (_, shape, layerNorm, head) => {
    const ledger = count(shape, { name: "layernorm" });
    expect(ledger).toMatchObject({ layerNorm, head, adapters: 0, encoder: 0 });
    expect(ledger.trained).toBe(layerNorm + head);
    expect(ledger.frozen).toBe(ledger.wholeModel - layerNorm);
  });

  test("head and top-layers on BERT-base with three classes", () => {
    expect(count(bertBase, { name: "head" }, 3)).toMatchObject({ trained: 2307, head: 2307 });
    // Two layers and the pooler; the embeddings' LayerNorm stays frozen.
    const { trained, layerNorm } = count(bertBase, { name: "top-layers", layers: 2 }, 3);
    expect(trained).toBe(2 * 7_087_872 + 590_592 + 2307);
    expect(layerNorm).toBe(2 * 2 * 2 * 768);
  });

  test("size 64 on MiniLM", () => {
    expect(count(miniLm, { name: "houlsby", size: 64, initStd: 0.01 }).trained).toBe(605_954);
  });
});
