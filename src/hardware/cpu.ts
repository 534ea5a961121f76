// The processor and the memory, and how much of them this process may use.
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { readGroupLimits, type GroupLimits } from "./cgroup.ts";
import { type RunCommand, runCommand } from "./command.ts";

export interface Cpu {
  /** As the maker names it, such as "AMD EPYC 7763"; "unknown" where the system does not say. */
  model: string;
  /** Node's name for it: x64, arm64, … */
  architecture: string;
  logicalCores: number;
  /** Cores that this process may use at once, after affinity and quota; at least 1. */
  usableCores: number;
  /** CPU time per wall time that a control group allows, in cores; null where nothing limits it. */
  quotaCores: number | null;
  /** Vector and matrix instructions that matter to the engines, by Linux's names; null where the system cannot be asked. */
  features: readonly CpuFeature[] | null;
}

export interface Memory {
  totalBytes: number;
  /** What could be used without swapping; on macOS only what is wholly unused, which is less. */
  availableBytes: number;
  /** Limit of the control group; null where there is none. */
  limitBytes: number | null;
}

/** Instruction sets and what people call them. */
export const cpuFeatures = {
  avx2: "AVX2",
  avx512f: "AVX-512",
  avx512_vnni: "AVX-512 VNNI",
  avx512_bf16: "AVX-512 BF16",
  amx_tile: "AMX",
  amx_int8: "AMX INT8",
  amx_bf16: "AMX BF16",
  neon: "NEON",
  dotprod: "NEON dot product",
  i8mm: "NEON I8MM",
  bf16: "NEON BF16",
  sve: "SVE",
} as const;

export type CpuFeature = keyof typeof cpuFeatures;

export async function inspectCpu(limits = readGroupLimits()): Promise<Cpu> {
  const cores = cpus();
  const quota = limits.cores;
  const usable = Math.min(availableParallelism(), quota === null ? Infinity : Math.ceil(quota));
  return {
    model: cores[0]?.model.trim() || "unknown",
    architecture: process.arch,
    logicalCores: Math.max(cores.length, availableParallelism()), // Node counts none where /proc is hidden
    usableCores: Math.max(1, usable),
    quotaCores: quota,
    features: await readFeatures(),
  };
}

export function inspectMemory(limits: GroupLimits = readGroupLimits()): Memory {
  const { memoryBytes, memoryUsedBytes } = limits;
  const totalBytes = totalmem();
  const limitBytes = memoryBytes !== null && memoryBytes < totalBytes ? memoryBytes : null;
  const left = limitBytes === null ? Infinity : limitBytes - (memoryUsedBytes ?? 0);
  return { totalBytes, availableBytes: Math.max(0, Math.min(freemem(), left)), limitBytes };
}

const SYSCTL_TIMEOUT_MS = 2000;

/** Where the system says it: /proc/cpuinfo on Linux, sysctl on macOS. Windows tells a program only by the instruction itself. */
export async function readFeatures(
  platform: NodeJS.Platform = process.platform,
  { cpuinfo = "/proc/cpuinfo", run = runCommand, architecture = process.arch } = {},
): Promise<CpuFeature[] | null> {
  if (platform === "linux") return featuresOfLinux(cpuinfo);
  if (platform === "darwin") return featuresOfMac(run, architecture);
  return null;
}

/** x86 calls the line "flags", ARM "Features" and NEON "asimd". */
function featuresOfLinux(cpuinfo: string): CpuFeature[] | null {
  try {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync(cpuinfo, "utf8"))?.[1];
    return line === undefined ? null : pick(line.replace(/\basimd\b/, "neon"), linuxNames);
  } catch {
    return null; // /proc is not there
  }
}

async function featuresOfMac(run: RunCommand, architecture: string): Promise<CpuFeature[] | null> {
  const intel = ["machdep.cpu.features", "machdep.cpu.leaf7_features"];
  const arm = ["FEAT_DotProd", "FEAT_I8MM", "FEAT_BF16"].map((name) => `hw.optional.arm.${name}`);
  const names = architecture === "arm64" ? arm : intel;
  const result = await run("sysctl", names, SYSCTL_TIMEOUT_MS);
  if (architecture === "arm64") {
    // All Macs with ARM have NEON; the rest is a line `name: 1` each.
    const rest = result.type === "ok" ? [...result.stdout.matchAll(/FEAT_(\w+): 1/g)] : [];
    return pick(["neon", ...rest.map(([, name]) => name.toLowerCase())].join(" "), linuxNames);
  }
  return result.type === "ok" ? pick(result.stdout.toLowerCase(), macNames) : null;
}

type Names = Readonly<Record<string, CpuFeature>>;

const linuxNames: Names = {
  ...(Object.fromEntries(Object.keys(cpuFeatures).map((name) => [name, name])) as Names),
  asimddp: "dotprod",
};

const macNames: Names = { avx2: "avx2", avx512f: "avx512f", avx512vnni: "avx512_vnni" };

function pick(line: string, names: Names): CpuFeature[] {
  const words = line.split(/\s+/).flatMap((word) => (word in names ? [names[word]] : []));
  return [...new Set(words)];
}
