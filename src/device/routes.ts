// Which engines there is any point in trying on this machine, from what is known without loading one.
import type { EngineName } from "../engine/create.ts";
import { isCudaProviderInstalled } from "../engine/cuda-provider.ts";
import type { Hardware } from "../hardware/hardware.ts";
import type { Seen } from "../hardware/seen.ts";

/** What can be said of an engine before it is loaded. */
export type Route =
  | {
      status: "open";
      /** The GPU it would compute on; absent where it computes on the processor, or is not known yet. */
      gpu?: string;
      /** Whether the GPU computes with 16-bit floats. */
      hasFloat16: boolean;
    }
  /** Its only device is a program that computes on the processor, slower than one made for that. */
  | { status: "software"; gpu: string; hasFloat16: boolean; remedy?: string }
  | { status: "closed"; reason: string; remedy?: string };

export function routeTo(engine: EngineName, { graphics }: Pick<Hardware, "graphics">): Route {
  switch (engine) {
    case "cpu":
      return { status: "open", hasFloat16: false };
    case "webgpu":
      return graphics.metal ? viaMetal(graphics.metal) : viaVulkan(graphics.vulkan);
    case "cuda":
      return viaCuda(graphics.nvidia);
    case "tfjs": {
      // Whether libtensorflow is there, and finds a GPU, is known when it is loaded.
      const gpu =
        graphics.nvidia?.status === "devices" ? graphics.nvidia.devices[0].name : undefined;
      return { status: "open", ...(gpu !== undefined && { gpu }), hasFloat16: false };
    }
  }
}

function viaMetal(metal: NonNullable<Hardware["graphics"]["metal"]>): Route {
  if (metal.status === "none") return closed(metal);
  return { status: "open", gpu: metal.devices[0].name, hasFloat16: true };
}

/** The order in which WebGPU takes them when it is asked for the fastest. */
const preference = ["discrete", "integrated", "virtual", "other"] as const;

function viaVulkan(vulkan: Hardware["graphics"]["vulkan"]): Route {
  // On Windows WebGPU goes through Direct3D, of which nothing is known here: the self-test finds out.
  if (process.platform === "win32" && vulkan?.status !== "devices")
    return { status: "open", hasFloat16: true };
  if (!vulkan) return { status: "closed", reason: "this system has no Vulkan" };
  if (vulkan.status === "none") return closed(vulkan);
  const { devices, remedy } = vulkan;
  const best = preference.flatMap((kind) => devices.filter((device) => device.kind === kind))[0];
  if (best) return { status: "open", gpu: best.name, hasFloat16: best.float16 };
  const [{ float16, name }] = devices;
  return {
    status: "software",
    gpu: name,
    hasFloat16: float16,
    ...(remedy !== undefined && { remedy }),
  };
}

function viaCuda(nvidia: Hardware["graphics"]["nvidia"]): Route {
  if (!nvidia) return { status: "closed", reason: "this system has no CUDA" };
  if (nvidia.status === "none") return closed(nvidia);
  if (!isCudaProviderInstalled())
    return {
      status: "closed",
      reason: "ONNX Runtime's CUDA provider is not installed",
      remedy: "peft setup cuda",
    };
  return { status: "open", gpu: nvidia.devices[0].name, hasFloat16: true };
}

function closed({ reason, remedy }: Extract<Seen<unknown>, { status: "none" }>): Route {
  return { status: "closed", reason, ...(remedy !== undefined && { remedy }) };
}
