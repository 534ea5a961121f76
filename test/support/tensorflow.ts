// The eager engine on libtensorflow, for suites that run where `peft setup tensorflow` was done.
import { readTensorflowRecord, tensorflowFolder } from "../../src/engine/tensorflow.ts";

const folder = tensorflowFolder();

/** Why its suites are skipped; undefined where they run. */
export const noTensorflow =
  readTensorflowRecord(folder) === undefined
    ? `skipped: nothing in ${folder}; peft setup tensorflow fills it`
    : undefined;

// A GPU would round the factors of a product to TF32's 10 bits; the suites compare with float32. CUDA reads it when it starts.
process.env.NVIDIA_TF32_OVERRIDE ??= "0";
