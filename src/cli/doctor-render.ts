// What people read of a diagnosis: sections of aligned lines, and at the end what to do.
import { printable } from "../cite.ts";
import type { EngineReport } from "../device/report.ts";
import { type Cpu, cpuFeatures, type Memory } from "../hardware/cpu.ts";
import type { MetalGpu } from "../hardware/metal.ts";
import type { NvidiaGpu } from "../hardware/nvidia.ts";
import type { Seen } from "../hardware/seen.ts";
import type { VulkanDevice } from "../hardware/vulkan.ts";
import { renderBytes } from "../report/units.ts";
import { type Diagnosis, type Fix, type ProgramReport, titles } from "./doctor-diagnosis.ts";
import type { FolderReport } from "./doctor-folders.ts";
import { type Output, paint } from "./io.ts";
import { count, renderTable } from "./render.ts";

/** What it is called, and what is said of it; lines without a name go on with what is above. */
type Line = [name: string, text: string];

/** The whole diagnosis. */
export function renderDiagnosis(diagnosis: Diagnosis, output: Output): string {
  const { program, processor, memory, graphics, engines, folders, fixes } = diagnosis;
  const sections: [title: string, lines: Line[]][] = [
    ["program", programLines(program)],
    ["processor", processorLines(processor)],
    ["memory", memoryLines(memory)],
    ["graphics", graphicsLines(graphics)],
    ["engines", engines.map((engine) => [engine.device, engineText(engine, output)])],
    ["folders", folders.map((folder) => [purposes[folder.purpose], folderText(folder)])],
  ];
  const rows = sections.flatMap(([title, lines]) => [
    [title],
    ...lines.map(([name, text]) => [`  ${name}`, text]),
    [""],
  ]);
  return `${renderTable(rows, { isPainted: true })}${renderFixes(fixes, output)}`;
}

function programLines(program: ProgramReport): Line[] {
  const { peft, node, nodeRange, isNodeSupported, platform, packages } = program;
  const support = isNodeSupported ? "supported" : "not supported";
  return [
    ["peft", peft],
    ["Node", `${node} on ${platform}, ${support} (${nodeRange})`],
    ["ONNX Runtime", packages["onnxruntime-node"] ?? "not installed"],
    ["TensorFlow.js", packages["@tensorflow/tfjs"] ?? "not installed"],
  ];
}

function processorLines({ model, logicalCores, usableCores, quotaCores, features }: Cpu): Line[] {
  const quota = quotaCores === null ? "" : `, ${Number(quotaCores.toFixed(2))} by quota`;
  const names = features?.map((feature) => cpuFeatures[feature]).join(", ");
  return [
    ["model", printable(model)],
    ["cores", `${usableCores} of ${logicalCores} usable${quota}`],
    ["instructions", names === undefined ? "unknown: this system does not tell" : names || "none of those that engines use"], // prettier-ignore
  ];
}

function memoryLines({ totalBytes, availableBytes, limitBytes }: Memory): Line[] {
  return [
    ["total", renderBytes(totalBytes)],
    ["available", renderBytes(availableBytes)],
    ...(limitBytes === null ? [] : [["limit", renderBytes(limitBytes)] satisfies Line]),
  ];
}

function graphicsLines({ vulkan, metal, nvidia, pciVendors }: Diagnosis["graphics"]): Line[] {
  const onBus =
    pciVendors?.length === 0 ? "no GPU of NVIDIA, AMD or Intel" : pciVendors?.join(", ");
  return [
    ...(onBus === undefined ? [] : [["PCI bus", onBus] satisfies Line]),
    ...seenLines(titles.vulkan, vulkan, vulkanText),
    ...seenLines(titles.metal, metal, metalText),
    ...seenLines(titles.nvidia, nvidia, nvidiaText),
  ];
}

function seenLines<Device>(
  title: string,
  seen: Seen<Device> | null,
  describe: (device: Device) => string,
): Line[] {
  if (seen === null) return [];
  if (seen.status === "none") return [[title, printable(`none: ${seen.reason}`)]];
  const texts = [...seen.devices.map(describe), ...seen.warnings.map((text) => `ignored: ${text}`)];
  return texts.map((text, i) => [i === 0 ? title : "", printable(text)]);
}

const kinds = {
  discrete: "discrete",
  integrated: "integrated",
  virtual: "virtual",
  cpu: "software, on the processor",
  other: "of unknown kind",
} as const;

function vulkanText(device: VulkanDevice): string {
  const { name, kind, driver, driverVersion, apiVersion, memoryBytes, float16 } = device;
  return [
    `${name}: ${kinds[kind]}`,
    `driver ${driver === null ? "" : `${driver} `}${driverVersion}`,
    `Vulkan ${apiVersion}`,
    renderBytes(memoryBytes),
    float16 ? "16-bit floats" : "no 16-bit floats",
  ].join(", ");
}

function metalText({ name, metal, memoryBytes }: MetalGpu): string {
  const memory = memoryBytes === null ? "shares the machine's memory" : renderBytes(memoryBytes);
  return `${name}: ${metal}, ${memory}`;
}

function nvidiaText(gpu: NvidiaGpu): string {
  const { name, driverVersion, memoryBytes, freeBytes, computeCapability, processes } = gpu;
  const isKnown = memoryBytes !== null && freeBytes !== null;
  return [
    `${name}: driver ${driverVersion}`,
    ...(computeCapability === null ? [] : [`compute capability ${computeCapability}`]),
    isKnown ? `${renderBytes(freeBytes)} of ${renderBytes(memoryBytes)} free` : "memory not told",
    ...(processes.length === 0 ? [] : [`used by ${processes.map(({ pid }) => pid).join(", ")}`]),
  ].join(", ");
}

const marks = {
  ok: { mark: "✓", colour: "green", word: "ok" },
  failed: { mark: "✗", colour: "red", word: "failed" },
  unavailable: { mark: "–", colour: "yellow", word: "unavailable" },
  software: { mark: "–", colour: "yellow", word: "software only" },
} as const;

function engineText(engine: EngineReport, output: Output): string {
  const { status, reason, description, stepMs } = engine;
  const { mark, colour, word } = marks[status];
  const details = [
    ...(reason === undefined ? [] : [reason]),
    ...(stepMs === undefined ? [] : [`${milliseconds(stepMs)} a step`]),
    ...(description === undefined ? [] : [description]),
  ].join(", ");
  return `${paint(output, colour, mark)} ${word}${details === "" ? "" : `: ${printable(details)}`}`;
}

function milliseconds(value: number): string {
  return `${value >= 100 ? count(value) : Number(value.toPrecision(3))} ms`;
}

const purposes = {
  cache: "cache",
  encoder: "encoder",
  mails: "mails",
  huggingFace: "Hugging Face",
} as const;

function folderText({ path, bytes, detail }: FolderReport): string {
  const size = bytes === null || bytes === 0 ? "" : `, ${renderBytes(bytes)}`;
  return printable(path === null ? detail : `${path}: ${detail}${size}`);
}

function renderFixes(fixes: readonly Fix[], output: Output): string {
  if (fixes.length === 0) return "nothing to mend\n";
  const lines = fixes.map(
    ({ problem, command }) => `  ${printable(problem)}\n    ${paint(output, "cyan", command)}\n`,
  );
  return `to fix\n${lines.join("")}`;
}
