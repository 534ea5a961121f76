// What peft doctor is told of the engines.
import { expect, test } from "vitest";
import { checkWith } from "../../src/device/check-engines.ts";
import type { SelfTestOrder, SelfTestReport } from "../../src/device/self-test.ts";
import { machines, passes } from "../support/machines.ts";

test("every engine once, with what its test says", async () => {
  const orders: SelfTestOrder[] = [];
  const reports: Record<string, SelfTestReport> = {
    cpu: { ok: true, description: "compiled", isOnGpu: false, stepMs: 150, cpuStepMs: 150 },
    webgpu: { ok: false, isLoaded: true, reason: "it computes wrongly" },
    tfjs: { ok: false, isLoaded: false, reason: "not done", remedy: "peft setup tensorflow" },
  };
  const tester = async (order: SelfTestOrder) => {
    orders.push(order);
    return reports[order.engine];
  };
  expect(await checkWith(tester, { graphics: machines.radeon }, { selfTest: true })).toEqual([
    { device: "cpu", status: "ok", description: "compiled", stepMs: 150 },
    { device: "webgpu", status: "failed", reason: "it computes wrongly" },
    { device: "cuda", status: "unavailable", reason: "no NVIDIA driver: nvidia-smi was not found" },
    { device: "tfjs", status: "unavailable", reason: "not done", remedy: "peft setup tensorflow" },
  ]);
  expect(orders.map(({ engine, depth }) => [engine, depth])).toEqual([["cpu", "time"], ["webgpu", "time"], ["tfjs", "time"]]); // prettier-ignore
});

test("a software rasteriser is loaded, not timed", async () => {
  const orders: SelfTestOrder[] = [];
  const tester = async (order: SelfTestOrder) => {
    orders.push(order);
    return passes(1, 1);
  };
  const [, webgpu] = await checkWith(tester, { graphics: machines.software }, { selfTest: true });
  expect(webgpu).toMatchObject({ device: "webgpu", status: "software" });
  expect(orders[1]).toEqual({
    engine: "webgpu",
    depth: "load",
    options: { gpu: "SwiftShader", isSoftware: true },
  });
});
