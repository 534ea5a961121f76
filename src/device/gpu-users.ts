// Who computes on the GPU. Nothing forbids two runs on one, but each takes longer and leaves the other less memory, which is worth
// knowing when times or sizes surprise. Every user is a file with its process; files of processes that have ended are removed.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, namesIn, tolerate, writeAtomic } from "../files.ts";
import { cacheFolder } from "../folders.ts";
import { tryJsonFile } from "../json.ts";
import {
  isNear,
  isRunning,
  type ProcessIdentity,
  processSchema,
  thisProcess,
} from "../processes.ts";

/** Adds this process and tells who else is there. Gives the function that takes it away again. */
export function joinGpuUsers(
  note: (text: string) => void,
  folder = join(cacheFolder(), "gpu"),
): () => void {
  const path = join(folder, `${process.pid}.json`);
  try {
    const others = livingUsers(folder).filter(({ pid }) => pid !== process.pid);
    if (others.length > 0)
      note(
        `another run of peft computes on the GPU (process ${others.map(({ pid }) => pid).join(", ")}): times and memory are shared`,
      );
    makeFolder(folder);
    writeAtomic(path, JSON.stringify(thisProcess()));
  } catch {
    return () => {}; // a cache that cannot be written: nobody learns of this run, which goes on
  }
  // Where it cannot be removed it is known to be that of a process that has ended.
  return () => tolerate(() => rmSync(path, { force: true }));
}

function livingUsers(folder: string): ProcessIdentity[] {
  const names = namesIn(folder).filter((name) => name.endsWith(".json"));
  return names.flatMap((name) => {
    const user = tryJsonFile(join(folder, name), processSchema);
    if (user && !isNear(user)) return [];
    if (user && isRunning(user)) return [user];
    tolerate(() => rmSync(join(folder, name), { force: true }));
    return [];
  });
}
