// Which step brings the GPU that is in the machine to Vulkan.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Presence } from "../../src/hardware/presence.ts";
import { inspectSystem, type System } from "../../src/hardware/system.ts";
import type { VulkanDevice, VulkanFault, VulkanOutcome } from "../../src/hardware/vulkan.ts";
import { nvidiaRemedy, type Surroundings, withRemedy } from "../../src/hardware/vulkan-remedy.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();

beforeEach(() => {
  vi.stubEnv("VK_ICD_FILENAMES", undefined);
  vi.stubEnv("VK_DRIVER_FILES", undefined);
});
afterEach(() => vi.unstubAllEnvs());

function systemOf(osRelease: string, more: Partial<System> = {}): System {
  const file = join(temporaryFolder(), "os-release");
  writeFileSync(file, osRelease);
  const system = inspectSystem({ osRelease: file, platform: "linux" });
  return { ...system, isContainer: false, ...more };
}

const debian = systemOf('PRETTY_NAME="Debian"\nID=debian\n');
const ubuntu = systemOf("ID=ubuntu\nID_LIKE=debian\n");
const fedora = systemOf('ID="rocky"\nID_LIKE="rhel centos fedora"\n');
const unknown = systemOf("ID=nixos\n");
const windows = inspectSystem({ osRelease: "/nowhere", platform: "win32" });

const presenceOf = (...vendors: string[]): Presence => ({ vendors, forbidden: [], numNodes: 0 });
const hidden: Presence = { vendors: null, forbidden: [], numNodes: 0 };
const noNvidia = { status: "none", reason: "nvidia-smi was not found" } as const;
const nvidia: Surroundings["nvidia"] = {
  status: "devices",
  warnings: [],
  devices: [
    {
      name: "A10",
      driverVersion: "550.54.14",
      memoryBytes: null,
      usedBytes: null,
      freeBytes: null,
      computeCapability: null,
      processes: [],
    },
  ],
};

const none = (cause: VulkanFault, reason = "why"): VulkanOutcome => ({
  type: "none",
  cause,
  reason,
});
const remedyOf = (outcome: VulkanOutcome, around: Partial<Surroundings>) =>
  withRemedy(outcome, { presence: hidden, nvidia: noNvidia, system: debian, ...around }).remedy;

describe("nothing found", () => {
  test("a machine without GPU has nothing to mend, and says so", () => {
    const around = { presence: presenceOf(), nvidia: noNvidia, system: debian };
    expect(withRemedy(none("noDriver"), around)).toEqual({
      status: "none",
      reason: "why; the machine shows no GPU of NVIDIA, AMD or Intel",
    });
  });

  test.each<[VulkanFault, Partial<Surroundings>, string]>([
    ["noLoader", { presence: presenceOf("AMD") }, "apt-get install libvulkan1"],
    ["noLoader", {}, "apt-get install libvulkan1"],
    ["noLoader", { system: fedora }, "dnf install vulkan-loader"],
    ["noLoader", { system: unknown }, "install the Vulkan loader (libvulkan.so.1)"],
    ["noDriver", { system: windows }, "install the current driver of your GPU's maker"],
    ["noDriver", { presence: presenceOf("AMD") }, "apt-get install mesa-vulkan-drivers"],
    ["noDriver", { presence: presenceOf("Intel") }, "apt-get install mesa-vulkan-drivers"],
    ["noDriver", { presence: presenceOf("NVIDIA") }, "apt-get install nvidia-driver"],
    ["noDriver", { nvidia }, "apt-get install nvidia-vulkan-icd"],
    ["noDriver", { nvidia, system: ubuntu }, "apt-get install libnvidia-gl-550"],
    ["noDriver", { nvidia, system: { ...ubuntu, isContainer: true } }, "start the container with NVIDIA_DRIVER_CAPABILITIES=all, so that it gets the driver's graphics libraries"], // prettier-ignore
    ["noDevice", { presence: { ...presenceOf("AMD"), forbidden: ["/dev/dri/renderD128"] } }, "usermod -aG render,video $USER, then log in again"], // prettier-ignore
    ["unknown", {}, "npm ci"],
  ])("%s, %j", (cause, around, remedy) => {
    expect(remedyOf(none(cause), around)).toBe(remedy);
  });

  test("a driver that crashes or hangs", () => {
    for (const cause of ["crashed", "hung"] as const)
      expect(remedyOf(none(cause), { presence: presenceOf("AMD") })).toMatch(/^update the graphics driver/); // prettier-ignore
  });

  test("a library that the driver needs", () => {
    const outcome = none("brokenDriver", "no Vulkan driver loads: libXext.so.6: cannot open shared object file: No such file"); // prettier-ignore
    expect(remedyOf(outcome, { nvidia })).toBe("apt-get install libxext6");
    expect(remedyOf(outcome, { nvidia, system: fedora })).toBe("install the package that has libXext.so.6"); // prettier-ignore
    const own = none("brokenDriver", "libGLX_nvidia.so.0: cannot open shared object file");
    expect(remedyOf(own, { nvidia })).toBe("apt-get install nvidia-vulkan-icd");
  });

  test("a variable that names other drivers comes first", () => {
    vi.stubEnv("VK_ICD_FILENAMES", "/nowhere/icd.json");
    expect(remedyOf(none("brokenDriver"), { presence: presenceOf() })).toBe("unset VK_ICD_FILENAMES"); // prettier-ignore
    expect(remedyOf(none("noLoader"), {})).toBe("apt-get install libvulkan1");
  });
});

describe("devices found", () => {
  const device: VulkanDevice = {
    name: "x",
    kind: "discrete",
    vendor: "AMD",
    driver: null,
    driverVersion: "1",
    apiVersion: "1.3.0",
    memoryBytes: 1,
    float16: true,
  };
  const software: VulkanDevice = { ...device, kind: "cpu", vendor: "Mesa" };
  const found = (...devices: VulkanDevice[]): VulkanOutcome => ({
    type: "devices",
    devices,
    warnings: [],
  });

  test.each<[string, VulkanOutcome, Presence, string | undefined]>([
    ["the one there is", found(device), presenceOf("AMD"), undefined],
    ["software, and there is no GPU", found(software), presenceOf(), undefined],
    ["software, though there is a GPU", found(software), presenceOf("AMD"), "apt-get install mesa-vulkan-drivers"], // prettier-ignore
    ["one of two makers", found(device), presenceOf("AMD", "NVIDIA"), "apt-get install nvidia-driver"], // prettier-ignore
    ["a GPU, without the processor's own graphics", found(device), presenceOf("AMD", "Intel"), undefined], // prettier-ignore
  ])("%s", (_, outcome, presence, remedy) => {
    expect(remedyOf(outcome, { presence })).toBe(remedy);
  });
});

test("NVIDIA's driver is worth installing only where there is a GPU of theirs", () => {
  expect(nvidiaRemedy(presenceOf("AMD"), debian)).toBeUndefined();
  expect(nvidiaRemedy(hidden, debian)).toBeUndefined();
  expect(nvidiaRemedy(presenceOf("NVIDIA"), debian)).toBe("apt-get install nvidia-driver");
  expect(nvidiaRemedy(presenceOf("NVIDIA"), ubuntu)).toBe("ubuntu-drivers install");
  expect(nvidiaRemedy(presenceOf("NVIDIA"), { ...debian, isContainer: true })).toMatch(
    /--gpus all/,
  );
});
