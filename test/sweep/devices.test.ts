// A sweep finds out before its first cell whether what its cells ask for can be had.
import { describe, expect, test } from "vitest";
import { resolveExperiment } from "../../src/config/schema.ts";
import type { Device } from "../../src/device/devices.ts";
import type { Examiners } from "../../src/device/choose.ts";
import { chooseDevices } from "../../src/sweep/devices.ts";
import { machines } from "../support/machines.ts";

const withoutGpu: Examiners = {
  inspectHardware: async () => ({ graphics: machines.bare }),
  testEngine: async ({ engine }) => ({
    ok: false,
    isLoaded: false,
    reason: `${engine} is not there`,
  }),
};

const cells = (...devices: Device[]) =>
  devices.map((device) =>
    resolveExperiment({
      task: { name: "mrpc" },
      encoder: { source: "here" },
      method: { name: "head" },
      device,
    }),
  );

describe("chooseDevices", () => {
  test("tells every device once, and what those without one prefer", async () => {
    expect(await chooseDevices(cells("auto", "cpu", "auto"), withoutGpu)).toEqual({
      prefer: "cpu",
      notes: ["device: auto: cpu (no Vulkan driver is installed)", "device: cpu"],
    });
  });

  test("one that cannot be had is its cells' own matter", async () => {
    expect(await chooseDevices(cells("cpu", "webgpu"), withoutGpu)).toEqual({
      notes: ["device: cpu"],
    });
  });

  test("where none can be had, nothing begins", async () => {
    await expect(chooseDevices(cells("webgpu", "cuda"), withoutGpu)).rejects.toThrow(
      "device: webgpu: no Vulkan driver is installed",
    );
  });
});
