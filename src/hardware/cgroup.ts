// What the control groups of Linux (containers, batch systems, systemd) allow this process: cgroups(7), versions 1 and 2.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The strictest limits on the way from this process's group to the root. */
export interface GroupLimits {
  /** CPU time per wall time, as a number of cores; null where nothing limits it. */
  cores: number | null;
  memoryBytes: number | null;
  /** Memory of the group with the strictest limit in use, without what its page cache could give back. */
  memoryUsedBytes: number | null;
}

/** Reads the limits; `root` is where /proc and /sys are. */
export function readGroupLimits(root = "/"): GroupLimits {
  const groups = parseGroups(tryRead(join(root, "proc/self/cgroup")) ?? "");
  const mount = join(root, "sys/fs/cgroup");
  const folders = (controller: string) =>
    groups.flatMap(({ controllers, path }) => {
      if (controllers === "") return ancestors(path).map((part) => join(mount, part));
      if (!controllers.split(",").includes(controller)) return [];
      return [controller, controllers].flatMap((name) =>
        ancestors(path).map((part) => join(mount, name, part)),
      );
    });
  const cores = folders("cpu")
    .map(readQuota)
    .filter((quota) => quota !== null);
  const memory = folders("memory")
    .map(readMemory)
    .filter((limit) => limit !== null)
    .toSorted((a, b) => a.limit - b.limit);
  return {
    cores: cores.length === 0 ? null : Math.min(...cores),
    memoryBytes: memory[0]?.limit ?? null,
    memoryUsedBytes: memory[0]?.used ?? null,
  };
}

/** The lines `hierarchy:controllers:path`; version 2 has no controllers. */
function parseGroups(text: string): { controllers: string; path: string }[] {
  return text
    .split("\n")
    .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, controllers, path]) => ({ controllers, path }));
}

/** The path and all above it, of which a container may see only the root. */
function ancestors(path: string): string[] {
  return path === "/" || path === "." ? ["/"] : [path, ...ancestors(dirname(path))];
}

function readQuota(folder: string): number | null {
  const [quota, period] = tryRead(join(folder, "cpu.max"))?.split(" ") ?? [
    tryRead(join(folder, "cpu.cfs_quota_us")),
    tryRead(join(folder, "cpu.cfs_period_us")),
  ];
  const cores = Number(quota) / Number(period); // microseconds of both; "max" is NaN, -1 means none
  return cores > 0 ? cores : null;
}

function readMemory(folder: string): { limit: number; used: number | null } | null {
  const versions = [
    ["memory.max", "memory.current", "inactive_file"],
    ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"],
  ];
  for (const [limitFile, usedFile, cacheKey] of versions) {
    const limit = Number(tryRead(join(folder, limitFile)) ?? NaN);
    if (!(limit < 2 ** 60)) continue; // "max", or version 1's largest multiple of a page
    const used = Number(tryRead(join(folder, usedFile)) ?? NaN);
    const statistics = tryRead(join(folder, "memory.stat")) ?? "";
    const cache = Number(new RegExp(`^${cacheKey} (\\d+)$`, "m").exec(statistics)?.[1] ?? 0);
    return { limit, used: Number.isNaN(used) ? null : Math.max(0, used - cache) };
  }
  return null;
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined; // not Linux, or not this version, or not this controller
  }
}
