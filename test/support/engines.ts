// Every engine that runs on any machine, for suites that must hold on each of them.
import { createCompiledEngine } from "../../src/engine/compiled/compiled.ts";
import { createJavaScriptEngine } from "../../src/engine/eager.ts";
import type { Engine } from "../../src/engine/engine.ts";

/** Engines by name. */
export type Engines = readonly (readonly [name: string, create: () => Promise<Engine>])[];

export const engines: Engines = [
  ["compiled", async () => createCompiledEngine({ numThreads: 2 })],
  ["eager", createJavaScriptEngine],
];

/** As on CUDA, where buffers cannot stay on the device, but computed here. */
export const withConstants: Engines = [
  [
    "compiled with frozen weights as constants",
    async () => createCompiledEngine({ numThreads: 2, frozenAsConstants: true }),
  ],
];
