// NVIDIA's GPUs, as nvidia-smi, which comes with the driver, tells them.
import { firstLine } from "../errors.ts";
import { type CommandResult, type RunCommand, runCommand } from "./command.ts";
import { nothing, type Seen } from "./seen.ts";

export interface NvidiaGpu {
  name: string;
  driverVersion: string;
  /** Bytes; null where the GPU does not say, as one that is split into parts (MIG). */
  memoryBytes: number | null;
  usedBytes: number | null;
  freeBytes: number | null;
  /** Such as "8.6"; null from drivers that are too old to say. */
  computeCapability: string | null;
  /** Programs that compute on it, as far as this process may see them: a container sees none. */
  processes: readonly GpuProcess[];
}

export interface GpuProcess {
  pid: number;
  /** Null where the driver does not say, as on Windows. */
  usedBytes: number | null;
}

export interface NvidiaOptions {
  run?: RunCommand;
  /** Names or paths that are tried one after the other. */
  programs?: readonly string[];
  timeoutMs?: number;
}

/** The search path, then where drivers put it without adding it there: WSL, Windows, a Linux with an emptied PATH. */
const programsBySystem: Record<string, readonly string[]> = {
  linux: ["nvidia-smi", "/usr/bin/nvidia-smi", "/usr/lib/wsl/lib/nvidia-smi"],
  win32: [
    "nvidia-smi",
    "C:\\Windows\\System32\\nvidia-smi.exe",
    "C:\\Program Files\\NVIDIA Corporation\\NVSMI\\nvidia-smi.exe",
  ],
};

const MIB = 2 ** 20; // nvidia-smi's unit, which --format=nounits leaves out

/** Asks the first nvidia-smi there is. `remedy` says how to get a driver, where the machine has a GPU of NVIDIA's. */
export async function inspectNvidia(
  remedy?: string,
  {
    run = runCommand,
    programs = programsBySystem[process.platform] ?? [],
    timeoutMs = 10_000,
  }: NvidiaOptions = {},
): Promise<Seen<NvidiaGpu>> {
  for (const program of programs) {
    const query = (fields: string) =>
      run(program, [fields, "--format=csv,noheader,nounits"], timeoutMs);
    const [gpus, processes] = await Promise.all([
      queryGpus(query),
      query("--query-compute-apps=gpu_uuid,pid,used_memory"),
    ]);
    if (gpus.type === "missing") continue;
    if (gpus.type !== "ok") return nothing(failure(gpus), remedyOf(gpus, remedy));
    const devices = parseGpus(gpus.stdout, processes.type === "ok" ? processes.stdout : "");
    if (devices.length > 0) return { status: "devices", devices, warnings: [] };
    return nothing(`nvidia-smi names no GPU: ${firstLine(gpus.stdout) || "no output"}`);
  }
  return nothing("no NVIDIA driver: nvidia-smi was not found", remedy);
}

type Query = (fields: string) => Promise<CommandResult>;

/** Drivers before 2021 do not know compute_cap and then answer nothing. */
async function queryGpus(query: Query): Promise<CommandResult> {
  const fields = "uuid,name,driver_version,memory.total,memory.used,memory.free";
  const result = await query(`--query-gpu=${fields},compute_cap`);
  if (result.type !== "failed" || !result.reason.includes("compute_cap")) return result;
  const older = await query(`--query-gpu=${fields}`);
  if (older.type !== "ok") return older;
  return { type: "ok", stdout: older.stdout.trim().replaceAll(/$/gm, ", [N/A]") };
}

function failure(result: Exclude<CommandResult, { type: "ok" | "missing" }>): string {
  if (result.type === "hung")
    return `the NVIDIA driver hung: nvidia-smi gave no answer in ${result.timeoutMs / 1000} s`;
  return `nvidia-smi: ${result.reason}`;
}

/** A driver and its library of different versions, or a kernel module that is not loaded: a restart loads the new one. */
function remedyOf(result: CommandResult, install: string | undefined): string | undefined {
  if (result.type === "hung")
    return "restart the machine; if it stays, install NVIDIA's driver anew";
  if (result.type !== "failed") return undefined;
  if (/version mismatch/i.test(result.reason)) return "restart the machine: its driver was updated";
  if (/No devices were found/i.test(result.reason)) return undefined;
  return `restart the machine; if it stays: ${install ?? "install NVIDIA's driver for this kernel anew"}`;
}

/** Lines of comma-separated fields, nothing quoted: commas beyond those between the fields are the name's. */
function parseGpus(text: string, processText: string): NvidiaGpu[] {
  const processes = parseProcesses(processText);
  return text.split("\n").flatMap((line) => {
    const cells = line.split(",").map((cell) => cell.trim());
    if (cells.length < 7) return [];
    const [uuid, ...name] = cells.slice(0, -5);
    const [driverVersion, total, used, free, capability] = cells.slice(-5);
    return [
      {
        name: name.join(", "),
        driverVersion,
        memoryBytes: toBytes(total),
        usedBytes: toBytes(used),
        freeBytes: toBytes(free),
        computeCapability: /^\d+\.\d+$/.test(capability) ? capability : null,
        processes: processes.filter((process) => process.uuid === uuid).map(toProcess),
      },
    ];
  });
}

function parseProcesses(text: string): (GpuProcess & { uuid: string })[] {
  return text.split("\n").flatMap((line) => {
    const [uuid, pid, used] = line.split(",").map((cell) => cell.trim());
    return /^\d+$/.test(pid ?? "") ? [{ uuid, pid: Number(pid), usedBytes: toBytes(used) }] : [];
  });
}

function toProcess({ pid, usedBytes }: GpuProcess): GpuProcess {
  return { pid, usedBytes };
}

/** Mebibytes to bytes; "[N/A]" and its likes are null. */
function toBytes(cell: string | undefined): number | null {
  return /^\d+$/.test(cell?.trim() ?? "") ? Number(cell) * MIB : null;
}
