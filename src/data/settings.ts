// The `task:` section of an experiment: one of the benchmarks by name, or the user's own files. Every key, its unit, its range and
// its default.
import { z } from "zod";
import { type GlueName, layouts } from "./glue-layouts.ts";
import { labelFaults, labelsSetting, leaveOutSetting } from "./own/label-settings.ts";

/** The GLUE tasks and the one that comes with the program. */
const textTaskNames = [...(Object.keys(layouts) as GlueName[]), "spam"] as const;

const benchmarkNames: readonly string[] = [...textTaskNames, "squad", "squad2"];

/** Longest input of classification and regression, in tokens with the special ones; what is longer is cut. */
const maxLength = z.int().min(4).default(128);

/** Not needed: benchmarks are known by their names. */
const benchmark = z.literal("benchmark").optional();

const textTask = z.strictObject({
  kind: benchmark,
  /** Which task to learn; `peft tasks` lists them. */
  name: z.enum(textTaskNames),
  maxLength,
});

const spanSettings = {
  /** Longest window in tokens: special ones, question and as much of the context as fits. BERT's 384 (run_squad.py). */
  maxLength: z.int().min(8).default(384),
  /** Tokens of the context that a window shares with the one before it, as in Hugging Face's tokenizers. */
  stride: z.int().min(0).default(128),
  /** Questions are cut to this many tokens (run_squad.py). */
  maxQuestionLength: z.int().min(1).default(64),
  /** Longest answer that is considered, in tokens (run_squad.py). */
  maxAnswerLength: z.int().min(1).default(30),
  /** Spans of each window that are considered, the best ones by their logits (run_squad.py). */
  nBest: z.int().min(1).default(20),
  /** File to train on; by default SQuAD's own name for it in the data folder. */
  train: z.string().min(1).optional(),
  /** File to evaluate on; likewise. */
  dev: z.string().min(1).optional(),
  /** What becomes of a training question whose answer does not stand where the file says. */
  misplacedAnswers: z.enum(["skip", "error"]).default("skip"),
};

const SHORTEST_QUESTION = 4; // tokens of a window that are not its context's: a question of one, [CLS], [SEP] and [SEP]

/** Refuses windows that share so much that none of them gets on; questions that are longer leave less still. */
function checkStride(
  { maxLength: length, stride }: { maxLength: number; stride: number },
  context: z.RefinementCtx,
): void {
  const room = length - SHORTEST_QUESTION;
  if (stride < room) return;
  const why = `windows of ${length} tokens that share ${stride} do not get on`;
  context.addIssue({ code: "custom", path: ["stride"], message: `expected below ${room}: ${why}` });
}

const squad = z
  .strictObject({ kind: benchmark, name: z.literal("squad"), ...spanSettings })
  .superRefine(checkStride);

const squad2 = z
  .strictObject({
    kind: benchmark,
    name: z.literal("squad2"),
    ...spanSettings,
    /** A question counts as unanswerable where the score of no answer exceeds that of the best span by more than this. */
    nullThreshold: z.number().default(0),
  })
  .superRefine(checkStride);

const ownSettings = z.strictObject({
  /** What to learn: classes of a text or a pair of texts, or scores. `pair` is classification that insists on two texts. */
  kind: z.enum(["classification", "pair", "regression"]),
  /** What tables and run folders call the task. */
  name: z
    .string()
    .refine((name) => /^[A-Za-z0-9][\w.-]*$/.test(name), "expected letters, digits, _, . and -")
    .refine((name) => !benchmarkNames.includes(name), "expected another name than a benchmark's")
    .default("own-data"),
  /** TSV, CSV or JSONL (`.jsonl`, `.ndjson`), also compressed (`.gz`). */
  train: z.string().min(1),
  /** File to evaluate on; without it, a share of the training file that the seed decides. */
  dev: z.string().min(1).optional(),
  /** Share of the training file that is evaluated on where there is no `dev`; of each class alike. */
  devShare: z.number().gt(0).lt(1).default(0.1),
  /** Column of the text. */
  text: z.string().min(1),
  /** Column of the second text. */
  textPair: z.string().min(1).optional(),
  /** Column of the class or score. */
  label: z.string().min(1),
  /** The classes in order, each by its label or as `name: labels` where several are one class; by default those of `train`. */
  labels: labelsSetting.optional(),
  /** Labels whose rows are left out. */
  leaveOut: leaveOutSetting.optional(),
  maxLength,
});

/** What the keys say together. */
const own = ownSettings.superRefine((settings, context) => {
  const refuse = (key: keyof typeof settings, message: string) =>
    context.addIssue({ code: "custom", path: [key], message });
  const { kind, label, labels, text, textPair } = settings;
  if (kind === "pair" && textPair === undefined)
    refuse("textPair", "missing: expected the column of the second text, which kind: pair needs");
  if (textPair === text) refuse("textPair", "expected another column than that of task.text");
  if (label === text || label === textPair)
    refuse("label", `expected another column than that of task.${label === text ? "text" : "textPair"}`); // prettier-ignore
  if (kind === "regression" && labels !== undefined)
    refuse("labels", "expected only for classes; scores have none");
  for (const [key, message] of labelFaults(settings)) refuse(key, message);
});

/** The `task:` section. */
export const TaskSettings = z.discriminatedUnion("kind", [
  z.discriminatedUnion("name", [textTask, squad, squad2]),
  own,
]);

export type TaskSettings = z.infer<typeof TaskSettings>;

/** The section of a task of finding answers in texts. */
export const SpanSettings = z.discriminatedUnion("name", [squad, squad2]);
export type SpanSettings = z.infer<typeof SpanSettings>;

/** The section of a task in the user's own files. */
export type OwnSettings = z.infer<typeof own>;

/** Whether the task is to find answers in texts. */
export function isSpan(settings: TaskSettings): settings is SpanSettings {
  return "stride" in settings;
}

/** Whether the task is in the user's own files. */
export function isOwn(settings: TaskSettings): settings is OwnSettings {
  return "label" in settings;
}
