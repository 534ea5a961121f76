// The training loop: steps, evaluations, checkpoints, and the reasons to stop. It knows no task and no method.
import { join } from "node:path";
import type { Answers, Scoring } from "../answers/collect.ts";
import { type Batch, lengthsOf, planEpoch } from "../data/batches.ts";
import type { EncodedSplit } from "../data/encode.ts";
import { DeviceLostError } from "../engine/engine.ts";
import { firstLine, Interrupted, type UserError } from "../errors.ts";
import { writeAtomic } from "../files.ts";
import {
  adapterFile,
  checkBest,
  type Guard,
  hasState,
  initialState,
  loadState,
  saveParameters,
  saveState,
  type TrainingState,
} from "./checkpoint.ts";
import { NotFiniteError, score } from "./evaluate.ts";
import type { Evaluation, Report } from "./events.ts";
import type { Learner, StepResult } from "./learner.ts";
import type { Pieces } from "./pieces.ts";
import { writePredictions } from "./predictions.ts";
import { countSteps, learningRateAt } from "./schedule.ts";

/** The part of an experiment that decides how training goes. */
export interface TrainingSettings {
  training: {
    learningRate: number;
    epochs: number;
    batchSize: number;
    gradientAccumulation: number;
    warmupFraction: number;
  };
  evaluation: { every: "epoch" | number; patience?: number | undefined };
  checkpoint: { everySteps: number };
  seed: number;
}

export interface TrainerOptions {
  learner: Learner;
  runDir: string;
  train: EncodedSplit;
  /** Splits to evaluate on; the first decides what is best. */
  evaluationSplits: readonly { name: string; data: EncodedSplit }[];
  scoring: Scoring;
  settings: TrainingSettings;
  /** Which examples are computed at once. */
  pieces: Pieces;
  /** Written into adapter files. */
  metadata: Record<string, string>;
  /** Called before anything is written. */
  guard?: Guard;
  signal: AbortSignal;
  report: Report;
}

export interface TrainingOutcome {
  status: "ok" | "diverged";
  /** Why training ended before the last planned step, if it did. */
  reason?: string;
  state: TrainingState;
  totalSteps: number;
}

/**
 * Trains until the last step, until `patience` runs out, or until the loss or an output is not a number; goes on from the run
 * folder's saved state if there is one. Throws Interrupted, with everything saved, when the signal is aborted.
 */
export async function train(options: TrainerOptions): Promise<TrainingOutcome> {
  return new Trainer(options).run();
}

class Trainer {
  readonly #options: TrainerOptions;
  readonly #lengths: Int32Array;
  readonly #stepsPerEpoch: number;
  readonly #totalSteps: number;
  #state: TrainingState = initialState();
  #epochPlan: { epoch: number; batches: Int32Array[] } | undefined;
  /** When the seconds in the state were last counted, in ms. */
  #clock = performance.now();

  constructor(options: TrainerOptions) {
    const { training } = options.settings;
    this.#options = options;
    this.#lengths = lengthsOf(options.train);
    const { stepsPerEpoch, totalSteps } = countSteps(options.train.count, training);
    this.#stepsPerEpoch = stepsPerEpoch;
    this.#totalSteps = totalSteps;
  }

  async run(): Promise<TrainingOutcome> {
    try {
      const outcome = await this.#run();
      await checkBest(this.#options.runDir, outcome.state);
      return outcome;
    } catch (error) {
      // Nothing of that evaluation was recorded, and the best one before it stays the best.
      if (error instanceof NotFiniteError)
        return this.#outcome(
          "diverged",
          `evaluation after step ${this.#state.step}: ${error.message}`,
        );
      throw error instanceof DeviceLostError ? this.#lost(error) : error;
    }
  }

  async #run(): Promise<TrainingOutcome> {
    const { learner, runDir, settings } = this.#options;
    this.#state = loadState(runDir, learner, this.#totalSteps) ?? this.#state;
    await checkBest(runDir, this.#state);
    if (learner.lossScale && this.#state.lossScale) learner.lossScale.state = this.#state.lossScale;
    this.#writeMetrics();
    this.#progress();
    // A state may have been saved before the evaluation that was due, and after the one that ended the run.
    for (;;) {
      if (this.#isEvaluationDue() && (await this.#evaluate())) await this.#save();
      if (this.#options.signal.aborted) await this.#interrupt();
      if (this.#isOutOfPatience())
        return this.#finish(
          `no better evaluation in ${this.#state.sinceBest}; stopped at step ${this.#state.step}`,
        );
      if (this.#state.step === this.#totalSteps) return this.#finish();
      const failure = await this.#step();
      if (failure) return this.#outcome("diverged", failure);
      const isSaveDue = this.#state.step % settings.checkpoint.everySteps === 0;
      if (isSaveDue && !this.#isEvaluationDue()) await this.#save();
    }
  }

  /** One optimizer step. Gives the reason if the model has diverged. */
  async #step(): Promise<string | undefined> {
    const state = this.#state;
    const start = performance.now();
    const { learner } = this.#options;
    const { result, pieces } = await this.#compute();
    const { gradNorm, loss } = result;
    state.computeSeconds += (performance.now() - start) / 1000;
    if (!Number.isFinite(loss) || !Number.isFinite(gradNorm))
      return `the ${Number.isFinite(loss) ? "gradient norm" : "loss"} of step ${state.step + 1} is not a finite number`;
    if (learner.lossScale) state.lossScale = learner.lossScale.state;
    state.step++;
    state.lossSum += loss;
    state.lossCount++;
    for (const { length, numExamples, numTokens } of pieces) {
      state.tokens += numTokens;
      state.positions += numExamples * length;
    }
    this.#tick();
    this.#progress(loss);
    return undefined;
  }

  /** Takes the step that is due, in pieces that the device's memory holds. */
  #compute(): Promise<{ result: StepResult; pieces: Batch[] }> {
    const { learner, pieces, settings, train: data } = this.#options;
    const { step } = this.#state;
    const learningRate = learningRateAt(step, this.#totalSteps, settings.training);
    const batches = this.#batchesOf(step, settings.seed);
    return pieces.fit({ data, lengths: this.#lengths, batches }, (collated) =>
      learner.step(collated, step, learningRate),
    );
  }

  /** The batches whose gradients make up an optimizer step, counted from 0. */
  #batchesOf(step: number, seed: number): Int32Array[] {
    const { batchSize, gradientAccumulation } = this.#options.settings.training;
    const epoch = Math.floor(step / this.#stepsPerEpoch);
    if (this.#epochPlan?.epoch !== epoch)
      this.#epochPlan = { epoch, batches: planEpoch(this.#lengths, { batchSize, seed, epoch }) };
    const first = (step % this.#stepsPerEpoch) * gradientAccumulation;
    return this.#epochPlan.batches.slice(first, first + gradientAccumulation);
  }

  #isEvaluationDue(): boolean {
    const { evaluations, step } = this.#state;
    if (step === 0 || evaluations.at(-1)?.step === step) return false;
    const { every } = this.#options.settings.evaluation;
    return (
      step === this.#totalSteps || step % (every === "epoch" ? this.#stepsPerEpoch : every) === 0
    );
  }

  /** Evaluates on every split; false if it was interrupted, in which case nothing has changed. */
  async #evaluate(): Promise<boolean> {
    const { report } = this.#options;
    const { mainMetric } = this.#options.scoring;
    const { lossCount, lossSum, step } = this.#state;
    const evaluations: Evaluation[] = [];
    const answers: Record<string, Answers> = {};
    for (const split of this.#options.evaluationSplits) {
      const scores = await this.#score(split.name, split.data);
      if (!scores) return false;
      const trainLoss = lossCount > 0 ? lossSum / lossCount : null;
      const { loss, metrics } = scores;
      answers[split.name] = scores.answers;
      const epoch = step / this.#stepsPerEpoch;
      evaluations.push({ step, epoch, split: split.name, trainLoss, loss, metrics, best: false });
    }
    const [deciding] = evaluations;
    const best = bestOf(this.#state.evaluations);
    if (deciding && (!best || deciding.metrics[mainMetric] > best.metrics[mainMetric])) {
      for (const evaluation of evaluations) evaluation.best = true;
      await this.#keepBest(answers);
    }
    this.#state.evaluations.push(...evaluations);
    this.#state.sinceBest = deciding?.best ? 0 : this.#state.sinceBest + 1;
    this.#state.lossSum = 0;
    this.#state.lossCount = 0;
    this.#writeMetrics();
    for (const evaluation of evaluations) report({ type: "evaluation", evaluation });
    return true;
  }

  /** Writes the trained parameters as they are now, and what they answered. */
  async #keepBest(answers: Record<string, Answers>): Promise<void> {
    const { guard, learner, metadata, runDir } = this.#options;
    const step = String(this.#state.step);
    const file = adapterFile(runDir);
    const adapterSha256 = await saveParameters(file, learner, { ...metadata, step }, guard);
    guard?.();
    this.#state.best = { adapterSha256, predictionsSha256: writePredictions(runDir, answers) };
  }

  #score(title: string, data: EncodedSplit) {
    const { learner, pieces, report, scoring, signal } = this.#options;
    const onProgress = (done: number, total: number) =>
      report({ type: "progress", phase: "evaluate", done, total });
    return score(learner, data, { title, scoring, pieces, signal, onProgress });
  }

  #isOutOfPatience(): boolean {
    const { patience } = this.#options.settings.evaluation;
    return patience !== undefined && this.#state.sinceBest >= patience;
  }

  async #interrupt(): Promise<never> {
    await this.#save();
    const { runDir } = this.#options;
    throw new Interrupted(
      `stopped after step ${this.#state.step}; everything is saved in ${runDir}`,
      { hint: `go on with: peft train --resume ${runDir}` },
    );
  }

  /** What was on the device is gone; what was saved is not. */
  #lost(cause: DeviceLostError): UserError {
    const { learner, runDir } = this.#options;
    const elsewhere = learner.lossScale ? "" : " (--device cpu goes on without the GPU)"; // which has no 16-bit floats
    return new DeviceLostError(
      `the device was lost after step ${this.#state.step}: ${firstLine(cause.message)}: expected it to stay`,
      {
        hint: hasState(runDir)
          ? `the run is saved; go on with: peft train --resume ${runDir}${elsewhere}`
          : `nothing was saved yet; start again with: peft train --resume ${runDir}${elsewhere}`,
        cause,
      },
    );
  }

  async #save(): Promise<void> {
    this.#tick();
    const { guard, learner, runDir } = this.#options;
    await saveState(runDir, learner, this.#state, guard);
  }

  #writeMetrics(): void {
    const lines = this.#state.evaluations.map((evaluation) => `${JSON.stringify(evaluation)}\n`);
    this.#options.guard?.();
    writeAtomic(join(this.#options.runDir, "metrics.jsonl"), lines.join(""));
  }

  #progress(loss?: number): void {
    const { seconds, step, tokens } = this.#state;
    this.#options.report({
      type: "progress",
      phase: "train",
      done: step,
      total: this.#totalSteps,
      ...(loss !== undefined && { loss, tokensPerSecond: tokens / seconds }),
    });
  }

  #tick(): void {
    const now = performance.now();
    this.#state.seconds += (now - this.#clock) / 1000;
    this.#clock = now;
  }

  async #finish(reason?: string): Promise<TrainingOutcome> {
    const { guard, learner, metadata, runDir } = this.#options;
    const step = String(this.#state.step);
    await saveParameters(join(runDir, "last.safetensors"), learner, { ...metadata, step }, guard);
    return this.#outcome("ok", reason);
  }

  #outcome(status: "ok" | "diverged", reason?: string): TrainingOutcome {
    this.#tick();
    return { status, ...(reason && { reason }), state: this.#state, totalSteps: this.#totalSteps };
  }
}

/** The best evaluation of the deciding split so far. */
export function bestOf(evaluations: readonly Evaluation[]): Evaluation | null {
  const best = evaluations.filter((evaluation) => evaluation.best);
  const [last] = best.slice(-1);
  return best.find(({ step }) => step === last?.step) ?? null;
}
