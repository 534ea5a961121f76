// Processor and memory of this machine, and how other systems tell their instructions.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inspectCpu, inspectMemory, readFeatures } from "../../src/hardware/cpu.ts";
import type { CommandResult } from "../../src/hardware/command.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();
const noLimits = { cores: null, memoryBytes: null, memoryUsedBytes: null };

describe("this machine", () => {
  test("its cores, of which a quota leaves some", async () => {
    const free = await inspectCpu(noLimits);
    expect(free.usableCores).toBeGreaterThanOrEqual(1);
    expect(free.logicalCores).toBeGreaterThanOrEqual(free.usableCores);
    expect(await inspectCpu({ ...noLimits, cores: 0.5 })).toMatchObject({
      usableCores: 1,
      quotaCores: 0.5,
    });
  });

  test("its memory, of which a limit leaves some", () => {
    const free = inspectMemory(noLimits);
    expect(free.limitBytes).toBeNull();
    expect(free.availableBytes).toBeLessThanOrEqual(free.totalBytes);
    const limited = inspectMemory({ ...noLimits, memoryBytes: 3e6, memoryUsedBytes: 1e6 });
    expect(limited).toMatchObject({ limitBytes: 3e6, availableBytes: 2e6 });
    expect(inspectMemory({ ...noLimits, memoryBytes: 1e18 }).limitBytes).toBeNull();
  });
});

describe("instructions", () => {
  const cpuinfo = (text: string) => {
    const file = join(temporaryFolder(), "cpuinfo");
    writeFileSync(file, text);
    return { cpuinfo: file };
  };
  const run = (result: CommandResult) => ({ run: async () => result });

  test.each([
    ["flags\t\t: fpu sse4_2 avx2 avx512f avx512_vnni amx_tile amx_int8 avx_vnni\n", ["avx2", "avx512f", "avx512_vnni", "amx_tile", "amx_int8"]], // prettier-ignore
    ["Features\t: fp asimd asimddp i8mm bf16 sve\n", ["neon", "dotprod", "i8mm", "bf16", "sve"]],
    ["flags\t\t: fpu sse2\n", []],
    ["processor\t: 0\n", null],
  ])("Linux: %j", async (text, expected) => {
    expect(await readFeatures("linux", cpuinfo(text))).toEqual(expected);
  });

  test("Linux without /proc", async () => {
    expect(await readFeatures("linux", { cpuinfo: "/nowhere/cpuinfo" })).toBeNull();
  });

  test("macOS on Intel", async () => {
    const stdout =
      "machdep.cpu.features: FPU SSE4.2 AVX1.0\nmachdep.cpu.leaf7_features: BMI1 AVX2 AVX512F\n";
    const options = { ...run({ type: "ok", stdout }), architecture: "x64" as const };
    expect(await readFeatures("darwin", options)).toEqual(["avx2", "avx512f"]);
    const missing = { ...run({ type: "missing" }), architecture: "x64" as const };
    expect(await readFeatures("darwin", missing)).toBeNull();
  });

  test("macOS on ARM", async () => {
    const stdout =
      "hw.optional.arm.FEAT_DotProd: 1\nhw.optional.arm.FEAT_I8MM: 1\nhw.optional.arm.FEAT_BF16: 0\n";
    const options = { ...run({ type: "ok", stdout }), architecture: "arm64" as const };
    expect(await readFeatures("darwin", options)).toEqual(["neon", "dotprod", "i8mm"]);
  });

  test("Windows does not tell", async () => {
    expect(await readFeatures("win32")).toBeNull();
  });
});
