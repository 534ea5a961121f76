// STUB, to be replaced by the engines' own checks: loads each engine and has it pass the self-test.
import { invariant } from "../errors.ts";
import type { CheckEngines } from "./report.ts";

/** Not wired yet: throws rather than tell anything that was not measured. */
export const checkEngines: CheckEngines = async () => {
  invariant(false, "checkEngines is not wired");
};
