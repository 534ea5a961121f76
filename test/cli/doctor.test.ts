// `peft doctor`: what is said of machines of every kind, and what a program reads of them.
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { inspectFolders } from "../../src/cli/doctor-folders.ts";
import type { Diagnosis } from "../../src/cli/doctor-diagnosis.ts";
import { doctor, type DoctorOptions } from "../../src/cli/doctor.ts";
import { installedVersion, isInRange } from "../../src/cli/package.ts";
import type { CheckEngines, EngineReport } from "../../src/device/report.ts";
import { UserError } from "../../src/errors.ts";
import type { Hardware } from "../../src/hardware/hardware.ts";
import { temporaryFolders } from "../support/temp.ts";
import { captureIo, peft } from "./capture.ts";

const temporaryFolder = temporaryFolders();
afterEach(() => vi.unstubAllEnvs());

const bare: Hardware = {
  cpu: {
    model: "AMD EPYC 7763",
    architecture: "x64",
    logicalCores: 8,
    usableCores: 2,
    quotaCores: 1.5,
    features: ["avx2", "avx512_vnni"],
  },
  memory: { totalBytes: 32e9, availableBytes: 7e9, limitBytes: 8e9 },
  graphics: {
    vulkan: { status: "none", reason: "no Vulkan driver is installed" },
    metal: null,
    nvidia: { status: "none", reason: "no NVIDIA driver: nvidia-smi was not found" },
    pciVendors: [],
  },
};

const withGpus: Hardware["graphics"] = {
  vulkan: {
    status: "devices",
    devices: [
      {
        name: "NVIDIA A10",
        kind: "discrete",
        vendor: "NVIDIA",
        driver: "NVIDIA",
        driverVersion: "550.54.14",
        apiVersion: "1.3.277",
        memoryBytes: 24e9,
        float16: true,
      },
      {
        name: "llvmpipe",
        kind: "cpu",
        vendor: "Mesa",
        driver: null,
        driverVersion: "22.3.6",
        apiVersion: "1.3.230",
        memoryBytes: 2e9,
        float16: false,
      },
    ],
    warnings: ["libvulkan_none.so: cannot open shared object file"],
  },
  metal: null,
  nvidia: {
    status: "devices",
    devices: [
      {
        name: "NVIDIA A10",
        driverVersion: "550.54.14",
        memoryBytes: 24e9,
        usedBytes: 1e9,
        freeBytes: 23e9,
        computeCapability: "8.6",
        processes: [{ pid: 4242, usedBytes: 1e9 }],
      },
    ],
    warnings: [],
  },
  pciVendors: ["NVIDIA"],
};

const cpu: EngineReport = {
  device: "cpu",
  status: "ok",
  stepMs: 411.6,
  description: "ONNX Runtime",
};

async function examine(
  engines: EngineReport[],
  { hardware = bare, isTTY = false, ...options }: Partial<DoctorOptions> & { hardware?: Hardware; isTTY?: boolean } = {}, // prettier-ignore
) {
  const { io, stdout } = captureIo({ isTTY });
  const checkEngines = vi.fn<CheckEngines>(async () => engines);
  const examiners = { inspectHardware: async () => hardware, checkEngines };
  const error: unknown = await doctor({ selfTest: true, ...options }, io, examiners).catch(
    (thrown: unknown) => thrown,
  );
  return { error, text: stdout.text(), raw: stdout.raw(), checkEngines };
}

describe("text", () => {
  test("a machine without a GPU", async () => {
    const { error, text } = await examine([
      cpu,
      { device: "webgpu", status: "unavailable", reason: "no GPU" },
    ]);
    expect(error).toBeUndefined();
    expect(text.split("\n").map((line) => line.split(/ {2,}/).filter(Boolean))).toEqual(
      expect.arrayContaining([
        ["program"],
        ["Node", expect.stringMatching(/^\d+\.\d+\.\d+ on \w+ \w+, supported \(>=20\.19 <23\)$/)],
        ["model", "AMD EPYC 7763"],
        ["cores", "2 of 8 usable, 1.5 by quota"],
        ["instructions", "AVX2, AVX-512 VNNI"],
        ["total", "32.0 GB"],
        ["available", "7.0 GB"],
        ["limit", "8.0 GB"],
        ["PCI bus", "no GPU of NVIDIA, AMD or Intel"],
        ["Vulkan", "none: no Vulkan driver is installed"],
        ["NVIDIA", "none: no NVIDIA driver: nvidia-smi was not found"],
        ["cpu", "✓ ok: 412 ms a step, ONNX Runtime"],
        ["webgpu", "– unavailable: no GPU"],
      ]),
    );
    expect(text).not.toContain("Metal");
    expect(text).toMatch(/\nnothing to mend\n$/);
  });

  test("GPUs by every route", async () => {
    const hardware = { ...bare, graphics: withGpus };
    const { text } = await examine([cpu, { device: "webgpu", status: "ok", stepMs: 9.876 }], {
      hardware,
    });
    for (const line of [
      "  PCI bus        NVIDIA",
      "  Vulkan         NVIDIA A10: discrete, driver NVIDIA 550.54.14, Vulkan 1.3.277, 24.0 GB, 16-bit floats",
      "                 llvmpipe: software, on the processor, driver 22.3.6, Vulkan 1.3.230, 2.0 GB, no 16-bit floats",
      "                 ignored: libvulkan_none.so: cannot open shared object file",
      "  NVIDIA         NVIDIA A10: driver 550.54.14, compute capability 8.6, 23.0 GB of 24.0 GB free, used by 4242",
      "  webgpu         ✓ ok: 9.88 ms a step",
    ])
      expect(text).toContain(`\n${line}\n`);
  });

  test("what a system does not tell", async () => {
    const hardware: Hardware = {
      ...bare,
      cpu: { ...bare.cpu, features: null, quotaCores: null },
      memory: { ...bare.memory, limitBytes: null },
      graphics: {
        vulkan: null,
        nvidia: null,
        metal: {
          status: "devices",
          devices: [{ name: "Apple M2", metal: "Metal 3", memoryBytes: null }],
          warnings: [],
        },
        pciVendors: null,
      },
    };
    const { text } = await examine([cpu], { hardware });
    expect(text).toContain("unknown: this system does not tell");
    expect(text).toContain("  Metal          Apple M2: Metal 3, shares the machine's memory");
    for (const absent of ["limit", "Vulkan", "NVIDIA", "PCI", "quota"])
      expect(text).not.toContain(absent);
  });

  test("each command once, at what names it first", async () => {
    const vulkan = { status: "none", reason: "no loader", remedy: "apt-get install x" } as const;
    const hardware = { ...bare, graphics: { ...bare.graphics, vulkan } };
    const { text } = await examine(
      [
        cpu,
        { device: "webgpu", status: "unavailable", reason: "no Vulkan", remedy: vulkan.remedy },
        { device: "cuda", status: "unavailable", reason: "not set up", remedy: "peft setup cuda" },
      ],
      { hardware },
    );
    expect(text.slice(text.indexOf("to fix"))).toBe(
      "to fix\n  webgpu: no Vulkan\n    apt-get install x\n  cuda: not set up\n    peft setup cuda\n",
    );
  });

  test("colours only for terminals", async () => {
    expect((await examine([cpu], { isTTY: true })).raw).toContain("\u001b[32m✓\u001b[39m ok");
    expect((await examine([cpu])).raw).not.toContain("\u001b");
  });
});

describe("exit", () => {
  test("an error if not even the cpu engine works, after everything is told", async () => {
    const broken: EngineReport = {
      device: "cpu",
      status: "failed",
      reason: "onnxruntime-node does not load",
      remedy: "npm ci",
    };
    const { error, text } = await examine([broken]);
    expect(text).toContain("✗ failed: onnxruntime-node does not load");
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({
      message: "cpu: onnxruntime-node does not load: expected the engine that works everywhere",
      hint: "npm ci",
    });
  });

  test("other engines may fail", async () => {
    const { error } = await examine([cpu, { device: "cuda", status: "failed", reason: "wrong" }]);
    expect(error).toBeUndefined();
  });

  test.each([["--jsn"], ["extra"]])("%s is a usage error", async (argument) => {
    expect((await peft("doctor", argument)).exitCode).toBe(2);
  });
});

describe("--json", () => {
  test("is what was found, and nothing else", async () => {
    const { text } = await examine([cpu], {
      json: true,
      hardware: { ...bare, graphics: withGpus },
    });
    const found = JSON.parse(text) as Diagnosis;
    expect(Object.keys(found)).toEqual(["program", "processor", "memory", "graphics", "engines", "folders", "fixes"]); // prettier-ignore
    expect(found).toMatchObject({
      program: { isNodeSupported: true, packages: { "@tensorflow/tfjs": expect.any(String) } },
      processor: bare.cpu,
      memory: bare.memory,
      graphics: withGpus,
      engines: [cpu],
      fixes: [],
    });
  });

  test("--no-self-test reaches the engines", async () => {
    const { checkEngines } = await examine([cpu], { selfTest: false });
    expect(checkEngines).toHaveBeenCalledWith(bare, { selfTest: false });
  });
});

describe("folders", () => {
  const folder = (purpose: string) => inspectFolders().find((found) => found.purpose === purpose)!;

  test("the cache and its size", () => {
    const path = join(temporaryFolder(), "cache");
    vi.stubEnv("PEFT_CACHE", path);
    expect(folder("cache")).toMatchObject({ path, status: "empty", bytes: 0 });
    mkdirSync(join(path, "below"), { recursive: true });
    writeFileSync(join(path, "a"), "12345");
    writeFileSync(join(path, "below", "b"), "123");
    symlinkSync(path, join(path, "loop"));
    expect(folder("cache")).toMatchObject({ status: "found", detail: "3 files" });
    expect(folder("cache").bytes).toBeGreaterThanOrEqual(8);
  });

  test("a cache that cannot be", () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    vi.stubEnv("PEFT_CACHE", join(file, "cache"));
    expect(folder("cache")).toMatchObject({
      status: "unusable",
      remedy: "export PEFT_CACHE=FOLDER, naming one that you may write to",
    });
  });

  test.skipIf(process.getuid?.() === 0)("a cache that may not be written to", () => {
    const path = temporaryFolder();
    chmodSync(path, 0o500);
    vi.stubEnv("PEFT_CACHE", path);
    expect(folder("cache").status).toBe("unusable");
  });

  test("encoders in Hugging Face's cache", () => {
    const path = temporaryFolder();
    vi.stubEnv("HF_HUB_CACHE", path);
    expect(folder("huggingFace")).toMatchObject({ path, status: "empty" });
    mkdirSync(join(path, "models--google-bert--bert-base-uncased"));
    mkdirSync(join(path, "datasets--nyu-mll--glue"));
    expect(folder("huggingFace").detail).toBe("google-bert/bert-base-uncased");
    vi.stubEnv("HF_HUB_CACHE", join(path, "none"));
    expect(folder("huggingFace")).toMatchObject({ status: "missing", detail: "no such folder" });
  });

  test("what comes with peft", () => {
    expect(folder("encoder")).toMatchObject({ status: "found" });
    expect(folder("mails")).toMatchObject({ status: "found" });
  });
});

describe("versions", () => {
  test.each([
    ["20.19.0", true],
    ["20.18.9", false],
    ["22.12.0", true],
    ["23.0.0", false],
    ["18.20.4", false],
    ["v20.20.2", true],
  ])("Node %s", (version, expected) => {
    expect(isInRange(version, ">=20.19 <23")).toBe(expected);
  });

  test("packages", () => {
    expect(installedVersion("onnxruntime-node")).toMatch(/^\d+\.\d+\.\d+$/);
    expect(installedVersion("peft-no-such-package")).toBeNull();
  });
});
