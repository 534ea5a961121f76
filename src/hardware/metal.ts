// Apple's Metal: the GPUs of a Mac, as system_profiler tells them.
import { runCommand } from "./command.ts";
import { nothing, type Seen } from "./seen.ts";

export interface MetalGpu {
  name: string;
  /** Such as "Metal 3", or as the system says it. */
  metal: string;
  /** Bytes of its own memory; null for a GPU that shares the machine's. */
  memoryBytes: number | null;
}

/** One entry of SPDisplaysDataType; names as system_profiler writes them. */
interface Entry {
  sppci_model?: string;
  spdisplays_mtlgpufamilysupport?: string;
  spdisplays_metal?: string;
  spdisplays_vram?: string;
}

/** Asks for the displays' controllers, those without Metal left out. */
export async function inspectMetal({ run = runCommand, timeoutMs = 10_000 } = {}): Promise<
  Seen<MetalGpu>
> {
  const result = await run("system_profiler", ["SPDisplaysDataType", "-json"], timeoutMs);
  if (result.type === "missing") return nothing("system_profiler was not found");
  if (result.type === "hung")
    return nothing(`system_profiler gave no answer in ${timeoutMs / 1000} s`);
  if (result.type === "failed") return nothing(`system_profiler: ${result.reason}`);
  const devices = parse(result.stdout);
  if (devices === undefined)
    return nothing("system_profiler gave an answer that is not understood");
  if (devices.length === 0) return nothing("no GPU with Metal");
  return { status: "devices", devices, warnings: [] };
}

function parse(text: string): MetalGpu[] | undefined {
  try {
    const { SPDisplaysDataType: entries } = JSON.parse(text) as { SPDisplaysDataType: Entry[] };
    return entries.flatMap((entry) => {
      const support = entry.spdisplays_mtlgpufamilysupport ?? entry.spdisplays_metal;
      if (support === undefined || /notsupported/i.test(support)) return [];
      const name = entry.sppci_model ?? "unknown GPU";
      return [{ name, metal: title(support), memoryBytes: toBytes(entry.spdisplays_vram) }];
    });
  } catch {
    return undefined; // another form of answer than that of any known macOS
  }
}

/** `spdisplays_metal3` is "Metal 3". */
function title(support: string): string {
  return support
    .replace(/^spdisplays_metal_?/i, "Metal ")
    .replace(/supported$/i, "")
    .trim();
}

/** Such as "8 GB". */
function toBytes(amount: string | undefined): number | null {
  const [, value, unit] = /^(\d+) ?([MG])B$/.exec(amount ?? "") ?? [];
  return value === undefined ? null : Number(value) * (unit === "G" ? 2 ** 30 : 2 ** 20);
}
