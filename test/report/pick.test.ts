// Which setting a rule picks, which rows prove it, and what is said where nothing meets it.
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/errors.ts";
import {
  describePick,
  parseBudget,
  parseWithin,
  pickRows,
  type Rule,
} from "../../src/report/pick.ts";
import { tabulate } from "../../src/report/rows.ts";
import { type Changes, failedResult, runsOf, trainedResult } from "../support/records.ts";

/** BERT-base with adapters of these sizes; trained percents of the model: 8 0.32, 64 2.2, 256 8.7. */
const adapters = { 8: 0.8, 64: 0.871, 256: 0.88 };

function rowsOf(scores: Partial<Record<number, number>>, others: Changes[] = []) {
  const sizes = Object.entries(scores).map(([size, score]) =>
    trainedResult({ method: { name: "houlsby", size: Number(size) }, score: score! }),
  );
  return tabulate(runsOf([...sizes, ...others.map((change) => trainedResult(change))])).rows;
}

const full: Changes = { method: { name: "full" }, score: 0.881 };

function pickOne(rule: Rule, rows = rowsOf(adapters, [full])) {
  const { misses, picks } = pickRows(rows, rule);
  expect(misses).toEqual([]);
  expect(picks).toHaveLength(1);
  return picks[0];
}

describe("a tolerance", () => {
  test("the fewest parameters within it, and the next smaller setting that is not", () => {
    const { larger, reference, row, smaller } = pickOne({ within: 0.01 });
    expect([row.size, reference.method, smaller?.size, larger]).toEqual([64, "full", 8, undefined]);
  });

  test.each([
    [0.001, 256],
    [0.0009, undefined],
    [0.01, 64], // exactly one point below: 0.881 - 0.871 is more than 0.01 in floating point
    [0.081, 8],
  ])("of %d", (within, size) => {
    const { picks } = pickRows(rowsOf(adapters, [full]), { within });
    expect(picks[0]?.row.size).toBe(size);
  });

  test("full fine-tuning is never the answer to itself", () => {
    const { misses, picks } = pickRows(rowsOf({ 8: 0.8 }, [full]), { within: 0.01 });
    expect(picks).toEqual([]);
    expect(misses).toEqual([
      {
        place: "mrpc, bert-base-uncased: f1 on dev",
        nearest: "the nearest is houlsby 8, 80.0, 8.1 points below full (88.1)",
      },
    ]);
  });

  test("the best row stands in for full fine-tuning, and it is said", () => {
    const pick = pickOne({ within: 0.01 }, rowsOf(adapters));
    expect([pick.row.size, pick.reference.size]).toEqual([64, 256]);
    const [, , [label, text]] = describePick(pick);
    expect([label, text]).toEqual([
      "reference",
      expect.stringMatching(/^houlsby 256: .*; the best row, for full fine-tuning was not run$/),
    ]);
  });

  test("other methods compete by their parameters", () => {
    const layernorm: Changes = { method: { name: "layernorm" }, score: 0.875 };
    const { row } = pickOne({ within: 0.01 }, rowsOf(adapters, [full, layernorm]));
    expect(row.method).toBe("layernorm");
  });
});

describe("a budget", () => {
  test.each([
    [{ percent: 3, of: "model" }, 64],
    [{ percent: 2.5, of: "layers" }, 8], // size 64 is 2.2 % of the model, 2.8 % of its layers
    [{ count: 2_419_202 }, 64],
    [{ count: 2_419_201 }, 8],
  ] as const)("of %j", (budget, size) => {
    expect(pickOne({ budget }).row.size).toBe(size);
  });

  test("the highest mean wins, and the next larger setting is named", () => {
    const { larger, row, smaller } = pickOne({ budget: { percent: 3, of: "model" } });
    expect([row.size, larger?.size, smaller]).toEqual([64, 256, undefined]);
    const worse = rowsOf({ 8: 0.86, 64: 0.85 }, [full]);
    expect(pickOne({ budget: { percent: 3, of: "model" } }, worse).row.size).toBe(8);
  });

  test("nothing is small enough", () => {
    const { misses } = pickRows(rowsOf(adapters, [full]), { budget: { count: 1000 } });
    expect(misses[0].nearest).toBe(
      "over the budget: the smallest is houlsby 8, 353,474 parameters (0.323 % of the model, 0.416 % of its layers)",
    );
  });
});

describe("both", () => {
  test("the fewest parameters that meet both", () => {
    expect(pickOne({ within: 0.02, budget: { percent: 10, of: "model" } }).row.size).toBe(64);
  });

  test("what would be good enough is over the budget", () => {
    const { misses } = pickRows(rowsOf(adapters, [full]), {
      within: 0.01,
      budget: { percent: 1, of: "model" },
    });
    expect(misses[0].nearest).toMatch(
      /^the nearest is houlsby 8, 80.0, 8.1 points below full \(88.1\); houlsby 64 is close enough, but over the budget: 2,419,202 /,
    );
  });
});

test("rows without a score are not picked", () => {
  const { rows } = tabulate(runsOf([failedResult({ method: { name: "houlsby", size: 1 } })]));
  expect(pickRows(rows, { within: 0.01 }).misses[0].nearest).toBe(
    "no setting has a run that ended well",
  );
  expect(pickRows(rowsOf({}, [full]), { within: 0.01 }).misses[0].nearest).toBe(
    "there is nothing but full fine-tuning",
  );
});

test("every task has its own pick", () => {
  const cola = { task: "cola" } as const;
  const rows = rowsOf(adapters, [full, { ...cola, score: 0.6 }, { ...cola, ...full, score: 0.7 }]);
  const { misses, picks } = pickRows(rows, { within: 0.01 });
  expect(picks.map(({ row }) => row.task)).toEqual(["mrpc"]);
  expect(misses.map(({ place }) => place)).toEqual(["cola, bert-base-uncased: matthews on dev"]);
});

describe("what the command line says", () => {
  test.each([
    ["1%", 0.01],
    ["1", 0.01],
    ["0.5 %", 0.005],
    ["0", 0],
    [".5%", 0.005],
  ])("--within %s", (text, expected) => {
    expect(parseWithin(text)).toBeCloseTo(expected, 15);
  });

  test.each(["", "%", "-1%", "one", "1%%", "0x10", "NaN", "Infinity", "101%", "1,5%"])(
    "--within %j is refused",
    (text) => {
      expect(() => parseWithin(text)).toThrow(UserError);
    },
  );

  test.each([
    ["0.5%", { percent: 0.5, of: "model" }],
    ["600k", { count: 600_000 }],
    ["2.4M", { count: 2_400_000 }],
    ["1e6", { count: 1_000_000 }],
    ["600000", { count: 600_000 }],
  ])("--budget %s", (text, expected) => {
    expect(parseBudget(text, "model")).toEqual(expected);
  });

  test.each(["", "%", "0%", "0", "0.5", "-5%", "5kk", "5 apples", "k", "NaN%"])(
    "--budget %j is refused",
    (text) => {
      expect(() => parseBudget(text, "model")).toThrow(UserError);
    },
  );
});
