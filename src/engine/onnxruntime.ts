// ONNX Runtime, with its telemetry off: by default it asks for a host of its maker and keeps an event store in the user's cache. It
// reads the switch when its library is loaded, so that every process must load it here, and nowhere else.
import { createRequire } from "node:module";
import type * as runtime from "onnxruntime-node";

process.env.ORT_DISABLE_TELEMETRY = "1"; // whatever the user's environment says; an import would be evaluated before this line

/** The library's own names. */
export const { InferenceSession, Tensor, env } = createRequire(import.meta.url)(
  "onnxruntime-node",
) as typeof runtime;
/** The library's own types. */
export type InferenceSession = runtime.InferenceSession;
export type Tensor = runtime.Tensor;
export type SessionOptions = runtime.InferenceSession.SessionOptions;
