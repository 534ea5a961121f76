// The engine that an experiment's settings ask for, opened.
import { createEngine } from "../engine/create.ts";
import type { Engine, Precision } from "../engine/engine.ts";
import type { Report } from "../train/events.ts";
import { type Choice, chooseEngine } from "./choose.ts";
import type { Device } from "./devices.ts";
import { joinGpuUsers } from "./gpu-users.ts";

export interface OpenEngineOptions {
  device: Device;
  precision?: Precision | undefined;
  /** Threads that compute one operation, where the engine lets us choose. */
  numThreads?: number | undefined;
  report?: Report;
}

/** What a setting comes to does not change while a process runs, and finding out takes seconds. */
const choices = new Map<string, Promise<Choice>>();

/** Opens it and tells what was chosen and why. Throws UserError where the device cannot be had. */
export async function openEngine({
  device,
  numThreads,
  precision = "float32",
  report = () => {},
}: OpenEngineOptions): Promise<Engine> {
  const note = (text: string) => report({ type: "note", text });
  const key = `${device} ${precision}`;
  const choosing = choices.get(key) ?? chooseEngine(device, precision);
  choices.set(key, choosing);
  const { engine: name, options, reason } = await choosing;
  if (device === "auto" || reason !== undefined)
    note(`device: ${name}${reason === undefined ? "" : ` (${reason})`}`);
  const engine = await createEngine(name, {
    ...options,
    ...(numThreads !== undefined && { numThreads }),
  });
  note(`engine: ${engine.description}`);
  if (!engine.isOnGpu) return engine;
  const leave = joinGpuUsers(note);
  return {
    ...engine,
    dispose: async () => {
      leave();
      await engine.dispose();
    },
  };
}
