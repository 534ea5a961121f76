// The axes of the command line: what the lists mean, and the words for rubbish in them.
import { describe, expect, test } from "vitest";
import { type AxisOptions, parseAxisFlags } from "../../src/config/axes.ts";
import { UserError } from "../../src/errors.ts";

/** The message and the hint that the flags are refused with. */
function refusal(options: AxisOptions): { message: string; hint: string | undefined } {
  try {
    parseAxisFlags(options);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("expected a UserError");
}

describe("parseAxisFlags", () => {
  test("reads numbers and names, in one order whatever that of the options", () => {
    expect(parseAxisFlags({ lrs: "3e-4,.001", sizes: "8, 64 ,256", tasks: "mrpc,sst2" })).toEqual([
      { flag: "--tasks mrpc,sst2", key: "task.name", values: ["mrpc", "sst2"] },
      { flag: "--sizes 8, 64 ,256", key: "method.size", values: [8, 64, 256] },
      { flag: "--lrs 3e-4,.001", key: "training.learningRate", values: [3e-4, 1e-3] },
    ]);
    expect(parseAxisFlags({ methods: "full", layers: "1", epochs: "0.5" })).toMatchObject([
      { key: "method.name", values: ["full"] },
      { key: "method.layers", values: [1] },
      { key: "training.epochs", values: [0.5] },
    ]);
    expect(parseAxisFlags({})).toEqual([]);
  });

  test.each([
    ["3", [0, 1, 2]],
    [" 1 ", [0]],
    ["0,1,2", [0, 1, 2]],
    ["7,3", [7, 3]],
  ])("--seeds %j: one number counts seeds, several are the seeds", (seeds, values) => {
    expect(parseAxisFlags({ seeds })).toMatchObject([{ key: "seed", values }]);
  });

  // What is written as a number and is none for a size, such as 0 or -3, is the schema's to refuse; sweep.test.ts has it.
  test.each([
    ["8,,64", "item 2 is empty: "],
    [",8", "item 1 is empty: "],
    ["8,64,", "item 3 is empty: "],
    ["8,x", '"x": '],
    ["8 64", '"8 64": '],
    ["0x10", '"0x10": '],
    ["8;64", '"8;64": '],
    ["1_000", '"1_000": '],
    ["NaN", '"NaN": '],
    ["", ""],
    ["  ", ""],
  ])("--sizes %j is refused, with the item and an example", (sizes, item) => {
    expect(refusal({ sizes }).message).toBe(
      `--sizes ${sizes}: ${item}expected numbers with commas between, such as 8,64,256`,
    );
  });

  test.each(["0", "-1", "1.5", "x", "10001", "1e9"])(
    "--seeds %s is no number of seeds",
    (seeds) => {
      expect(refusal({ seeds }).message).toBe(
        `--seeds ${seeds}: expected a number of seeds from 1 to 10,000, or a list such as 0,1,2`,
      );
    },
  );

  test("--seeds 3, could be one seed or three; the hint is one", () => {
    expect(refusal({ seeds: "3," })).toMatchObject({
      message: expect.stringMatching(/^--seeds 3,: item 2 is empty/),
      hint: "for one seed: --set seed=3",
    });
  });

  test("every flag with rubbish is named", () => {
    expect(refusal({ sizes: "8,x", methods: "full,", lrs: "1e-3" }).message.split("\n")).toEqual([
      "2 problems",
      "  --methods full,: item 2 is empty: expected names with commas between, such as houlsby,full",
      '  --sizes 8,x: "x": expected numbers with commas between, such as 8,64,256',
    ]);
  });
});
