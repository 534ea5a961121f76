// What a run tells whoever is watching. Library code never prints; commands turn these events into bars, lines or silence.
import { z } from "zod";

/** Trained and frozen parameters by group, counted before training. */
export interface ParameterLedger {
  /** Parameters the method added. */
  adapters: number;
  /** Trained LayerNorm gains and biases. */
  layerNorm: number;
  head: number;
  /** Other pretrained parameters that train (full fine-tuning, top layers). */
  encoder: number;
  /** Sum of the four above. */
  trained: number;
  frozen: number;
  /** The pretrained model: embeddings, layers and pooler, without the head and anything added. */
  wholeModel: number;
  /** The pretrained model's Transformer layers alone. */
  encoderLayers: number;
  /** 100 * trained / wholeModel. */
  percentOfWholeModel: number;
  /** 100 * trained / encoderLayers. */
  percentOfEncoderLayers: number;
}

export type Phase = "tokenize" | "train" | "evaluate";

export type RunEvent =
  /** Something worth a line: the run folder, the device, a pooler that had to be initialised, duplicates moved. */
  | { type: "note"; text: string }
  | { type: "ledger"; ledger: ParameterLedger }
  /** `done` of `total` examples (tokenize, evaluate) or optimizer steps (train). `done` may start above 0 after a resume. */
  | {
      type: "progress";
      phase: Phase;
      done: number;
      total: number;
      loss?: number;
      tokensPerSecond?: number;
    }
  | { type: "evaluation"; evaluation: Evaluation };

/** One evaluation on one split; a line of metrics.jsonl. */
export interface Evaluation {
  /** Optimizer steps done. */
  step: number;
  /** Passes over the training data done, with a fraction. */
  epoch: number;
  split: string;
  /** Mean training loss since the last evaluation. */
  trainLoss: number | null;
  /** Mean loss on the split. */
  loss: number;
  metrics: Record<string, number>;
  /** Whether this is the best checkpoint so far by the task's main metric. */
  best: boolean;
}

/** An evaluation as it is read back. JSON has no NaN: a number that was none is null there. */
export const evaluationSchema = z.object({
  step: z.int().nonnegative(),
  epoch: z.number().nonnegative(),
  split: z.string(),
  trainLoss: z.number().nullable(),
  loss: z.number().nullable(),
  metrics: z.record(z.string(), z.number().nullable()),
  best: z.boolean(),
});

export type Report = (event: RunEvent) => void;
