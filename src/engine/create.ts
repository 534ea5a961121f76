// The engines by name. Runtimes are loaded here and only when they are used; which engine a setting means on a machine is
// device/choose.ts.
import type { Engine, Precision } from "./engine.ts";

/** `cpu`, `webgpu` and `cuda` are the compiled engine on ONNX Runtime, `tfjs` is the eager one on libtensorflow. */
export const engineNames = ["cpu", "webgpu", "cuda", "tfjs"] as const;
export type EngineName = (typeof engineNames)[number];

export interface EngineOptions {
  /** Threads that compute one operation on the processor, where the engine lets us choose; all cores by default. */
  numThreads?: number;
  /** How products with frozen weights are computed, float32 by default; float16 on `webgpu` and `cuda` only. */
  precision?: Precision;
  /** The GPU's name, for the description. */
  gpu?: string;
  /** Whether WebGPU may compute on a software rasteriser. */
  isSoftware?: boolean;
}

/** Throws UserError where the engine cannot be had, at the latest when the first program is compiled. */
export async function createEngine(name: EngineName, options: EngineOptions = {}): Promise<Engine> {
  switch (name) {
    case "cpu":
    case "webgpu":
    case "cuda": {
      const { createCompiledEngine } = await import("./compiled/compiled.ts");
      return createCompiledEngine({ ...options, provider: name });
    }
    case "tfjs": {
      const { createTensorflowEngine } = await import("./eager.ts");
      return createTensorflowEngine(options);
    }
  }
}
