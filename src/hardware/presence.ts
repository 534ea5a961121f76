// Whether the machine has a GPU at all, by what Linux sees without any driver: decides whether a missing driver is worth a remedy.
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { namesIn } from "../files.ts";
import { vendorName } from "./vendors.ts";

export interface Presence {
  /** Makers of the GPUs on the PCI bus, such as "NVIDIA", one each; null where the bus cannot be seen. */
  vendors: readonly string[] | null;
  /** Device files through which drivers reach a GPU that this user may not open. */
  forbidden: readonly string[];
  /** Such device files in all. */
  numNodes: number;
}

const DISPLAY = 0x03; // PCI base classes: graphics, and accelerators without a display
const ACCELERATOR = 0x12;

/** Cards that only paint a screen (servers' and virtual machines' adapters) are none of these. */
const makers = new Set(["NVIDIA", "AMD", "Intel"]);

/** Looks at /sys and /dev below `root`. */
export function inspectPresence(root = "/"): Presence {
  const nodes = [
    ...list(join(root, "dev/dri"), /^renderD\d+$/),
    ...list(join(root, "dev"), /^kfd$/),
  ];
  const nvidia = list(join(root, "dev"), /^nvidia(\d+|ctl)$/);
  return {
    vendors: vendorsOnBus(join(root, "sys/bus/pci/devices")),
    forbidden: [...nodes, ...nvidia].filter((path) => !isOpen(path)),
    numNodes: nodes.length + nvidia.length,
  };
}

/** Whether there is certainly nothing that a driver could drive. */
export function isWithoutGpu({ vendors, numNodes }: Presence): boolean {
  return vendors !== null && vendors.length === 0 && numNodes === 0;
}

function vendorsOnBus(folder: string): string[] | null {
  const devices = list(folder, /./);
  if (devices.length === 0) return null;
  const found = devices.flatMap((device) => {
    const baseClass = readHex(join(device, "class")) >>> 16;
    const vendor = vendorName(readHex(join(device, "vendor")));
    const isGpu = baseClass === DISPLAY || (baseClass === ACCELERATOR && vendor !== "Intel");
    return isGpu && makers.has(vendor) ? [vendor] : [];
  });
  return [...new Set(found)].toSorted();
}

function readHex(path: string): number {
  try {
    return Number.parseInt(readFileSync(path, "latin1"), 16) || 0;
  } catch {
    return 0; // a device that has gone, or one that says nothing
  }
}

function list(folder: string, pattern: RegExp): string[] {
  return namesIn(folder)
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name));
}

function isOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
