// The axes that the command line gives a sweep: `--sizes 8,64,256` and its like. Here is the writing of lists only; whether 0 is
// a size is the schema's to say, and it names the flag.
import { listProblems, UserError } from "../errors.ts";

/** An axis from the command line. */
export interface AxisFlag {
  /** As typed, such as `--sizes 8,64`. */
  flag: string;
  /** The config key it sets, such as `method.size`. */
  key: string;
  values: readonly (number | string)[];
}

/** The values of the flags as commander returns them. */
export interface AxisOptions {
  tasks?: string;
  methods?: string;
  sizes?: string;
  layers?: string;
  lrs?: string;
  epochs?: string;
  seeds?: string;
}

/** Flag by flag: the key it sets, and an example for messages. In this order they multiply, the first varying slowest. */
export const axisFlags = {
  tasks: { key: "task.name", example: "mrpc,sst2", isText: true },
  methods: { key: "method.name", example: "houlsby,full", isText: true },
  sizes: { key: "method.size", example: "8,64,256", isText: false },
  layers: { key: "method.layers", example: "1,2,3", isText: false },
  lrs: { key: "training.learningRate", example: "3e-4,1e-3", isText: false },
  epochs: { key: "training.epochs", example: "3,20", isText: false },
  seeds: { key: "seed", example: "0,1,2", isText: false },
} as const satisfies Record<keyof AxisOptions, { key: string; example: string; isText: boolean }>;

type FlagName = keyof typeof axisFlags;

/** More seeds than any sweep may have cells are a slip of the hand. */
const MAX_SEEDS = 10_000;

/**
 * Reads the flags: items between commas, spaces tolerated. `--seeds 5` is the five seeds 0 to 4, `--seeds 0,1,2` exactly these;
 * `--seeds 3,` could be meant as either, and is refused.
 * Throws UserError naming every flag with rubbish in it, and the item.
 */
export function parseAxisFlags(options: AxisOptions): AxisFlag[] {
  const problems: string[] = [];
  const flags = (Object.keys(axisFlags) as FlagName[]).flatMap((name) => {
    const text = options[name];
    if (text === undefined) return [];
    const flag = `--${name} ${text}`;
    const values = name === "seeds" && isCount(text) ? seedsBelow(text) : readList(name, text);
    if (typeof values !== "string") return [{ flag, key: axisFlags[name].key, values }];
    problems.push(`${flag}: ${values}`);
    return [];
  });
  if (problems.length === 0) return flags;
  const one = options.seeds === undefined ? null : /^\s*(\d+)\s*,\s*$/.exec(options.seeds);
  throw new UserError(
    listProblems(problems),
    one ? { hint: `for one seed: --set seed=${one[1]}` } : {},
  );
}

function isCount(text: string): boolean {
  return /^\s*[^,\s]+\s*$/.test(text);
}

function seedsBelow(text: string): number[] | string {
  const count = readNumber(text.trim());
  if (count === undefined || !Number.isInteger(count) || count < 1 || count > MAX_SEEDS)
    return `expected a number of seeds from 1 to ${MAX_SEEDS.toLocaleString("en-US")}, or a list such as ${axisFlags.seeds.example}`;
  return Array.from({ length: count }, (_, seed) => seed);
}

/** The items, or what is wrong with the first bad one. */
function readList(name: FlagName, text: string): (number | string)[] | string {
  const { example, isText } = axisFlags[name];
  const expected = `expected ${isText ? "names" : "numbers"} with commas between, such as ${example}`;
  const values: (number | string)[] = [];
  for (const [i, item] of text
    .split(",")
    .map((word) => word.trim())
    .entries()) {
    if (item === "") return text.trim() === "" ? expected : `item ${i + 1} is empty: ${expected}`;
    const value = isText ? item : readNumber(item);
    if (value === undefined) return `${JSON.stringify(item)}: ${expected}`;
    values.push(value);
  }
  return values;
}

/** Decimal numbers only: `Number` alone would take `0x10` and nothing at all for numbers. */
function readNumber(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
