// The child process that loads the Vulkan drivers and lists their devices, since any of them may crash or hang. Its argument is
// the names of loaders to try as JSON; it sends one ProbeReply. Structures and numbers are those of vulkan_core.h.
import koffi, { type LibraryHandle, type TypeObject } from "koffi";
import type { RawDevice } from "./vulkan-device.ts";

/** What the child says. */
export type ProbeReply =
  | { type: "devices"; devices: RawDevice[] }
  /** No loader could be opened; the reasons are those of the system, one for each name tried. */
  | { type: "noLoader"; reasons: string[] }
  /** A call was refused with this VkResult. */
  | { type: "refused"; call: string; result: number };

const API_1_1 = (1 << 22) | (1 << 12); // the first with vkGetPhysicalDeviceProperties2, and what Dawn asks for at least

const structureTypes = {
  applicationInfo: 0,
  instanceCreateInfo: 1,
  features2: 1000059000,
  properties2: 1000059001,
  shaderFloat16Int8Features: 1000082000,
  storage16BitFeatures: 1000083000,
  driverProperties: 1000196000,
};

const head = { sType: "uint32", pNext: "void *" } as const;
const text = (length: number) => koffi.array("char", length);

const Head = koffi.struct(head);
const ApplicationInfo = koffi.struct({
  ...head,
  pApplicationName: "const char *",
  applicationVersion: "uint32",
  pEngineName: "const char *",
  engineVersion: "uint32",
  apiVersion: "uint32",
});
const InstanceCreateInfo = koffi.struct({
  ...head,
  flags: "uint32",
  pApplicationInfo: koffi.pointer(ApplicationInfo),
  enabledLayerCount: "uint32",
  ppEnabledLayerNames: "void *",
  enabledExtensionCount: "uint32",
  ppEnabledExtensionNames: "void *",
});
const Properties = koffi.struct({
  apiVersion: "uint32",
  driverVersion: "uint32",
  vendorID: "uint32",
  deviceID: "uint32",
  deviceType: "uint32",
  deviceName: text(256),
  pipelineCacheUUID: koffi.array("uint8", 16),
  limits: koffi.array("uint64", 63), // 504 bytes of 106 limits, none of which is read
  sparseProperties: koffi.array("uint32", 5),
});
const Properties2 = koffi.struct({ ...head, properties: Properties });
const DriverProperties = koffi.struct({
  ...head,
  driverID: "uint32",
  driverName: text(256),
  driverInfo: text(256),
  conformanceVersion: koffi.array("uint8", 4),
});
const Features2 = koffi.struct({ ...head, features: koffi.array("uint32", 55) });
const Float16Features = koffi.struct({ ...head, shaderFloat16: "uint32", shaderInt8: "uint32" });
const StorageFeatures = koffi.struct({
  ...head,
  storageBuffer16BitAccess: "uint32",
  uniformAndStorageBuffer16BitAccess: "uint32",
  storagePushConstant16: "uint32",
  storageInputOutput16: "uint32",
});
const MemoryType = koffi.struct({ propertyFlags: "uint32", heapIndex: "uint32" });
const MemoryHeap = koffi.struct({ size: "uint64", flags: "uint32" });
const MemoryProperties = koffi.struct({
  memoryTypeCount: "uint32",
  memoryTypes: koffi.array(MemoryType, 32),
  memoryHeapCount: "uint32",
  memoryHeaps: koffi.array(MemoryHeap, 16),
});
const DEVICE_LOCAL = 1; // VK_MEMORY_HEAP_DEVICE_LOCAL_BIT

function probe(names: readonly string[]): ProbeReply {
  const reasons: string[] = [];
  for (const name of names) {
    try {
      return listDevices(koffi.load(name));
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { type: "noLoader", reasons };
}

function listDevices(loader: LibraryHandle): ProbeReply {
  const created = createInstance(loader);
  if (created.result !== 0)
    return { type: "refused", call: "vkCreateInstance", result: created.result };
  const enumerate = loader.func("vkEnumeratePhysicalDevices", "int32", [
    "void *",
    koffi.inout("uint32 *"),
    "void *",
  ]);
  const numDevices = [0];
  const counted = enumerate(created.instance, numDevices, null) as number;
  const handles = Buffer.alloc(8 * numDevices[0]);
  const result = counted || (enumerate(created.instance, numDevices, handles) as number);
  if (result < 0) return { type: "refused", call: "vkEnumeratePhysicalDevices", result };
  const devices = Array.from({ length: numDevices[0] }, (_, i) =>
    describe(loader, handles.readBigUInt64LE(8 * i)),
  );
  return { type: "devices", devices };
}

function createInstance(loader: LibraryHandle): { result: number; instance: unknown } {
  const create = loader.func("vkCreateInstance", "int32", [
    koffi.pointer(InstanceCreateInfo),
    "void *",
    koffi.out("void **"),
  ]);
  const instance: unknown[] = [null];
  const application = {
    sType: structureTypes.applicationInfo,
    pNext: null,
    pApplicationName: "peft",
    applicationVersion: 0,
    pEngineName: null,
    engineVersion: 0,
    apiVersion: API_1_1,
  };
  const info = {
    sType: structureTypes.instanceCreateInfo,
    pNext: null,
    flags: 0,
    pApplicationInfo: application,
    enabledLayerCount: 0,
    ppEnabledLayerNames: null,
    enabledExtensionCount: 0,
    ppEnabledExtensionNames: null,
  };
  return { result: create(info, null, instance) as number, instance: instance[0] };
}

function describe(loader: LibraryHandle, device: bigint): RawDevice {
  const get = (name: string, target: unknown) =>
    void loader.func(name, "void", ["void *", "void *"])(device, target);
  const driver = allocate(DriverProperties, structureTypes.driverProperties, null);
  const properties2 = allocate(Properties2, structureTypes.properties2, driver);
  get("vkGetPhysicalDeviceProperties2", properties2);
  const float16 = allocate(Float16Features, structureTypes.shaderFloat16Int8Features, null);
  const storage = allocate(StorageFeatures, structureTypes.storage16BitFeatures, float16);
  const features2 = allocate(Features2, structureTypes.features2, storage);
  get("vkGetPhysicalDeviceFeatures2", features2);
  const memory = koffi.alloc(MemoryProperties, 1);
  get("vkGetPhysicalDeviceMemoryProperties", memory);

  const { properties } = koffi.decode(properties2, Properties2);
  const { driverID, driverName, driverInfo } = koffi.decode(driver, DriverProperties);
  const { storageBuffer16BitAccess, uniformAndStorageBuffer16BitAccess } = koffi.decode(
    storage,
    StorageFeatures,
  );
  return {
    apiVersion: properties.apiVersion,
    driverVersion: properties.driverVersion,
    vendorId: properties.vendorID,
    deviceType: properties.deviceType,
    deviceName: properties.deviceName,
    driverId: driverID,
    driverName,
    driverInfo,
    heaps: heapsOf(koffi.decode(memory, MemoryProperties)),
    shaderFloat16: koffi.decode(float16, Float16Features).shaderFloat16 !== 0,
    storageBuffer16BitAccess: storageBuffer16BitAccess !== 0,
    uniformAndStorageBuffer16BitAccess: uniformAndStorageBuffer16BitAccess !== 0,
  };
}

interface Heaps {
  memoryHeapCount: number;
  memoryHeaps: { size: number | bigint; flags: number }[];
}

function heapsOf({ memoryHeapCount, memoryHeaps }: Heaps): RawDevice["heaps"] {
  return memoryHeaps.slice(0, memoryHeapCount).map(({ size, flags }) => ({
    bytes: Number(size),
    isDeviceLocal: (flags & DEVICE_LOCAL) !== 0,
  }));
}

/** A structure that the driver fills, all zero but for its head: a driver leaves alone what it does not know. */
function allocate(type: TypeObject, sType: number, pNext: unknown): unknown {
  const memory: unknown = koffi.alloc(type, 1);
  koffi.encode(memory, koffi.array("uint8", type.size), new Uint8Array(type.size));
  koffi.encode(memory, Head, { sType, pNext });
  return memory;
}

process.send!(probe(JSON.parse(process.argv[2]) as string[]) satisfies ProbeReply);
