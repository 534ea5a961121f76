// Every kernel that the compiled engine records, on the CPU.
import { describe } from "vitest";
import { createCompiledEngine } from "../../src/engine/compiled/compiled.ts";
import { describeLowerings } from "../support/suites/lowerings.ts";

describe("recorded equals computed", () => {
  describeLowerings(async () => createCompiledEngine({ numThreads: 2 }));
});
