// The process in which an engine is put to the test: takes an order as its argument, sends one report.
import { UserError } from "../errors.ts";
import { selfTest, type SelfTestOrder, type SelfTestReport } from "./self-test.ts";

process.once("disconnect", () => process.exit()); // nobody waits for the answer any more

const order = JSON.parse(process.argv[2]) as SelfTestOrder;
process.send?.(await attemptTest());

async function attemptTest(): Promise<SelfTestReport> {
  try {
    return await selfTest(order);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const reason = text.trim().replaceAll(/(:?)\s*\n\s*/g, (_, colon) => (colon ? ": " : "; ")); // one line
    const remedy = error instanceof UserError ? error.hint : undefined;
    return { ok: false, isLoaded: false, reason, ...(remedy !== undefined && { remedy }) };
  }
}
