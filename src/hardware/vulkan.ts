// The GPUs that Vulkan's drivers offer, which WebGPU computes on where the system has no graphics interface of its own. Drivers are
// loaded in a child process with a time limit.
import { extname } from "node:path";
import { askChild, type ChildAnswer } from "./child.ts";
import { firstLine } from "../errors.ts";
import { type RawDevice, toDevice, type VulkanDevice } from "./vulkan-device.ts";
import type { ProbeReply } from "./vulkan-probe.ts";

export type { DeviceKind, VulkanDevice } from "./vulkan-device.ts";

/** What was found, and if nothing, what kind of thing is wrong: see vulkan-remedy.ts for what to do. */
export type VulkanOutcome =
  | { type: "devices"; devices: readonly VulkanDevice[]; warnings: readonly string[] }
  | { type: "none"; cause: VulkanFault; reason: string };

export type VulkanFault =
  /** The library through which all drivers are reached is not there, or is not one. */
  | "noLoader"
  | "noDriver"
  /** A driver's library or its description cannot be loaded. */
  | "brokenDriver"
  /** Drivers load but find no device they could drive. */
  | "noDevice"
  | "crashed"
  | "hung"
  /** The child's script does not run. */
  | "unknown";

export interface VulkanOptions {
  /** Names or paths of the loader's library, tried one after the other. */
  loaders?: readonly string[];
  /** The child's script. */
  program?: URL;
  timeoutMs?: number;
  /** Added to the environment of the drivers. */
  env?: Readonly<Record<string, string>>;
}

const defaultLoaders: readonly string[] =
  process.platform === "win32" ? ["vulkan-1.dll"] : ["libvulkan.so.1"];

const defaultProgram = new URL(`./vulkan-probe${extname(import.meta.url)}`, import.meta.url);

/** Loads every driver and lists the devices, software rasterisers included. Never throws. */
export async function inspectVulkan({
  loaders = defaultLoaders,
  program = defaultProgram,
  timeoutMs = 10_000,
  env = {},
}: VulkanOptions = {}): Promise<VulkanOutcome> {
  const answer = await askChild<ProbeReply>(program, {
    args: [JSON.stringify(loaders)],
    env: { ...env, VK_LOADER_DEBUG: "error,driver" }, // the loader's words, on its standard error
    timeoutMs,
  });
  const log = readLog(answer.stderr);
  return answer.type === "answer" ? interpret(answer.answer, log) : explainSilence(answer, log);
}

/** What the loader has told about its drivers. */
interface LoaderLog {
  /** Why drivers were left out, in words. */
  faults: string[];
  /** Whether the description of a driver was found. */
  hasManifest: boolean;
  /** The library that was loaded last. */
  lastDriver: string | undefined;
  /** What was said by others. */
  otherWords: string;
}

/** Lines such as `ERROR | DRIVER:   loader_icd_scan: …`, in newer loaders after `[Vulkan Loader] `. */
function readLog(stderr: string): LoaderLog {
  const log: LoaderLog = { faults: [], hasManifest: false, lastDriver: undefined, otherWords: "" };
  for (const line of stderr.split("\n")) {
    const [, level, message] =
      /^(?:\[Vulkan Loader\] )?((?:[A-Z]+ \| )?[A-Z]+):\s+(.*)$/.exec(line) ?? [];
    if (message === undefined) log.otherWords += `${line}\n`;
    else if (level.startsWith("ERROR")) log.faults.push(message);
    else if (message.startsWith("Found ICD manifest")) log.hasManifest = true;
    else log.lastDriver = /ICD drivers named (.*)$/.exec(message)?.[1].trim() ?? log.lastDriver;
  }
  log.faults = log.faults.filter((fault) => !isConsequence(fault)).map(withoutFunction);
  return log;
}

/** Follows from the line before it, or, like the program's own name where /proc is hidden, stops no driver. */
function isConsequence(fault: string): boolean {
  return /Found no drivers|Failed loading library associated|Failed to detect any valid GPU|executable path/.test(
    fault,
  );
}

function withoutFunction(fault: string): string {
  return fault.replace(/^(?:vk|[a-z]+_)\w*: +/, "").trim();
}

function interpret(reply: ProbeReply, log: LoaderLog): VulkanOutcome {
  switch (reply.type) {
    case "devices":
      return listed(reply.devices, log);
    case "noLoader": {
      const broken = reply.reasons.find((reason) => !/no such file|not be found/i.test(reason));
      return broken === undefined
        ? none("noLoader", "no Vulkan loader is installed")
        : none("noLoader", `the Vulkan loader does not load: ${broken}`);
    }
    case "refused":
      return refused(reply.call, reply.result, log);
  }
}

function listed(devices: readonly RawDevice[], { faults }: LoaderLog): VulkanOutcome {
  if (devices.length === 0)
    return none("noDevice", withFaults("no Vulkan driver finds a device", faults));
  return { type: "devices", devices: devices.map(toDevice), warnings: faults };
}

const INCOMPATIBLE_DRIVER = -9; // VK_ERROR_INCOMPATIBLE_DRIVER: also what the loader says without any driver
const INITIALIZATION_FAILED = -3; // VK_ERROR_INITIALIZATION_FAILED: also what drivers say without a device

function refused(call: string, result: number, log: LoaderLog): VulkanOutcome {
  const { faults, hasManifest } = log;
  if (faults.length > 0) return none("brokenDriver", `no Vulkan driver loads: ${faults[0]}`);
  if (result === INITIALIZATION_FAILED) return none("noDevice", "no Vulkan driver finds a device");
  if (result === INCOMPATIBLE_DRIVER && !hasManifest)
    return none("noDriver", "no Vulkan driver is installed");
  return none("brokenDriver", `no Vulkan driver works: ${call} gives VkResult ${result}`);
}

function explainSilence(
  answer: Exclude<ChildAnswer<ProbeReply>, { type: "answer" }>,
  { lastDriver, otherWords }: LoaderLog,
): VulkanOutcome {
  const driver = lastDriver === undefined ? "the Vulkan driver" : `the Vulkan driver ${lastDriver}`;
  if (answer.type === "hung")
    return none("hung", `${driver} hung: no answer in ${answer.timeoutMs / 1000} s`);
  // Before any driver is loaded it is our own script that has failed, with an error and its stack.
  const error = otherWords.split("\n").find((line) => /^\w*Error\b/.test(line));
  if (lastDriver === undefined && error !== undefined)
    return none("unknown", `Vulkan cannot be asked: ${error}`);
  const words = firstLine(otherWords);
  return none("crashed", `${driver} crashed: ${answer.how}${words ? `, ${words}` : ""}`);
}

function none(cause: VulkanFault, reason: string): VulkanOutcome {
  return { type: "none", cause, reason };
}

function withFaults(reason: string, faults: readonly string[]): string {
  return faults.length === 0 ? reason : `${reason}: ${faults[0]}`;
}
