// How much of a GPU's memory a program takes, as NVIDIA's driver tells it; of other GPUs nothing is known.
import { inspectNvidia } from "../src/hardware/nvidia.ts";

const PERIOD_MS = 250;

/** Bytes in use on the machine's GPUs, free on the first, and those of one process where the driver names it; null where it tells nothing. */
export async function readDeviceMemory(
  pid?: number,
): Promise<{ usedBytes: number; freeBytes: number; processBytes: number | null } | null> {
  const seen = await inspectNvidia();
  if (seen.status === "none") return null;
  const { devices } = seen;
  const own = devices.flatMap(({ processes }) => processes).find((one) => one.pid === pid);
  return {
    usedBytes: devices.reduce((sum, { usedBytes }) => sum + (usedBytes ?? 0), 0),
    freeBytes: devices[0].freeBytes ?? 0,
    processBytes: own?.usedBytes ?? null,
  };
}

/** Watches a process until it is stopped. While it is watched nothing else may begin to use the GPU. */
export class DeviceMemoryWatch {
  readonly #baseBytes: number;
  #peakBytes = 0;
  #isStopped = false;
  #watching: Promise<void> | undefined;

  /** `baseBytes` were in use before the process began. */
  constructor(baseBytes: number) {
    this.#baseBytes = baseBytes;
  }

  start(pid: number): void {
    this.#watching = this.#watch(pid);
  }

  /** The most that was seen, in bytes: the process's own where the driver names it, as in no container, else what was added. */
  async stop(): Promise<number> {
    this.#isStopped = true;
    await this.#watching;
    return this.#peakBytes;
  }

  async #watch(pid: number): Promise<void> {
    for (let isLast = false; !isLast;) {
      isLast = this.#isStopped; // one more look when all is done
      const memory = await readDeviceMemory(pid);
      const bytes = memory && (memory.processBytes ?? memory.usedBytes - this.#baseBytes);
      this.#peakBytes = Math.max(this.#peakBytes, bytes ?? 0);
      if (!isLast) await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
    }
  }
}
