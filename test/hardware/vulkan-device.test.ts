// What the numbers of a Vulkan driver mean.
import { expect, test } from "vitest";
import { type RawDevice, toDevice } from "../../src/hardware/vulkan-device.ts";

const raw: RawDevice = {
  apiVersion: (1 << 22) | (3 << 12) | 255,
  driverVersion: (550 << 22) | (54 << 14) | (14 << 6),
  vendorId: 0x10de,
  deviceType: 2,
  deviceName: "NVIDIA A10",
  driverId: 4,
  driverName: "NVIDIA",
  driverInfo: "550.54.14",
  heaps: [
    { bytes: 24e9, isDeviceLocal: true },
    { bytes: 64e9, isDeviceLocal: false },
    { bytes: 2e8, isDeviceLocal: true },
  ],
  shaderFloat16: true,
  storageBuffer16BitAccess: true,
  uniformAndStorageBuffer16BitAccess: true,
};

test("all of it", () => {
  expect(toDevice(raw)).toEqual({
    name: "NVIDIA A10",
    kind: "discrete",
    vendor: "NVIDIA",
    driver: "NVIDIA",
    driverVersion: "550.54.14",
    apiVersion: "1.3.255",
    memoryBytes: 24e9,
    float16: true,
  });
});

test("a driver that says little: versions are unpacked", () => {
  const silent = { ...raw, driverId: 0, driverName: "", driverInfo: "" };
  expect(toDevice(silent)).toMatchObject({ driver: null, driverVersion: "550.54.14" });
  const other = { ...silent, vendorId: 0xbeef, driverVersion: (22 << 22) | (3 << 12) | 6 };
  expect(toDevice(other)).toMatchObject({ vendor: "vendor 0xbeef", driverVersion: "22.3.6" });
});

test.each([
  [0, 0, "other"],
  [1, 3, "integrated"],
  [2, 3, "discrete"],
  [3, 22, "virtual"],
  [4, 0, "cpu"],
  [9, 0, "other"],
  [3, 10, "cpu"], // SwiftShader, whatever it calls itself
  [0, 13, "cpu"], // lavapipe likewise
])("type %d of driver %d is %s", (deviceType, driverId, kind) => {
  expect(toDevice({ ...raw, deviceType, driverId }).kind).toBe(kind);
});

test.each(["shaderFloat16", "storageBuffer16BitAccess", "uniformAndStorageBuffer16BitAccess"])(
  "no 16-bit floats without %s",
  (feature) => {
    expect(toDevice({ ...raw, [feature]: false }).float16).toBe(false);
  },
);

test("a device without memory of its own", () => {
  expect(toDevice({ ...raw, heaps: [] }).memoryBytes).toBe(0);
});
