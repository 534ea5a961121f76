// The `task:` section of an experiment: one of the benchmarks by name, or the user's own files. Every key, its unit, its range and
// its default.
import { z } from "zod";

/** The GLUE tasks and the one that comes with the program. */
export const textTaskNames = [
  "cola",
  "sst2",
  "mrpc",
  "stsb",
  "qqp",
  "mnli",
  "qnli",
  "rte",
  "wnli",
  "spam",
] as const;

const benchmarkNames: readonly string[] = [...textTaskNames, "squad", "squad2"];

/** Longest input of classification and regression, in tokens with the special ones; what is longer is cut. */
const maxLength = z.int().min(4).default(128);

/** Not needed: benchmarks are known by their names. */
const benchmark = z.literal("benchmark").optional();

const text = z.strictObject({
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

const squad = z.strictObject({ kind: benchmark, name: z.literal("squad"), ...spanSettings });

const squad2 = z.strictObject({
  kind: benchmark,
  name: z.literal("squad2"),
  ...spanSettings,
  /** A question counts as unanswerable where the score of no answer exceeds that of the best span by more than this. */
  nullThreshold: z.number().default(0),
});

const own = z.strictObject({
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
  /** The classes in order; by default those of the files, sorted. */
  labels: z.array(z.string()).min(2).optional(),
  maxLength,
});

/** The `task:` section. */
export const TaskSettings = z.discriminatedUnion("kind", [
  z.discriminatedUnion("name", [text, squad, squad2]),
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
