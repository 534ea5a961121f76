// What runtimes say when a device is too small or gone, and what becomes of it. The texts were seen on WebGPU (SwiftShader) or are those
// of ONNX Runtime's and Dawn's sources; CUDA's codes are cudaError_t's.
import { describe, expect, test } from "vitest";
import { explained } from "../../src/engine/compiled/provider.ts";
import { DeviceLostError, DeviceMemoryError } from "../../src/engine/engine.ts";

const fail = (text: string) => explained(async () => Promise.reject(new Error(text)));

describe("too little memory", () => {
  test.each([
    "WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.\n - While validating entries[1] against { binding: 1, visibility: ShaderStage::Compute }.",
    "WebGPU validation failed. Buffer size (3276800000) exceeds the max buffer size limit (1073741824).\n - While calling [Device].CreateBuffer([BufferDescriptor]).",
    "vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY",
    "Available memory of 1 is smaller than requested bytes of 2: Failed to allocate memory for requested buffer of size 3221225472",
    "CUDA failure 2: out of memory ; GPU=0 ; hostname=x",
  ])("%s", async (text) => {
    await expect(fail(text)).rejects.toThrow(DeviceMemoryError);
  });
});

describe("a device that is gone", () => {
  test.each([
    "[Device] is lost.",
    "vkQueueSubmit failed with VK_ERROR_DEVICE_LOST",
    "Failed to download data from buffer. wgpu::MapAsyncStatus value: 3",
    "CUDA failure 719: unspecified launch failure ; GPU=0 ; hostname=x",
  ])("%s", async (text) => {
    await expect(fail(text)).rejects.toThrow(DeviceLostError);
  });
});

test("anything else stays what it is", async () => {
  const error = new Error("[ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Invalid Feed Input Name:x");
  await expect(explained(async () => Promise.reject(error))).rejects.toBe(error);
});
