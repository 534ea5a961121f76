// `peft setup tensorflow` where it cannot succeed, and finding what it has built: reasons, not crashes. That it succeeds is shown by
// test/engine/tensorflow.gpu.test.ts.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { findTensorflow, loadTensorflow, tfjsVersion } from "../../src/engine/tensorflow.ts";
import { requireLinux } from "../../src/setup/platform.ts";
import { openPackage } from "../../src/setup/python-tensorflow.ts";
import { reasonWithoutGpu, setupTensorflow } from "../../src/setup/tensorflow.ts";
import { peft } from "../cli/capture.ts";
import { temporaryFolders } from "../support/temp.ts";
import { writeTool } from "../support/tools.ts";

const temporaryFolder = temporaryFolders();
let home: string;
beforeEach(() => {
  home = temporaryFolder();
  vi.stubEnv("PEFT_HOME", home);
});
afterEach(() => vi.unstubAllEnvs());

function write(path: string, text = ""): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const record = { tfjs: tfjsVersion, gpu: false, source: "a test" };

describe("finding libtensorflow", () => {
  test("tells why each candidate cannot be used, and what to do", async () => {
    const packages = ["@tensorflow/tfjs-nothing"];
    await expect(loadTensorflow({ packages })).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringMatching(
        new RegExp(
          [
            "^libtensorflow cannot be loaded:",
            `  peft setup tensorflow: not done \\(nothing in ${join(home, "tensorflow")}\\)`,
            "  @tensorflow/tfjs-nothing: not installed$",
          ].join("\n"),
        ),
      ),
      hint: "peft setup tensorflow",
    });
  });

  test("Node 23 and later are refused before anything is loaded", async () => {
    for (const nodeVersion of ["v23.0.0", "v24.11.1"])
      await expect(loadTensorflow({ nodeVersion })).rejects.toMatchObject({
        message: expect.stringContaining(
          `Node: ${nodeVersion}: expected Node 22 or 20: tfjs-node ${tfjsVersion} uses functions that Node 23 removed`,
        ),
        hint: "run peft with Node 22 or 20, or leave out --device tfjs",
      });
  });

  test.each([
    ["another TensorFlow.js", { ...record, tfjs: "4.0.0" }, /^built for TensorFlow\.js 4\.0\.0/],
    ["a folder without the binding", record, /^Cannot find module/],
  ])("%s", async (_name, content, reason) => {
    vi.stubEnv("TF_CPP_MIN_LOG_LEVEL", "2");
    write(join(home, "tensorflow", "setup.json"), JSON.stringify(content));
    const { loaded, failures } = await findTensorflow({ packages: [] });
    expect(loaded).toBeUndefined();
    expect(failures[0].reason).toMatch(reason);
  });

  test("a native library that does not load", async () => {
    vi.stubEnv("TF_CPP_MIN_LOG_LEVEL", "2");
    write(join(home, "tensorflow", "setup.json"), JSON.stringify(record));
    write(join(home, "tensorflow", "tfjs_binding.node"), "no library");
    const { failures } = await findTensorflow({ packages: [] });
    expect(failures[0].reason).toMatch(/tfjs_binding\.node: .+/);
  });
});

describe("setup", () => {
  const watch = { report: () => {} };

  /** A PATH of these programs, and TensorFlow in a folder. */
  function stage(scripts: Record<string, string>): { from: string } {
    const tools = temporaryFolder();
    for (const [name, script] of Object.entries(scripts)) writeTool(tools, name, script);
    vi.stubEnv("PATH", tools);
    const from = join(temporaryFolder(), "tensorflow");
    for (const name of [
      "libtensorflow_cc.so.2",
      "libtensorflow_framework.so.2",
      "include/tensorflow/c/eager/c_api.h",
    ])
      // prettier-ignore
      write(join(from, name));
    return { from };
  }

  test("a failure of npm leaves what was there, and tells npm's reason", async () => {
    const { from } = stage({ python3: "", "c++": "", npm: '[ "$1" = --version ] || { echo unreachable >&2; exit 1; }' }); // prettier-ignore
    const old = JSON.stringify({ ...record, tfjs: "4.0.0" });
    write(join(home, "tensorflow", "setup.json"), old);
    await expect(setupTensorflow({ gpu: false, from }, watch)).rejects.toThrow(
      /^npm pack --silent --ignore-scripts …: ended with exit code 1:\n  unreachable$/,
    );
    expect(readFileSync(join(home, "tensorflow", "setup.json"), "utf8")).toBe(old);
    expect(readdirSync(home)).toEqual(["tensorflow"]);
  });

  test("a missing compiler is told before anything is downloaded", async () => {
    const { from } = stage({ python3: "", npm: "" });
    await expect(setupTensorflow({ gpu: false, from }, watch)).rejects.toThrow("c++: not found");
    expect(readdirSync(home)).toEqual([]);
  });

  test("--gpu refuses a TensorFlow without CUDA that was asked for", async () => {
    const { from } = stage({ python3: "", npm: "", "c++": "" });
    write(join(from, "python/platform/build_info.py"), "[('is_cuda_build', False)]");
    await expect(setupTensorflow({ gpu: true, force: true, from }, watch)).rejects.toThrow(
      /a TensorFlow without CUDA: --gpu expects one with CUDA$/,
    );
    write(join(from, "python/platform/build_info.py"), "[('is_cuda_build', True)]");
    expect(openPackage(from).isCudaBuild).toBe(true);
    expect(openPackage(dirname(from)).folder).toBe(from);
  });

  test.each(["missing.whl", "missing"])("--from %s", async (name) => {
    stage({ python3: "", npm: "", "c++": "" });
    const from = join(home, name);
    await expect(setupTensorflow({ gpu: false, from }, watch)).rejects.toThrow(`--from ${from}: `);
  });

  test("works on Linux x64 alone", () => {
    expect(() => requireLinux("tensorflow", { platform: "linux", arch: "x64" })).not.toThrow();
    for (const [platform, arch] of [
      ["darwin", "arm64"],
      ["linux", "arm64"],
      ["win32", "x64"],
    ])
      // prettier-ignore
      expect(() => requireLinux("tensorflow", { platform, arch })).toThrow(
        `setup tensorflow: ${platform} ${arch}: expected linux x64`,
      );
  });

  test("why no GPU is used: no driver, else what TensorFlow said of CUDA last", () => {
    const log = [
      "I0000 00:00:1795644769.4 6337 cpu_feature_guard.cc:227] This binary is optimized",
      "E0000 00:00:1795644769.5 6337 cuda_platform.cc:51] failed call to cuInit: CUDA_ERROR_NO_DEVICE",
      "",
    ].join("\n");
    expect(reasonWithoutGpu(log, true)).toBe("failed call to cuInit: CUDA_ERROR_NO_DEVICE");
    expect(reasonWithoutGpu("", true)).toMatch(/does not say why$/);
    expect(reasonWithoutGpu(log, false)).toMatch(/^no NVIDIA driver/);
  });
});

describe("peft setup", () => {
  test.each(["tensorflow", "cuda"])("%s --remove takes away what is there, once", async (what) => {
    write(join(home, what, "setup.json"), JSON.stringify({ ...record, providers: [] }));
    expect((await peft("setup", what, "--remove")).stdout).toMatch(/: removed\n$/);
    expect(readdirSync(home)).toEqual([]);
    expect((await peft("setup", what, "--remove")).stdout).toMatch(/: was not set up\n$/);
  });

  test("--remove goes with nothing else", async () => {
    const { exitCode, stderr } = await peft("setup", "tensorflow", "--remove", "--gpu");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("cannot be used with");
  });
});
