// Dynamic loss scaling. In float16 a gradient below 6e-8 is zero and one above 65,504 infinite. The loss is therefore multiplied by
// a power of two before it is differentiated, and the gradients divided by it afterwards. A step whose gradients overflow is
// repeated with half the scale; many good ones in a row double it.
// Reference: Micikevicius et al. 2018 (arXiv 1710.03740) §3.2; the constants are those of torch.amp.GradScaler. Differs from it: the
// batch is not skipped, so that every run sees every example.
import { z } from "zod";

const INITIAL_SCALE = 2 ** 16;
const GROWTH_INTERVAL = 2000;

/** What a resumed run needs to know. */
export const lossScaleSchema = z.object({
  value: z.number().min(1),
  /** Good steps since the scale last changed. */
  goodSteps: z.int().nonnegative(),
});

export type LossScaleState = z.infer<typeof lossScaleSchema>;

export class LossScale {
  state: LossScaleState = { value: INITIAL_SCALE, goodSteps: 0 };

  get value(): number {
    return this.state.value;
  }

  /** After a step whose gradients were finite. */
  keep(): void {
    const { goodSteps, value } = this.state;
    this.state =
      goodSteps + 1 === GROWTH_INTERVAL
        ? { value: value * 2, goodSteps: 0 }
        : { value, goodSteps: goodSteps + 1 };
  }

  /** After a step whose gradients were not. False if there is nothing left to lower: then it is not the scale's fault. */
  lower(): boolean {
    if (this.value <= 1) return false;
    this.state = { value: this.value / 2, goodSteps: 0 };
    return true;
  }
}
