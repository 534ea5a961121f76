// What to do so that Vulkan finds the GPU that is in the machine: which package, permission or setting is missing.
import { isWithoutGpu, type Presence } from "./presence.ts";
import type { NvidiaGpu } from "./nvidia.ts";
import type { Seen } from "./seen.ts";
import type { System } from "./system.ts";
import type { VulkanDevice, VulkanOutcome } from "./vulkan.ts";

/** What else is known of the machine. */
export interface Surroundings {
  presence: Presence;
  nvidia: Seen<NvidiaGpu>;
  system: System;
}

/** The outcome with the step that mends it, where there is a GPU that is worth it. */
export function withRemedy(outcome: VulkanOutcome, around: Surroundings): Seen<VulkanDevice> {
  const remedy = isWorthIt(outcome, around) ? remedyFor(outcome, around) : undefined;
  const mended = remedy === undefined ? {} : { remedy };
  if (outcome.type === "devices")
    return {
      status: "devices",
      devices: outcome.devices,
      warnings: outcome.warnings,
      ...mended,
    };
  return { status: "none", reason: withPresence(outcome.reason, around), ...mended };
}

/** A GPU is there, or may be, and Vulkan does not offer it. */
function isWorthIt(outcome: VulkanOutcome, around: Surroundings): boolean {
  if (overridingVariable() !== undefined && outcome.type === "none") return true;
  if (outcome.type === "none")
    return around.nvidia.status === "devices" || !isWithoutGpu(around.presence);
  return hiddenVendors(outcome.devices, around).length > 0;
}

/** Makers of GPUs in the machine of which Vulkan shows none. */
function hiddenVendors(devices: readonly VulkanDevice[], around: Surroundings): string[] {
  const present = new Set(around.presence.vendors ?? []);
  if (around.nvidia.status === "devices") present.add("NVIDIA");
  const shown = devices.filter(({ kind }) => kind !== "cpu").map(({ vendor }) => vendor);
  // A processor's own Intel graphics beside another GPU are not missed.
  if (shown.length > 0) present.delete("Intel");
  return [...present].filter((vendor) => !shown.includes(vendor));
}

function remedyFor(outcome: VulkanOutcome, around: Surroundings): string {
  const { presence, system } = around;
  const vendors = hiddenVendors(outcome.type === "devices" ? outcome.devices : [], around);
  const variable = overridingVariable();
  const cause = outcome.type === "none" ? outcome.cause : "noDevice";
  if (variable !== undefined && cause !== "noLoader") return `unset ${variable}`;
  if (cause === "noLoader") return system.install("loader");
  if (cause === "unknown") return "npm ci"; // koffi or its binary is not there
  if (system.isWindows) return system.install("loader");
  const library = missingLibrary(outcome);
  if (library !== undefined) return system.installLibrary(library);
  if (cause === "crashed" || cause === "hung")
    return "update the graphics driver, or take it out of /usr/share/vulkan/icd.d and /etc/vulkan/icd.d";
  if (presence.forbidden.length > 0 && !system.isContainer)
    return "usermod -aG render,video $USER, then log in again";
  if (vendors.includes("NVIDIA")) return remedyForNvidia(around);
  if (vendors.includes("AMD")) return system.install("amd");
  if (vendors.includes("Intel")) return system.install("intel");
  return `install your GPU's Vulkan driver: NVIDIA's own, or for AMD and Intel: ${system.install("amd")}`;
}

/** A library that a driver is linked with; the driver's own has "vulkan" or the maker in its name. */
function missingLibrary(outcome: VulkanOutcome): string | undefined {
  const words = outcome.type === "none" ? [outcome.reason] : outcome.warnings;
  const names = words.map((text) => /(\S+): cannot open shared object file/.exec(text)?.[1]);
  return names.find((name) => name !== undefined && !/\/|vulkan|nvidia|amdvlk/i.test(name));
}

function remedyForNvidia({ nvidia, system }: Surroundings): string {
  if (nvidia.status === "none") return nvidia.remedy ?? system.install("nvidia");
  if (system.isContainer)
    return "start the container with NVIDIA_DRIVER_CAPABILITIES=all, so that it gets the driver's graphics libraries";
  const [major] = nvidia.devices[0].driverVersion.split(".");
  return system.isUbuntu ? `apt-get install libnvidia-gl-${major}` : system.install("nvidiaVulkan");
}

/** How to get NVIDIA's driver, where the machine has a GPU of theirs. */
export function nvidiaRemedy(presence: Presence, system: System): string | undefined {
  if (!presence.vendors?.includes("NVIDIA")) return undefined;
  if (system.isContainer)
    return "start the container with its GPUs: docker run --gpus all -e NVIDIA_DRIVER_CAPABILITIES=all";
  return system.isUbuntu ? "ubuntu-drivers install" : system.install("nvidia");
}

/** A variable by which the loader looks for drivers elsewhere than the system keeps them; if empty, nowhere. */
function overridingVariable(): string | undefined {
  return ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].find((name) => process.env[name] !== undefined);
}

function withPresence(reason: string, { presence, nvidia }: Surroundings): string {
  const isEmpty = isWithoutGpu(presence) && nvidia.status === "none";
  return isEmpty ? `${reason}; the machine shows no GPU of NVIDIA, AMD or Intel` : reason;
}
