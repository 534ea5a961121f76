// What `peft doctor` finds, put together: the program, the machine, its engines and folders, and what to do about the rest.
import type { EngineReport } from "../device/report.ts";
import type { Hardware } from "../hardware/hardware.ts";
import { type FolderReport, inspectFolders } from "./doctor-folders.ts";
import { installedVersion, isInRange, readPackage } from "./package.ts";

/** Everything that is found; `--json` writes it as it is. Sizes are bytes. */
export interface Diagnosis {
  program: ProgramReport;
  processor: Hardware["cpu"];
  memory: Hardware["memory"];
  graphics: Hardware["graphics"];
  engines: readonly EngineReport[];
  folders: readonly FolderReport[];
  /** What is missing or broken, each command once. */
  fixes: readonly Fix[];
}

export interface ProgramReport {
  peft: string;
  node: string;
  /** Versions of Node that peft is made for, and whether this is one. */
  nodeRange: string;
  isNodeSupported: boolean;
  /** Node's names, such as "linux x64". */
  platform: string;
  /** Versions of the runtimes' packages; null where one is not installed. */
  packages: Record<(typeof runtimePackages)[number], string | null>;
}

export interface Fix {
  problem: string;
  command: string;
}

const runtimePackages = [
  "onnxruntime-node",
  "@tensorflow/tfjs",
  "@tensorflow/tfjs-node",
  "@tensorflow/tfjs-node-gpu",
] as const;

/** Puts together what was found, looks at the program and its folders, and collects what is to be done. */
export function diagnose(hardware: Hardware, engines: readonly EngineReport[]): Diagnosis {
  const findings = {
    program: inspectProgram(),
    processor: hardware.cpu,
    memory: hardware.memory,
    graphics: hardware.graphics,
    engines,
    folders: inspectFolders(),
  };
  return { ...findings, fixes: collectFixes(findings) };
}

function inspectProgram(): ProgramReport {
  const { version, engines } = readPackage();
  const node = process.versions.node;
  const versions = runtimePackages.map((name) => [name, installedVersion(name)]);
  return {
    peft: version,
    node,
    nodeRange: engines.node,
    isNodeSupported: isInRange(node, engines.node),
    platform: `${process.platform} ${process.arch}`,
    packages: Object.fromEntries(versions) as ProgramReport["packages"],
  };
}

/** What is wrong and has a remedy, each remedy at what names it first: the program, engines, then what they stand on. */
function collectFixes({
  program,
  engines,
  graphics,
  folders,
}: Omit<Diagnosis, "fixes">): readonly Fix[] {
  const candidates: { problem: string; command: string | undefined }[] = [
    {
      problem: `Node ${program.node} is not one of ${program.nodeRange}`,
      command: program.isNodeSupported ? undefined : "install Node 22",
    },
    ...(["onnxruntime-node", "@tensorflow/tfjs"] as const).map((name) => ({
      problem: `${name} is not installed`,
      command: program.packages[name] === null ? "npm ci" : undefined,
    })),
    ...engines.map(({ device, status, reason, remedy }) => ({
      problem: `${device}: ${reason ?? status}`,
      command: remedy,
    })),
    ...Object.entries(titles).map(([route, title]) => {
      const seen = graphics[route as keyof typeof titles];
      const hidden = seen?.status === "devices" ? "a GPU is not offered" : seen?.reason;
      return { problem: `${title}: ${hidden}`, command: seen?.remedy };
    }),
    ...folders.map(({ purpose, detail, remedy }) => ({
      problem: `${purpose}: ${detail}`,
      command: remedy,
    })),
  ];
  const fixes = new Map<string, Fix>();
  for (const { problem, command } of candidates)
    if (command !== undefined && !fixes.has(command)) fixes.set(command, { problem, command });
  return [...fixes.values()];
}

/** Ways to a GPU, as people call them. */
export const titles = { vulkan: "Vulkan", metal: "Metal", nvidia: "NVIDIA" } as const;
