// Machines as the hardware layer would describe them, and engines as the self-test would.
import type { SelfTestReport } from "../../src/device/self-test.ts";
import type { Hardware } from "../../src/hardware/hardware.ts";
import type { DeviceKind, VulkanDevice } from "../../src/hardware/vulkan.ts";

type Graphics = Hardware["graphics"];

const noNvidia = { status: "none", reason: "no NVIDIA driver: nvidia-smi was not found" } as const;

function vulkan(name: string, kind: DeviceKind, float16: boolean): Graphics["vulkan"] {
  const device: VulkanDevice = {
    name,
    kind,
    vendor: "someone",
    driver: null,
    driverVersion: "1.0.0",
    apiVersion: "1.3.0",
    memoryBytes: 2 ** 33,
    float16,
  };
  return { status: "devices", devices: [device], warnings: [] };
}

const none = (reason: string, remedy?: string) =>
  ({ status: "none", reason, ...(remedy !== undefined && { remedy }) }) as const;

const common = { metal: null, nvidia: noNvidia, pciVendors: [] };

export const machines = {
  bare: {
    ...common,
    vulkan: none("no Vulkan driver is installed", "apt-get install mesa-vulkan-drivers"),
  },
  software: { ...common, vulkan: vulkan("SwiftShader", "cpu", false) },
  brokenDriver: { ...common, vulkan: none("the Vulkan driver crashed: SIGSEGV") },
  radeon: { ...common, vulkan: vulkan("Radeon", "discrete", true) },
  nvidia: {
    ...common,
    vulkan: vulkan("GeForce", "discrete", true),
    nvidia: {
      status: "devices",
      warnings: [],
      devices: [
        {
          name: "GeForce",
          driverVersion: "580.1",
          memoryBytes: 2 ** 33,
          usedBytes: 0,
          freeBytes: 2 ** 33,
          computeCapability: "8.6",
          processes: [],
        },
      ],
    },
  },
} satisfies Record<string, Graphics>;

/** An engine on a GPU that works and takes this long. */
export function passes(stepMs: number, cpuStepMs: number): SelfTestReport {
  return { ok: true, description: "an engine", isOnGpu: true, stepMs, cpuStepMs };
}
