// WebGPU for suites: a real GPU where there is one, else Chromium's SwiftShader, which computes on the processor.
import { existsSync } from "node:fs";
import { createCompiledEngine } from "../../src/engine/compiled/compiled.ts";
import { inspectHardware } from "../../src/hardware/hardware.ts";
import { routeTo } from "../../src/device/routes.ts";

const swiftshader = [
  "/usr/lib/chromium/vk_swiftshader_icd.json",
  "/usr/lib/chromium-browser/vk_swiftshader_icd.json",
].find((file) => existsSync(file));

let route = routeTo("webgpu", await inspectHardware());
if (route.status === "closed" && swiftshader !== undefined) {
  process.env.VK_ICD_FILENAMES = swiftshader; // Vulkan's loader reads it when a driver is first needed
  route = routeTo("webgpu", await inspectHardware());
}

/** Why the suites are skipped; undefined where they run. */
export const noWebGpu =
  route.status === "closed"
    ? `skipped: ${route.reason}; chromium brings a driver that computes on the processor`
    : undefined;

export const isSoftware = route.status === "software";

export const createWebGpuEngine = async () =>
  createCompiledEngine({ provider: "webgpu", isSoftware });
