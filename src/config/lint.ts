// Experiments that are valid and yet unlikely to be what was meant: remarks, never errors.
import type { Finding } from "./problems.ts";
import type { Experiment } from "./schema.ts";

/** What is unusual about the experiment, with the source that says so. */
export function lint({ method, training }: Experiment): Finding[] {
  const { learningRate } = training;
  const remarks: Finding[] = [];
  const remark = (path: string, value: number, text: string) =>
    remarks.push({ kind: "value", path: path.split("."), value: String(value), text });

  if (method.name === "houlsby" && learningRate <= 5e-5)
    remark(
      "training.learningRate",
      learningRate,
      "low: adapters usually do best from 3e-4 to 3e-3",
    );
  if ((method.name === "full" || method.name === "top-layers") && learningRate >= 1e-3)
    remark("training.learningRate", learningRate, "high: pretrained layers need 2e-5 to 5e-5");
  if (method.name === "houlsby" && method.initStd > 0.01)
    remark(
      "method.initStd",
      method.initStd,
      "high: accuracy falls above 0.01 (paper §3.6, Fig. 6)",
    );
  return remarks;
}
