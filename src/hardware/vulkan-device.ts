// What a Vulkan driver says of a device, and what it means. Numbers are those of the Vulkan specification.
import { vendorName } from "./vendors.ts";

/** The fields as the driver fills them, see VkPhysicalDeviceProperties and VkPhysicalDeviceDriverProperties. */
export interface RawDevice {
  apiVersion: number;
  driverVersion: number;
  vendorId: number;
  deviceType: number;
  deviceName: string;
  /** 0 and empty where the driver does not know VK_KHR_driver_properties. */
  driverId: number;
  driverName: string;
  driverInfo: string;
  heaps: readonly { bytes: number; isDeviceLocal: boolean }[];
  shaderFloat16: boolean;
  storageBuffer16BitAccess: boolean;
  uniformAndStorageBuffer16BitAccess: boolean;
}

/** "cpu" is a software rasteriser: it computes on the processor, slower than programs made for that. */
export type DeviceKind = "discrete" | "integrated" | "virtual" | "cpu" | "other";

export interface VulkanDevice {
  name: string;
  kind: DeviceKind;
  vendor: string;
  /** Such as "radv" or "NVIDIA"; null where the driver does not say. */
  driver: string | null;
  driverVersion: string;
  /** Of Vulkan, such as "1.3.255". */
  apiVersion: string;
  /** Bytes of the largest heap of its own; an integrated GPU's is a part of the machine's memory. */
  memoryBytes: number;
  /** Whether it computes with and stores 16-bit floats, which WebGPU's shader-f16 asks for. */
  float16: boolean;
}

const kinds: readonly DeviceKind[] = ["other", "integrated", "discrete", "virtual", "cpu"]; // VkPhysicalDeviceType

const SWIFTSHADER = 10; // VkDriverId
const LLVMPIPE = 13;
const SOFTWARE = new Set([SWIFTSHADER, LLVMPIPE]);

/** The same in words. */
export function toDevice(raw: RawDevice): VulkanDevice {
  const localHeaps = raw.heaps.filter(({ isDeviceLocal }) => isDeviceLocal);
  return {
    name: raw.deviceName,
    kind: SOFTWARE.has(raw.driverId) ? "cpu" : (kinds[raw.deviceType] ?? "other"),
    vendor: vendorName(raw.vendorId),
    driver: raw.driverName || null,
    driverVersion: raw.driverInfo || packedVersion(raw),
    apiVersion: threePart(raw.apiVersion),
    memoryBytes: Math.max(0, ...localHeaps.map(({ bytes }) => bytes)),
    // The condition of Dawn, the WebGPU implementation in ONNX Runtime, for shader-f16.
    float16:
      raw.shaderFloat16 && raw.storageBuffer16BitAccess && raw.uniformAndStorageBuffer16BitAccess,
  };
}

const NVIDIA = 0x10de;

/** Each maker packs the number its own way: NVIDIA in 10, 8, 8 and 6 bits, most as Vulkan packs its own. */
function packedVersion({ driverVersion, vendorId }: RawDevice): string {
  if (vendorId !== NVIDIA) return threePart(driverVersion);
  const parts = [driverVersion >>> 22, (driverVersion >>> 14) & 0xff, (driverVersion >>> 6) & 0xff];
  return parts.join(".");
}

/** VK_MAKE_API_VERSION: variant in 3 bits, major in 7, minor in 10, patch in 12. */
function threePart(version: number): string {
  return [(version >>> 22) & 0x7f, (version >>> 12) & 0x3ff, version & 0xfff].join(".");
}
