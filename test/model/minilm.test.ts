// Real weights on the engine that runs everywhere.
import { describe } from "vitest";
import { createCompiledEngine } from "../../src/engine/compiled/compiled.ts";
import { describeMiniLm } from "../support/suites/minilm.ts";

describe("MiniLM", () => {
  describeMiniLm(async () => createCompiledEngine({ numThreads: 2 }));
});
