// Whether ONNX Runtime's CUDA provider, freshly installed, computes: one product on the GPU.
import { InferenceSession, Tensor } from "./onnxruntime.ts";
import { UserError } from "../errors.ts";
import { encodeModel } from "./compiled/onnx.ts";
import { prepareCudaProvider } from "./cuda-provider.ts";

const square = { type: "float32", shape: [2, 2] } as const;
const product = encodeModel({
  nodes: [
    { op: "MatMul", domain: "", inputs: ["x", "y"], outputs: ["z"], attributes: {} }, // (2, 2)
  ],
  inputs: [
    { name: "x", ...square },
    { name: "y", ...square },
  ],
  outputs: [{ name: "z", ...square }],
  initializers: [],
});
const example = { x: [1, 2, 3, 4], y: [5, 6, 7, 8], z: [19, 22, 43, 50] };

/** Loads the provider from `folder` and has it compute. Throws a UserError if it cannot, or gets something else. */
export async function checkCudaProvider(folder: string): Promise<void> {
  prepareCudaProvider(folder);
  const session = await createSession();
  const feed = (values: number[]) => new Tensor("float32", Float32Array.from(values), [2, 2]);
  const { z } = await session.run({ x: feed(example.x), y: feed(example.y) });
  const actual = [...(z.data as Float32Array)];
  await session.release();
  if (actual.join() !== example.z.join())
    throw new UserError(`CUDA: computed ${actual}: expected ${example.z}`);
}

async function createSession(): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(product, { executionProviders: ["cuda"] });
  } catch (error) {
    // Of a driver, a GPU or a library: nothing else is in this session.
    throw new UserError(`CUDA: ${cudaReason((error as Error).message)}`, {
      hint: "nvidia-smi tells what the driver sees",
      cause: error,
    });
  }
}

/** The part of ONNX Runtime's message that is for people: "CUDA failure 100: no CUDA-capable device is detected". */
export function cudaReason(message: string): string {
  return /CUDA failure \d+: [^;]*[^; ]/.exec(message)?.[0] ?? message.split("\n")[0];
}
