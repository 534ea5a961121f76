// The device policy on machines that are described, with engines that behave as described.
import { describe, expect, test } from "vitest";
import { chooseEngine, type Examiners } from "../../src/device/choose.ts";
import type { Device } from "../../src/device/devices.ts";
import type { SelfTestReport } from "../../src/device/self-test.ts";
import type { EngineName } from "../../src/engine/create.ts";
import type { Precision } from "../../src/engine/engine.ts";
import type { Hardware } from "../../src/hardware/hardware.ts";
import { machines, passes } from "../support/machines.ts";

type Graphics = Hardware["graphics"];

/** Chooses on a machine whose engines give these reports; engines without one must not be tested. */
function choose(
  device: Device,
  graphics: Graphics,
  reports: Partial<Record<EngineName, SelfTestReport>> = {},
  precision: Precision = "float32",
  prefer?: EngineName,
) {
  const examiners: Examiners = {
    inspectHardware: async () => ({ graphics }),
    testEngine: async ({ engine }) => {
      const report = reports[engine];
      if (!report) throw new Error(`${engine} was tested`);
      return report;
    },
  };
  return chooseEngine(device, { precision, prefer, examiners });
}

const crash: SelfTestReport = { ok: false, isLoaded: true, reason: "it crashed: SIGSEGV" };
const noLibrary: SelfTestReport = { ok: false, isLoaded: false, reason: "not done", remedy: "peft setup tensorflow" }; // prettier-ignore

describe("auto", () => {
  test("nothing: the processor, and why", async () => {
    expect(await choose("auto", machines.bare)).toEqual({
      engine: "cpu",
      options: {},
      reason: "no Vulkan driver is installed",
    });
  });

  test("a software driver only: the processor, untested", async () => {
    expect(await choose("auto", machines.software)).toEqual({
      engine: "cpu",
      options: {},
      reason: "the only graphics driver, SwiftShader, computes on the processor",
    });
  });

  test("a driver that crashes while it is asked", async () => {
    const { engine, reason } = await choose("auto", machines.brokenDriver);
    expect({ engine, reason }).toEqual({ engine: "cpu", reason: "the Vulkan driver crashed: SIGSEGV" }); // prettier-ignore
  });

  test("a driver that crashes in the self-test", async () => {
    const { engine, reason } = await choose("auto", machines.radeon, { webgpu: crash });
    expect(engine).toBe("cpu");
    expect(reason).toContain("webgpu: it crashed: SIGSEGV");
  });

  test("a GPU that is faster", async () => {
    expect(await choose("auto", machines.radeon, { webgpu: passes(5, 150) })).toEqual({
      engine: "webgpu",
      options: { gpu: "Radeon" },
      reason: "a standard step takes 5.0 ms, on cpu 150 ms",
    });
  });

  test.each([300, 120])("a GPU that takes %i ms where the processor takes 150", async (ms) => {
    const choice = await choose("auto", machines.radeon, { webgpu: passes(ms, 150) });
    expect(choice).toEqual({
      engine: "cpu",
      options: {},
      reason: `webgpu on Radeon is not much faster: a standard step takes ${ms} ms, on cpu 150 ms`,
    });
  });

  test("stays where a run was begun, if that still works", async () => {
    const [radeon, slow] = [machines.radeon, { webgpu: passes(300, 150) }];
    expect((await choose("auto", radeon, slow, "float32", "webgpu")).engine).toBe("webgpu");
    expect(await choose("auto", radeon, {}, "float32", "cpu")).toEqual({ engine: "cpu", options: {} }); // prettier-ignore
    expect((await choose("auto", machines.bare, {}, "float32", "webgpu")).engine).toBe("cpu");
    // Its GPU is gone and a driver that computes on the processor has stayed: not tested, not taken.
    expect((await choose("auto", machines.software, {}, "float32", "webgpu")).engine).toBe("cpu");
    expect((await choose("auto", radeon, { webgpu: crash }, "float32", "webgpu")).engine).toBe("cpu"); // prettier-ignore
  });

  test("several ways to a GPU: the fastest that passes", async () => {
    const reports = { webgpu: passes(9, 150), tfjs: passes(7, 150) };
    expect((await choose("auto", machines.nvidia, reports)).engine).toBe("tfjs");
    expect((await choose("auto", machines.nvidia, { ...reports, tfjs: noLibrary })).engine).toBe("webgpu"); // prettier-ignore
  });

  test("tfjs-node without GPU is one more way to the processor, which is not taken", async () => {
    const onCpu = { ...passes(200, 150), isOnGpu: false } as SelfTestReport;
    const { engine, reason } = await choose("auto", machines.nvidia, { webgpu: crash, tfjs: onCpu }); // prettier-ignore
    expect(engine).toBe("cpu");
    expect(reason).toBe("webgpu: it crashed: SIGSEGV; tfjs: it computes on the processor");
  });
});

describe("a device that is named", () => {
  test("cpu asks nobody", async () => {
    expect(await choose("cpu", machines.radeon)).toEqual({ engine: "cpu", options: {} });
  });

  test.each<[Device, keyof typeof machines, string, string]>([
    ["webgpu", "bare", "device: webgpu: no Vulkan driver is installed", "apt-get install mesa-vulkan-drivers"], // prettier-ignore
    ["cuda", "bare", "device: cuda: no NVIDIA driver: nvidia-smi was not found", "peft doctor shows"], // prettier-ignore
    ["cuda", "nvidia", "device: cuda: ONNX Runtime's CUDA provider is not installed", "peft setup cuda"], // prettier-ignore
    ["webgpu", "brokenDriver", "device: webgpu: the Vulkan driver crashed: SIGSEGV", "peft doctor shows"], // prettier-ignore
  ])("%s on a machine that is %s: reason and remedy", async (device, machine, message, hint) => {
    const refusal = choose(device, machines[machine]);
    await expect(refusal).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  test("gpu names everything that was tried", async () => {
    await expect(choose("gpu", machines.bare)).rejects.toMatchObject({
      message:
        "device: gpu: expected one that works: cuda: no NVIDIA driver: nvidia-smi was not found; webgpu: no Vulkan driver is installed", // prettier-ignore
    });
    await expect(choose("gpu", machines.software)).rejects.toThrow(
      "webgpu: the only graphics driver, SwiftShader, computes on the processor",
    );
  });

  test("gpu takes one that is slower than the processor", async () => {
    expect((await choose("gpu", machines.radeon, { webgpu: passes(300, 150) })).engine).toBe("webgpu"); // prettier-ignore
  });

  test("webgpu takes a software rasteriser when it is told to, and says what that means", async () => {
    const passed = { ok: true, description: "", isOnGpu: false } as const;
    expect(await choose("webgpu", machines.software, { webgpu: passed })).toEqual({
      engine: "webgpu",
      options: { gpu: "SwiftShader", isSoftware: true },
      reason: "the only graphics driver, SwiftShader, computes on the processor; expect it to be very slow", // prettier-ignore
    });
  });

  test("tfjs that is not there", async () => {
    await expect(choose("tfjs", machines.bare, { tfjs: noLibrary })).rejects.toMatchObject({
      message: "device: tfjs: not done",
      hint: expect.stringContaining("peft setup tensorflow"),
    });
  });
});

describe("float16", () => {
  test("on a GPU that has it", async () => {
    const choice = await choose("auto", machines.radeon, { webgpu: passes(300, 150) }, "float16");
    expect(choice).toMatchObject({ engine: "webgpu", options: { precision: "float16" } });
  });

  test.each(["auto", "cpu"] as const)("%s without one is an error, not float32", async (device) => {
    await expect(choose(device, machines.bare, {}, "float16")).rejects.toThrow(
      /^precision: float16: expected float32 on the processor/,
    );
  });

  test("a driver without 16-bit floats", async () => {
    await expect(choose("webgpu", machines.software, {}, "float16")).rejects.toMatchObject({
      message: "device: webgpu: it has no 16-bit floats",
      hint: expect.stringContaining("leave precision out"),
    });
  });
});
