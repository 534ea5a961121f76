// Which process is meant by a number, and whether it still runs: numbers are given again, and mean nothing on another machine.
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";

/** A process, told apart from any other that ever has the same number. */
export const processSchema = z.object({
  pid: z.int32().positive(), // others mean groups of processes
  /** The machine, and on Linux the process namespace, in which `pid` means something. */
  place: z.string(),
  /** When the process began, in the system's own units: a number may be given to another process later. */
  started: z.string(),
});

export type ProcessIdentity = z.infer<typeof processSchema>;

export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, place: place(), started: startOf(process.pid) };
}

/** Whether this process can tell if the other one runs: not where it is another machine's. */
export function isNear(other: ProcessIdentity): boolean {
  return other.place === place();
}

/** Whether a near process runs. */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  return processExists(pid) && startOf(pid) === started;
}

/** Whether this machine has a process of that number, whichever it is. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // there, and someone else's
  }
}

function place(): string {
  try {
    return `${hostname()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname(); // not Linux
  }
}

/** Field 22 of /proc/PID/stat, ticks since boot; empty where there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return "";
  }
}
