// What is said of every engine: whether it can be used on this machine and, if not, why and what to do.
import type { EngineName } from "../engine/create.ts";
import type { Hardware } from "../hardware/hardware.ts";

export interface EngineReport {
  device: EngineName;
  /** Runtime, version and the device it has found. */
  description?: string;
  /**
   * "ok": it loads and, unless that was not asked for, passes the self-test. "failed": it loads but computes wrongly or crashes.
   * "unavailable": it does not load. "software": its device is a software rasteriser, which is never taken by itself.
   */
  status: "ok" | "failed" | "unavailable" | "software";
  /** Why it is not "ok". */
  reason?: string;
  /** The command or the step that mends it; absent where nothing would, as without a GPU. */
  remedy?: string;
  /** Milliseconds of one standard training step. */
  stepMs?: number;
}

/** Checks every engine; without `selfTest` only whether it loads. Never throws for an engine's sake. */
export type CheckEngines = (
  hardware: Hardware,
  options: { selfTest: boolean },
) => Promise<EngineReport[]>;
