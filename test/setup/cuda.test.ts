// ONNX Runtime's CUDA provider without a GPU: what is refused, and which libraries are loaded in which order.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import {
  hasNvidiaDriver,
  onnxruntimeVersion,
  prepareCudaProvider,
} from "../../src/engine/cuda-provider.ts";
import { cudaReason } from "../../src/engine/cuda-provider-check.ts";
import { listLibraries, setupCuda } from "../../src/setup/cuda.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();

function folderWith(...paths: string[]): string {
  const folder = temporaryFolder();
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), "");
  }
  return folder;
}

test("the libraries of a folder, each after those it needs", () => {
  const cudnn = ["nvidia/cudnn/lib/libcudnn_graph.so.9", "nvidia/cudnn/lib/libcudnn.so.9"];
  const cuda = ["libcublas.so.13", "libcublasLt.so.13", "libcudart.so.13", "libnvrtc-builtins.so.13.5", "libnvrtc.so.13"]; // prettier-ignore
  const providers = ["shared", "cuda"].map(
    (name) => `onnxruntime/capi/libonnxruntime_providers_${name}.so`,
  );
  const folder = folderWith(
    ...cudnn,
    ...cuda.map((name) => `nvidia/cu13/lib/${name}`),
    ...providers,
  );
  const { libraries, providers: found } = listLibraries(folder);
  expect(found).toEqual(providers.toSorted());
  expect(libraries.map((path) => path.replace(/.*\//, ""))).toEqual([
    "libcudart.so.13",
    "libcublasLt.so.13",
    "libcublas.so.13",
    "libnvrtc.so.13",
    "libcudnn.so.9",
  ]);
});

test("nothing set up, or for another ONNX Runtime: says what to do", () => {
  const folder = temporaryFolder();
  const hint = "peft setup cuda installs it";
  expect(() => prepareCudaProvider(folder)).toThrow(
    expect.objectContaining({
      message: `CUDA: ONNX Runtime's CUDA provider is not installed (nothing in ${folder})`,
      hint,
    }),
  );
  const record = { onnxruntime: "1.0.0", providers: [], libraries: [] };
  writeFileSync(join(folder, "setup.json"), JSON.stringify(record));
  expect(() => prepareCudaProvider(folder)).toThrow(
    expect.objectContaining({
      message: `${folder}: CUDA provider of ONNX Runtime 1.0.0: expected ${onnxruntimeVersion()}`,
      hint,
    }),
  );
});

test("ONNX Runtime's message, in short", () => {
  const message =
    "/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:154 std::conditional_t<THRW, void> [with ERRTYPE = cudaError] CUDA failure 100: no CUDA-capable device is detected ; GPU=-1 ; hostname=vm ; expr=cudaSetDevice(info_.device_id); \n\n";
  expect(cudaReason(message)).toBe("CUDA failure 100: no CUDA-capable device is detected");
  expect(cudaReason("Failed to load shared library\nmore")).toBe("Failed to load shared library");
});

test.skipIf(hasNvidiaDriver())("without a driver nothing is downloaded", async () => {
  const folder = join(temporaryFolder(), "cuda");
  await expect(setupCuda({ force: false, folder }, { report: () => {} })).rejects.toThrow(
    /^setup cuda: no NVIDIA driver/,
  );
});
