// The process of a self-test: loads what was built, has it compute, answers once and ends.
import { checkCudaProvider } from "../engine/cuda-provider-check.ts";
import { checkTensorflow } from "../engine/tensorflow-check.ts";
import { UserError } from "../errors.ts";
import type { SelfTest, SelfTestReply } from "./self-test.ts";

const [what, folder] = process.argv.slice(2) as [SelfTest["what"], string];

process.once("disconnect", () => process.exit()); // nobody waits for the answer any more
process.send?.(await attemptTest(), () => process.exit());

async function attemptTest(): Promise<SelfTestReply> {
  try {
    switch (what) {
      case "tensorflow":
        return { loaded: await checkTensorflow(folder) };
      case "cuda":
        await checkCudaProvider(folder);
        return {};
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { failure: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
  }
}
