// What an experiment, or a command line, may ask for. What it comes to on a machine: choose.ts.

/**
 * `auto`: whatever is fastest of what works, the processor included. `gpu`: the same among GPUs. The others name an engine: `cpu`,
 * `webgpu` and `cuda` are ONNX Runtime's, `tfjs` is libtensorflow's.
 */
export const devices = ["auto", "cpu", "gpu", "webgpu", "cuda", "tfjs"] as const;
export type Device = (typeof devices)[number];

/** Devices that never compute in float16, whatever the machine has. */
export const float32Only: readonly Device[] = ["cpu", "tfjs"];

/** See Precision in engine/engine.ts. */
export const precisions = ["float32", "float16"] as const;
