// How much memory this process has used. Linux keeps the peak of the process image and lets it be reset, so that several
// runs in one process each have their own; elsewhere the peak is that of the whole process.
import { readFileSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Begins a new peak at what is in use now, where the system allows it. */
export function resetPeakMemory(): void {
  collectGarbage();
  try {
    writeFileSync("/proc/self/clear_refs", "5"); // proc(5): resets VmHWM
  } catch {
    // Not Linux, or not allowed: the peak then covers the whole process.
  }
}

/** What an earlier run has left is not this one's. Node has a collector for programs, behind a flag. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

/** Largest resident memory since the last reset, in bytes. */
export function peakMemory(): number {
  try {
    // resourceUsage would count the parent's image, which a child has between fork and exec.
    const [, kibibytes] = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))!;
    return Number(kibibytes) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
