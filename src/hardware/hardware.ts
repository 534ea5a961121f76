// Everything that is known of the machine without loading an engine.
import { readGroupLimits } from "./cgroup.ts";
import { type Cpu, inspectCpu, inspectMemory, type Memory } from "./cpu.ts";
import { inspectMetal, type MetalGpu } from "./metal.ts";
import { inspectNvidia, type NvidiaGpu } from "./nvidia.ts";
import { inspectPresence } from "./presence.ts";
import type { Seen } from "./seen.ts";
import { inspectSystem } from "./system.ts";
import { nvidiaRemedy, withRemedy } from "./vulkan-remedy.ts";
import { inspectVulkan, type VulkanDevice, type VulkanOptions } from "./vulkan.ts";

export interface Hardware {
  cpu: Cpu;
  memory: Memory;
  /** GPUs by the way they are reached; null where this system has no such way. */
  graphics: {
    vulkan: Seen<VulkanDevice> | null;
    metal: Seen<MetalGpu> | null;
    nvidia: Seen<NvidiaGpu> | null;
    /** Makers of the GPUs on the PCI bus, whether or not a driver is there; null where the bus cannot be seen. */
    pciVendors: readonly string[] | null;
  };
}

export interface HardwareOptions {
  /** Limit of each question, in milliseconds; all are asked at once. */
  timeoutMs?: number;
  vulkan?: VulkanOptions;
}

/** Asks everything at once, in not much more than `timeoutMs` (10 s by default) whatever hangs. Never throws. */
export async function inspectHardware({
  timeoutMs = 10_000,
  vulkan: vulkanOptions = {},
}: HardwareOptions = {}): Promise<Hardware> {
  const limits = readGroupLimits();
  const presence = inspectPresence();
  const system = inspectSystem();
  const isMac = process.platform === "darwin";
  const [cpu, nvidia, metal, vulkan] = await Promise.all([
    inspectCpu(limits),
    inspectNvidia(nvidiaRemedy(presence, system), { timeoutMs }),
    isMac ? inspectMetal({ timeoutMs }) : null,
    isMac ? null : inspectVulkan({ timeoutMs, ...vulkanOptions }),
  ]);
  return {
    cpu,
    memory: inspectMemory(limits),
    graphics: {
      vulkan: vulkan && withRemedy(vulkan, { presence, nvidia, system }),
      metal,
      nvidia: isMac ? null : nvidia,
      pciVendors: presence.vendors,
    },
  };
}
