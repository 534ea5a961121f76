// Vulkan's devices: through the system's loader where it and a software driver are installed, and whatever a driver may do to us.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { inspectVulkan, type VulkanOptions } from "../../src/hardware/vulkan.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();

// As npm test has built it: Node 20 does not run TypeScript.
const program = new URL("../../dist/hardware/vulkan-probe.js", import.meta.url);
const inspect = (options: VulkanOptions) =>
  inspectVulkan({ program, timeoutMs: 30_000, ...options });

/** Where Chromium brings its own loader and SwiftShader. */
const chromium = "/usr/lib/chromium";
const swiftshader = `${chromium}/vk_swiftshader_icd.json`;
const loaders = ["libvulkan.so.1", `${chromium}/libvulkan.so.1`];
const reason = existsSync(swiftshader) ? "" : " (skipped: no SwiftShader on this machine)";

describe.skipIf(reason !== "")(`real drivers${reason}`, () => {
  /** Older loaders know only the first of the variables. */
  const withDrivers = (...files: string[]) => {
    const list = files.join(":");
    return inspect({ loaders, env: { VK_ICD_FILENAMES: list, VK_DRIVER_FILES: list } });
  };

  function description(library: string): string {
    const file = join(temporaryFolder(), "icd.json");
    const ICD = { library_path: library, api_version: "1.0.5" };
    writeFileSync(file, JSON.stringify({ file_format_version: "1.0.0", ICD }));
    return file;
  }

  test("SwiftShader is a software rasteriser", async () => {
    expect(await withDrivers(swiftshader)).toEqual({
      type: "devices",
      warnings: [],
      devices: [
        {
          name: expect.stringContaining("SwiftShader"),
          kind: "cpu",
          vendor: "Google",
          driver: "SwiftShader driver",
          driverVersion: expect.stringMatching(/^\d+\.\d+\.\d+$/),
          apiVersion: expect.stringMatching(/^1\.\d+\.\d+$/),
          memoryBytes: expect.any(Number),
          float16: expect.any(Boolean),
        },
      ],
    });
  });

  test("a driver whose library is missing", async () => {
    expect(await withDrivers(description("/nowhere/libvulkan_none.so"))).toMatchObject({
      type: "none",
      cause: "brokenDriver",
      reason: expect.stringMatching(
        /^no Vulkan driver loads: \/nowhere\/libvulkan_none.so: cannot open shared object file/,
      ),
    });
  });

  test("a driver whose library is none", async () => {
    const library = join(temporaryFolder(), "libnone.so");
    writeFileSync(library, "not a library");
    expect(await withDrivers(description(library))).toMatchObject({
      cause: "brokenDriver",
      reason: expect.stringContaining("libnone.so: file too short"),
    });
  });

  test("a broken driver beside one that works is told", async () => {
    expect(await withDrivers(description("/nowhere/libvulkan_none.so"), swiftshader)).toMatchObject(
      {
        type: "devices",
        devices: [{ kind: "cpu" }],
        warnings: [expect.stringContaining("/nowhere/libvulkan_none.so: cannot open")],
      },
    );
  });

  test("no driver", async () => {
    expect(await withDrivers()).toEqual({
      type: "none",
      cause: "noDriver",
      reason: "no Vulkan driver is installed",
    });
  });
});

test("no loader", async () => {
  expect(await inspect({ loaders: ["libpeft-none.so.1"] })).toEqual({
    type: "none",
    cause: "noLoader",
    reason: "no Vulkan loader is installed",
  });
});

test.skipIf(process.platform !== "linux")("a loader that is no library", async () => {
  const file = join(temporaryFolder(), "libvulkan.so.1");
  writeFileSync(file, "not a library");
  expect(await inspect({ loaders: [file] })).toMatchObject({
    cause: "noLoader",
    reason: expect.stringMatching(/^the Vulkan loader does not load: .*file too short/),
  });
});

describe("what a driver may do to us", () => {
  /** A script in place of the child's. */
  function script(text: string): URL {
    const file = join(temporaryFolder(), "child.mjs");
    writeFileSync(file, text);
    return pathToFileURL(file);
  }
  const loading = 'console.error("DEBUG | DRIVER:   Searching for ICD drivers named libbad.so");\n';

  test.skipIf(process.platform === "win32")("crash", async () => {
    const crash = 'process.kill(process.pid, "SIGSEGV"); setInterval(() => {}, 1000);';
    expect(await inspect({ program: script(loading + crash) })).toEqual({
      type: "none",
      cause: "crashed",
      reason: "the Vulkan driver libbad.so crashed: SIGSEGV",
    });
    expect(await inspect({ program: script(crash) })).toMatchObject({
      reason: "the Vulkan driver crashed: SIGSEGV",
    });
  });

  test("end the process with words of its own", async () => {
    const end = 'console.error("assertion failed"); process.exit(134);';
    expect(await inspect({ program: script(loading + end) })).toMatchObject({
      cause: "crashed",
      reason: "the Vulkan driver libbad.so crashed: exit code 134, assertion failed",
    });
  });

  test("hang", async () => {
    expect(await inspect({ program: script(`${loading} for (;;);`), timeoutMs: 3000 })).toEqual({
      type: "none",
      cause: "hung",
      reason: "the Vulkan driver libbad.so hung: no answer in 3 s",
    });
  });

  test("hang after the answer", async () => {
    const reply =
      'process.send({ type: "devices", devices: [] }); setTimeout(() => { for (;;); }, 20);';
    expect(await inspect({ program: script(reply) })).toMatchObject({ cause: "noDevice" });
  });

  test.each([
    [-9, "", "noDriver", "no Vulkan driver is installed"],
    [-9, "DRIVER: Found ICD manifest file a.json", "brokenDriver", "no Vulkan driver works: vkCreateInstance gives VkResult -9"], // prettier-ignore
    [-3, "DRIVER: Found ICD manifest file a.json", "noDevice", "no Vulkan driver finds a device"],
    [-9, "[Vulkan Loader] ERROR: loader_get_json: Failed to open JSON file a.json", "brokenDriver", "no Vulkan driver loads: Failed to open JSON file a.json"], // prettier-ignore
    [-3, "ERROR: setup_loader_term_phys_devs:  Failed to detect any valid GPUs in the current config", "noDevice", "no Vulkan driver finds a device"], // prettier-ignore
  ])("refuse with %d after %j", async (result, line, cause, expected) => {
    const reply = `process.send({ type: "refused", call: "vkCreateInstance", result: ${result} });`;
    const said = `import { writeSync } from "node:fs"; writeSync(2, ${JSON.stringify(`${line}\n`)});`;
    expect(await inspect({ program: script(`${said} ${reply}`) })).toEqual({
      type: "none",
      cause,
      reason: expected,
    });
  });

  test("our own script does not run", async () => {
    expect(await inspect({ program: script('import "peft-no-such-package";') })).toMatchObject({
      cause: "unknown",
      reason: expect.stringMatching(/^Vulkan cannot be asked: Error .*peft-no-such-package/),
    });
    expect(await inspect({ program: new URL("file:///nowhere/child.mjs") })).toMatchObject({
      cause: "unknown",
    });
  });
});
