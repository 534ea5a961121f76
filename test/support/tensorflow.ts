// The eager engine on libtensorflow, for suites that run where `peft setup tensorflow` was done.
import { readTensorflowRecord, tensorflowFolder } from "../../src/engine/tensorflow.ts";

const folder = tensorflowFolder();

/** Why its suites are skipped; undefined where they run. */
export const noTensorflow =
  readTensorflowRecord(folder) === undefined
    ? `skipped: nothing in ${folder}; peft setup tensorflow fills it`
    : undefined;
