// Every engine that this machine can run, for suites that must hold on each of them.
import { createCompiledEngine } from "../../src/engine/compiled/compiled.ts";
import { createJavaScriptEngine } from "../../src/engine/eager.ts";
import type { Engine } from "../../src/engine/engine.ts";

export const engines: [string, () => Promise<Engine>][] = [
  ["compiled", async () => createCompiledEngine({ numThreads: 2 })],
  ["eager", createJavaScriptEngine],
];
