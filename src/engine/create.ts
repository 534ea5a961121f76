// Which engine a device setting means. Runtimes are loaded here and only when they are used.
import type { Engine } from "./engine.ts";

export type Device = "auto" | "cpu" | "tfjs";

export interface EngineOptions {
  /** Threads that compute one operation, where the engine lets us choose; all cores by default. */
  numThreads?: number;
}

/** The engine for a device; `description` of the result says what was found. */
export async function createEngine(device: Device, options: EngineOptions = {}): Promise<Engine> {
  switch (device) {
    case "auto":
    case "cpu": {
      const { createCompiledEngine } = await import("./compiled/compiled.ts");
      return createCompiledEngine(options);
    }
    case "tfjs": {
      const { createTensorflowEngine } = await import("./eager.ts");
      return createTensorflowEngine(options);
    }
  }
}
