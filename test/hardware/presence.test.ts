// GPUs that Linux sees without a driver, in folders laid out as its /sys and /dev.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspectPresence, isWithoutGpu } from "../../src/hardware/presence.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();

function rootWith(devices: [vendor: string, deviceClass: string][], nodes: string[] = []): string {
  const root = temporaryFolder();
  devices.forEach(([vendor, deviceClass], i) => {
    const folder = join(root, "sys/bus/pci/devices", `0000:00:0${i}.0`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "vendor"), `${vendor}\n`);
    writeFileSync(join(folder, "class"), `${deviceClass}\n`);
  });
  mkdirSync(join(root, "dev/dri"), { recursive: true });
  for (const node of nodes) writeFileSync(join(root, "dev", node), "");
  return root;
}

const hostBridge: [string, string] = ["0x8086", "0x060000"];

test.each<[string, [string, string][], string[] | null, boolean]>([
  ["a server's screen adapter is no GPU", [hostBridge, ["0x1a03", "0x030000"]], [], true],
  ["a virtual machine's neither", [hostBridge, ["0x1af4", "0x030000"]], [], true],
  ["NVIDIA's without a display", [hostBridge, ["0x10de", "0x030200"]], ["NVIDIA"], false],
  ["its sound and its bridge are none", [["0x10de", "0x040300"], ["0x10de", "0x068000"]], [], true], // prettier-ignore
  ["AMD's accelerator, and Intel's graphics", [["0x1002", "0x120000"], ["0x8086", "0x030000"]], ["AMD", "Intel"], false], // prettier-ignore
  ["Intel's accelerator of cryptography is none", [["0x8086", "0x120000"]], [], true],
  ["two of one maker", [["0x10de", "0x030200"], ["0x10de", "0x030200"]], ["NVIDIA"], false], // prettier-ignore
  ["no bus to be seen", [], null, false],
])("%s", (_, devices, vendors, isWithout) => {
  const presence = inspectPresence(rootWith(devices));
  expect(presence).toEqual({ vendors, forbidden: [], numNodes: 0 });
  expect(isWithoutGpu(presence)).toBe(isWithout);
});

test("a device file stands for a GPU that is not on the bus", () => {
  const presence = inspectPresence(rootWith([hostBridge], ["dri/renderD128", "dri/card0"]));
  expect(presence).toEqual({ vendors: [], forbidden: [], numNodes: 1 });
  expect(isWithoutGpu(presence)).toBe(false);
});
