// Who can take part on this machine: every engine of ours that the product would take here, by the same examination, and PyTorch.
import { testEngine } from "../src/device/test-engine.ts";
import { type Route, routeTo } from "../src/device/routes.ts";
import { engineNames, type EngineName, type EngineOptions } from "../src/engine/create.ts";
import type { Precision } from "../src/engine/engine.ts";
import type { Hardware } from "../src/hardware/hardware.ts";
import { type Answer, openContender, ownCommand, peerCommand } from "./contender.ts";

export type Place = "processor" | "GPU";

/** A program that takes the step. */
export interface Entry {
  title: string;
  /** Where it computes: only entries of one place are compared. */
  place: Place;
  command: readonly string[];
  /** See StepWork. */
  lastLayerRows: "first" | "all";
  /** Whether anything but the tiny shape would take minutes. */
  isSoftware?: boolean;
}

export interface Absent {
  title: string;
  reason: string;
}

export interface Lineup {
  entries: Entry[];
  absent: Absent[];
  /** PyTorch's version; null where there is none. */
  torch: string | null;
}

/** The entry whose time the others are given in. */
export const REFERENCE = "PyTorch fp32";

export async function findLineup(
  hardware: Pick<Hardware, "graphics" | "cpu">,
  { software }: { software: boolean },
): Promise<Lineup> {
  const lineup: Lineup = { entries: [], absent: [], torch: null };
  for (const engine of engineNames)
    await addEngine(lineup, engine, routeTo(engine, hardware), software);
  await addTorch(lineup, hardware.cpu.usableCores);
  return lineup;
}

async function addEngine(
  { absent, entries }: Lineup,
  engine: EngineName,
  route: Route,
  software: boolean,
): Promise<void> {
  const title = `peft ${engine}`;
  if (route.status === "closed") return void absent.push({ title, reason: route.reason });
  const isSoftware = route.status === "software";
  if (isSoftware && !software) {
    const reason = `its only driver, ${route.gpu}, computes on the processor: --software has it take a tiny step`;
    return void absent.push({ title, reason });
  }
  const precisions: Precision[] = route.hasFloat16 ? ["float32", "float16"] : ["float32"];
  for (const precision of precisions) {
    const named = precision === "float32" ? title : `${title} ${precision}`;
    const options: EngineOptions = { ...(isSoftware && { isSoftware }), precision };
    const report = await testEngine({ engine, options, depth: "compare" }, { timeoutMs: 180_000 });
    if (!report.ok) {
      absent.push({ title: named, reason: report.reason });
      continue;
    }
    const own = ["--engine", engine, "--precision", precision, ...(isSoftware ? ["--software"] : [])]; // prettier-ignore
    entries.push({
      title: named,
      place: report.isOnGpu ? "GPU" : "processor",
      command: [...ownCommand("peft-step"), ...own],
      lastLayerRows: "first",
      ...(isSoftware && { isSoftware }),
    });
  }
}

async function addTorch(lineup: Lineup, numThreads: number): Promise<void> {
  const script = peerCommand("torch_step.py");
  const found = await describe([...script, "--describe"]);
  if (found instanceof Error)
    return void lineup.absent.push({ title: "PyTorch", reason: found.message });
  lineup.torch = found.torch as string;
  const add = (place: Place, variant: string) => {
    const [dtype, compile] = variant.split(" ");
    const device = place === "GPU" ? "cuda" : "cpu";
    const settings = ["--device", device, "--dtype", dtype, "--threads", `${numThreads}`];
    lineup.entries.push({
      title: `PyTorch ${variant}`,
      place,
      lastLayerRows: "all",
      command: [...script, ...settings, ...(compile ? ["--compile"] : [])],
    });
  };
  for (const variant of ["fp32", "bf16", "fp32 compile"]) add("processor", variant);
  if (found.gpu === null)
    lineup.absent.push({ title: "PyTorch on a GPU", reason: "it finds none" });
  else
    for (const variant of ["fp32", "tf32", "bf16", "fp32 compile", "bf16 compile"])
      add("GPU", variant);
}

async function describe(command: readonly string[]): Promise<Answer | Error> {
  try {
    const peer = await openContender("PyTorch", command, { isQuiet: true, timeoutMs: 120_000 });
    return peer.ready;
  } catch (error) {
    return error as Error;
  }
}
