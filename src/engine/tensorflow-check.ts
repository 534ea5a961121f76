// Whether libtensorflow, freshly built, computes: one product and its gradient.
import * as tf from "@tensorflow/tfjs";
import { UserError } from "../errors.ts";
import { type LoadedTensorflow, loadBuiltTensorflow, TENSORFLOW_BACKEND } from "./tensorflow.ts";

/** f(x) = sum of (x W)^2, so that df/dx = 2 (x W) W^T; whole numbers, which float32 holds exactly. */
const example = {
  x: [1, 2, 3, 4], // (2, 2)
  W: [5, 6, 7, 8], // (2, 2)
  value: 5194,
  gradient: [454, 618, 1030, 1402],
};

/** Loads libtensorflow from `folder` and has it compute. Throws a UserError if it cannot, or gets something else. */
export async function checkTensorflow(folder: string): Promise<LoadedTensorflow> {
  const loaded = loadBuiltTensorflow(folder);
  await tf.setBackend(TENSORFLOW_BACKEND);
  const W = tf.tensor2d(example.W, [2, 2]);
  const f = (x: tf.Tensor) => tf.sum(tf.square(tf.matMul(x, W)));
  const { value, grad } = tf.valueAndGrad(f)(tf.tensor2d(example.x, [2, 2]));
  const expected = [example.value, ...example.gradient];
  const actual = [...(await value.data()), ...(await grad.data())]; // waits for the device
  if (actual.join() !== expected.join())
    throw new UserError(
      `libtensorflow ${loaded.version}: computed ${actual}: expected ${expected}`,
    );
  return loaded;
}
