// The keys of the `task:` section about labels: the classes, their order and what each is made of, and rows to leave out.
// config/written.ts sees to it that labels of a YAML file arrive as they are written there.
import { z } from "zod";
import { cite } from "../../cite.ts";
import { cleanLabel } from "./spelling.ts";

/** More is a column of numbers or texts rather than of classes. */
export const MAX_CLASSES = 1000;

const label = z
  .union([z.string(), z.number(), z.boolean()])
  .transform((word) => cleanLabel(`${word}`))
  .refine((word) => word !== "", "expected a label that is not blank")
  .describe("a label");

/** A list of labels; one may stand by itself. */
const labelList = z
  .preprocess(
    (value) => (Array.isArray(value) || typeof value === "object" ? value : [value]),
    z.array(label).min(1),
  )
  .describe("a label or a list of at least one");

/** A class of rows with any of several labels. */
const mergedClass = z.strictObject({ name: label, from: labelList });

/** `{yes: [Y, Yes], no: N}` as a list, which keeps its order whatever the keys are. */
function listOfClasses(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.entries(value).map(([name, from]) => ({ name, from: from as unknown }));
}

/** The classes in order, each by its label or made of several. */
export const labelsSetting = z
  .preprocess(
    listOfClasses,
    z
      .array(
        z
          .union([label, mergedClass])
          .transform((item) =>
            typeof item !== "string" && item.from.length === 1 && item.from[0] === item.name
              ? item.name
              : item,
          )
          .describe("a label, or a map with name and from"),
      )
      .min(2)
      .max(MAX_CLASSES),
  )
  .describe(`a list of 2 to ${MAX_CLASSES} labels, or a map such as {yes: [Y, Yes], no: [N, No]}`);

/** Labels whose rows are neither trained nor evaluated on. */
export const leaveOutSetting = labelList;

/** What a config says of labels. */
export interface LabelSettings {
  labels?: z.infer<typeof labelsSetting> | undefined;
  leaveOut?: string[] | undefined;
}

/** A class, and the labels of the files that are read as it. */
export interface ClassSetting {
  name: string;
  from: readonly string[];
}

/** The classes that the config lists, in order; undefined where it leaves them to the files. */
export function listedClasses({ labels }: LabelSettings): ClassSetting[] | undefined {
  return labels?.map((item) => (typeof item === "string" ? { name: item, from: [item] } : item));
}

/** What is wrong with the two keys together, each with the key to blame. */
export function labelFaults(settings: LabelSettings): [keyof LabelSettings, string][] {
  const classes = listedClasses(settings) ?? [];
  const { leaveOut = [] } = settings;
  const faults: [keyof LabelSettings, string][] = [];
  const name = firstTwice(classes.map((item) => item.name));
  const member = firstTwice(classes.flatMap(({ from }) => from));
  if (name !== undefined)
    faults.push(["labels", `expected each class once, found ${cite(name)} twice`]);
  else if (member !== undefined)
    faults.push(["labels", `expected each label in one class, found ${cite(member)} twice`]);
  const out = firstTwice(leaveOut);
  if (out !== undefined)
    faults.push(["leaveOut", `expected each label once, found ${cite(out)} twice`]);
  const used = new Set(classes.flatMap((item) => [item.name, ...item.from]));
  const both = leaveOut.find((word) => used.has(word));
  if (both !== undefined)
    faults.push([
      "leaveOut",
      `expected other labels than those of task.labels, found ${cite(both)}`,
    ]);
  return faults;
}

function firstTwice(words: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return words.find((word) => seen.size === seen.add(word).size);
}
