// Picks the smallest setting that is good enough, or the best that is small enough, with the rows that prove it.
import { UserError } from "../errors.ts";
import { baselines } from "./baseline.ts";
import { groupBy } from "./group.ts";
import type { Row } from "./row.ts";
import { nameOf, percent } from "./sheets.ts";

/** What a trained parameter count is a percentage of. */
export const denominators = {
  model: "percentOfWholeModel",
  layers: "percentOfEncoderLayers",
} as const;
export type Denominator = keyof typeof denominators;

/** Most trained parameters: as many, or so many percent. */
export type Budget = { count: number } | { percent: number; of: Denominator };

/** At least one of the two is given. */
export interface Rule {
  /** How far below the reference the mean may lie, as a fraction of the metric's scale: 0.01 is one point. */
  within?: number;
  budget?: Budget;
}

/** The setting picked for one task and encoder. */
export interface Pick {
  row: Row;
  /** Full fine-tuning, or the best row where that was not run. */
  reference: Row;
  /** The next smaller setting, which misses the tolerance; undefined where there is none, or no tolerance was asked for. */
  smaller: Row | undefined;
  /** The next larger setting, which is over the budget; undefined where there is none, or no budget was asked for. */
  larger: Row | undefined;
}

/** No setting of a task meets the rule. */
export interface Miss {
  /** Task and encoder. */
  place: string;
  /** What comes nearest, as a sentence. */
  nearest: string;
}

/**
 * Applies the rule to every task and encoder. With a tolerance the setting with the fewest trained parameters wins, without one
 * that with the highest mean. Full fine-tuning itself is never picked.
 */
export function pickRows(rows: readonly Row[], rule: Rule): { picks: Pick[]; misses: Miss[] } {
  const picks: Pick[] = [];
  const misses: Miss[] = [];
  const place = ({ encoder, metric, split, task }: Row) =>
    `${task}, ${encoder}: ${metric} on ${split}`;
  for (const [where, members] of groupBy(rows, place)) {
    const result = pickOne(members.filter(isUsable), rule);
    if (typeof result === "string") misses.push({ place: where, nearest: result });
    else picks.push(result);
  }
  return { picks, misses };
}

/** Reads `1%`, `1` or `0.5 %` as points of the metric. Throws UserError. */
export function parseWithin(text: string): number {
  const points = parseNumber(text.replace(/\s*%\s*$/, ""));
  if (points !== undefined && points <= 100) return points / 100;
  throw new UserError(`--within ${text}: expected points of the metric, such as 1%`);
}

/** Reads `0.5%`, or a number of parameters such as `600000`, `600k` or `2.4M`. Throws UserError. */
export function parseBudget(text: string, of: Denominator): Budget {
  const [, digits = "", unit = ""] = /^(.*?)\s*(%|[kKmM])?\s*$/.exec(text) ?? [];
  const number = parseNumber(digits);
  const factors: Record<string, number> = { "": 1, k: 1e3, m: 1e6 };
  if (number !== undefined && number > 0) {
    if (unit === "%") return { percent: number, of };
    const count = number * factors[unit.toLowerCase()];
    // A bare 0.5 is half a parameter, which nobody means.
    if (count >= 1) return { count };
  }
  throw new UserError(
    `--budget ${text}: expected a share such as 0.5%, or a number of parameters such as 600k`,
  );
}

function parseNumber(text: string): number | undefined {
  return /^\s*(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : undefined;
}

function isUsable({ parameters, score }: Row): boolean {
  return parameters !== null && score.mean !== null;
}

/** All members have a mean and a parameter count. A sentence where nothing meets the rule. */
function pickOne(members: readonly Row[], rule: Rule): Pick | string {
  if (members.length === 0) return "no setting has a run that ended well";
  const bySize = members.toSorted((a, b) => trained(a) - trained(b) || mean(b) - mean(a));
  const best = bySize.reduce((leader, row) => (mean(row) > mean(leader) ? row : leader));
  const full = fullOf(members, best);
  const reference = full ?? best;
  const eligible = bySize.filter(({ method }) => method !== "full");
  if (eligible.length === 0) return "there is nothing but full fine-tuning";
  const affordable = eligible.filter((row) => isAffordable(row, rule.budget));
  const good = affordable.filter((row) => isGood(row, reference, rule.within));
  const row = rule.within === undefined ? highest(good) : good.at(0);
  if (row === undefined) return nearestMiss(eligible, affordable, reference, rule);
  const smaller = eligible.findLast(
    (other) => trained(other) < trained(row) && !isGood(other, reference, rule.within),
  );
  const larger = eligible.find((other) => !isAffordable(other, rule.budget));
  return { row, reference, smaller, larger };
}

/** The full fine-tuning row; of several variants the best. */
function fullOf(members: readonly Row[], like: Row): Row | undefined {
  return baselines(members)(like) ?? highest(members.filter(({ method }) => method === "full"));
}

function isGood(row: Row, reference: Row, within: number | undefined): boolean {
  const rounding = 1e-12; // 0.89 - 0.01 is a little more than 0.88
  return within === undefined || mean(row) >= mean(reference) - within - rounding;
}

function isAffordable({ parameters }: Row, budget: Budget | undefined): boolean {
  if (budget === undefined) return true;
  if (parameters === null) return false;
  return "count" in budget
    ? parameters.trained <= budget.count
    : parameters[denominators[budget.of]] <= budget.percent;
}

function nearestMiss(
  eligible: readonly Row[],
  affordable: readonly Row[],
  reference: Row,
  { within }: Rule,
): string {
  if (affordable.length === 0)
    return `over the budget: the smallest is ${nameOf(eligible[0])}, ${countOf(eligible[0])}`;
  const best = highest(affordable)!; // not empty
  const below = `${percent(mean(reference) - mean(best))} points below ${nameOf(reference)} (${percent(mean(reference))})`;
  const good = eligible.find((row) => isGood(row, reference, within));
  const costly = good
    ? `; ${nameOf(good)} is close enough, but over the budget: ${countOf(good)}`
    : "";
  return `the nearest is ${nameOf(best)}, ${percent(mean(best))}, ${below}${costly}`;
}

/** The row with the highest mean; of equal ones the first. */
function highest(rows: readonly Row[]): Row | undefined {
  return rows.toSorted((a, b) => mean(b) - mean(a)).at(0);
}

function countOf({ parameters }: Row): string {
  const { percentOfEncoderLayers, percentOfWholeModel, trained: number } = parameters!; // usable rows have them
  const shares = `${percentOfWholeModel.toPrecision(3)} % of the model, ${percentOfEncoderLayers.toPrecision(3)} % of its layers`;
  return `${number.toLocaleString("en-US")} parameters (${shares})`;
}

function trained({ parameters }: Row): number {
  return parameters?.trained ?? Infinity;
}

function mean({ score }: Row): number {
  return score.mean ?? -Infinity;
}

/** The pick as a sentence per row: what was picked, what it is measured by, and what failed the rule. */
export function describePick({
  larger,
  reference,
  row,
  smaller,
}: Pick): [label: string, text: string][] {
  const score = (one: Row) =>
    `${percent(mean(one))}${one.score.sem === null ? "" : ` ± ${percent(one.score.sem)}`} over ${one.seeds.length} ${one.seeds.length === 1 ? "seed" : "seeds"}`;
  const line = (one: Row) => `${nameOf(one)}: ${score(one)}, ${countOf(one)}`;
  const away = (one: Row) => {
    const points = percent(Math.abs(mean(one) - mean(reference)));
    return `${points} points ${mean(one) < mean(reference) ? "below" : "above"} the reference`;
  };
  const isFull = reference.method === "full";
  return [
    ["picked", `${line(row)}, ${away(row)}`],
    [
      "settings",
      `learningRate ${row.learningRate}, epochs ${row.epochs}, batchSize ${row.batchSize}`,
    ],
    [
      "reference",
      `${line(reference)}${isFull ? "" : "; the best row, for full fine-tuning was not run"}`,
    ],
    ...(smaller
      ? [["next smaller", `${line(smaller)}, ${away(smaller)}: too far`] as [string, string]]
      : []),
    ...(larger ? [["next larger", `${line(larger)}: over the budget`] as [string, string]] : []),
  ];
}
