// Limits of control groups, read from files laid out as Linux lays them out.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { readGroupLimits } from "../../src/hardware/cgroup.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();

function rootWith(files: Record<string, string>): string {
  const root = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const none = { cores: null, memoryBytes: null, memoryUsedBytes: null };

test("version 2: the strictest of the group and those above it", () => {
  const root = rootWith({
    "proc/self/cgroup": "0::/system.slice/job.scope\n",
    "sys/fs/cgroup/system.slice/job.scope/cpu.max": "max 100000\n",
    "sys/fs/cgroup/system.slice/job.scope/memory.max": "4000000000\n",
    "sys/fs/cgroup/system.slice/job.scope/memory.current": "1500000000\n",
    "sys/fs/cgroup/system.slice/job.scope/memory.stat": "anon 900000000\ninactive_file 500000000\n",
    "sys/fs/cgroup/system.slice/cpu.max": "150000 100000\n",
    "sys/fs/cgroup/system.slice/memory.max": "max\n",
  });
  expect(readGroupLimits(root)).toEqual({
    cores: 1.5,
    memoryBytes: 4e9,
    memoryUsedBytes: 1e9,
  });
});

test("version 2 in a container: the group is the root", () => {
  const root = rootWith({
    "proc/self/cgroup": "0::/\n",
    "sys/fs/cgroup/cpu.max": "400000 100000\n",
    "sys/fs/cgroup/memory.max": "max\n",
  });
  expect(readGroupLimits(root)).toEqual({ ...none, cores: 4 });
});

test("version 1: a folder for each controller, of which a container sees only the root", () => {
  const root = rootWith({
    "proc/self/cgroup": "4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "2000000000\n",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": "300000000\n",
    "sys/fs/cgroup/memory/memory.stat": "total_inactive_file 100000000\n",
  });
  expect(readGroupLimits(root)).toEqual({
    cores: 0.5,
    memoryBytes: 2e9,
    memoryUsedBytes: 2e8,
  });
});

test("version 1 without limits", () => {
  const root = rootWith({
    "proc/self/cgroup": "4:memory:/\n2:cpu:/\n",
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
    "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
  });
  expect(readGroupLimits(root)).toEqual(none);
});

test("a system without control groups", () => {
  expect(readGroupLimits(temporaryFolder())).toEqual(none);
});
