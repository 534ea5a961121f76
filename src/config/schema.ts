// The shape of an experiment file: every key, its unit, its range and its default. Values are checked here once; the rest of
// the program receives plain typed values. What a key does is written where it is used, where it comes from is written here.
// A file may have a section `sweep:` besides, which makes several experiments of it: grid.ts.
// Defaults: google-research/adapter-bert README (MRPC) and optimization.py, which are Houlsby et al. 2019 §3.1 made concrete.
import { z } from "zod";
import { TaskSettings } from "../data/settings.ts";
import { devices, float32Only, precisions } from "../device/devices.ts";
import { MethodConfig } from "../methods/methods.ts";
import { adamDefaults } from "../train/optimizer.ts";

const encoder = z.strictObject({
  /** Where the pretrained weights are: a folder in Hugging Face layout, `npm:PACKAGE`, or an id in the Hugging Face cache (`ORG/NAME@REVISION`). */
  source: z.string().min(1),
  /** Dropout probability while training, of hidden states and attention alike; the encoder's own where it is not given. */
  dropout: z.number().min(0).lt(1).optional(),
});

const training = z.strictObject({
  /** Peak learning rate, reached at the end of the warm-up. */
  learningRate: z.number().positive().default(3e-4),
  /** Passes over the training data. */
  epochs: z.number().positive().default(5),
  /** Examples per batch; computed in pieces where it is long, with the same result. */
  batchSize: z.int().min(1).default(32),
  /** Batches whose gradients are averaged into one optimizer step. */
  gradientAccumulation: z.int().min(1).default(1),
  /** Share of all steps in which the learning rate climbs from 0; it then falls linearly to 0. */
  warmupFraction: z.number().min(0).max(1).default(0.1),
  /** AdamW's decoupled decay; biases and LayerNorms are never decayed. */
  weightDecay: z.number().min(0).default(adamDefaults.weightDecay),
  /** Gradients with a larger global norm are scaled down to this one. */
  maxGradNorm: z.number().positive().default(adamDefaults.maxGradNorm),
  adamBeta1: z.number().min(0).lt(1).default(adamDefaults.adamBeta1),
  adamBeta2: z.number().min(0).lt(1).default(adamDefaults.adamBeta2),
  adamEpsilon: z.number().positive().default(adamDefaults.adamEpsilon),
});

const evaluation = z.strictObject({
  /** When to evaluate: after every epoch, or every so many optimizer steps. The end of training is always evaluated. */
  every: z.union([z.literal("epoch"), z.int().min(1)]).default("epoch"),
  /** Evaluations in a row without a new best after which training stops; without it, training never stops early. */
  patience: z.int().min(1).optional(),
});

const checkpoint = z.strictObject({
  /** Optimizer steps between two writes of the state that `--resume` goes on from. */
  everySteps: z.int().min(1).default(200),
});

const settings = z.strictObject({
  task: TaskSettings,
  encoder,
  method: MethodConfig,
  training: training.prefault({}),
  evaluation: evaluation.prefault({}),
  checkpoint: checkpoint.prefault({}),
  /** Decides the initial values of new parameters, the order of the examples and the dropout masks. */
  seed: z.int().min(0).default(0),
  /** What computes; see device/devices.ts for the words and device/choose.ts for what they come to. */
  device: z.enum(devices).default("auto"),
  /** How products with frozen weights are computed: float32 where it is not given; float16 needs a GPU that has it. */
  precision: z
    .enum(precisions)
    .transform((precision) => (precision === "float32" ? undefined : precision)) // the same experiment, the same name
    .optional(),
  /** Folder with the task's files, relative to the current folder; only for tasks that do not come with the program. */
  dataDir: z.string().min(1).optional(),
});

/** The schema of an experiment file. */
export const experimentSchema = settings.superRefine(({ device, precision }, context) => {
  if (precision === "float16" && float32Only.includes(device))
    context.addIssue({
      code: "custom",
      path: ["precision"],
      message: `expected float32 with device ${device}`,
    });
});

/** A checked experiment with every default filled in. */
export type Experiment = z.infer<typeof experimentSchema>;

/** Fills in the defaults of an experiment built in code. Throws ZodError where it is wrong; files go through `loadExperiment`. */
export function resolveExperiment(raw: z.input<typeof experimentSchema>): Experiment {
  return experimentSchema.parse(raw);
}
