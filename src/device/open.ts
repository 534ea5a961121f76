// The engine that an experiment's settings ask for, opened.
import { AsyncMemo } from "../async-memo.ts";
import { createEngine, type EngineName } from "../engine/create.ts";
import type { Engine, Precision } from "../engine/engine.ts";
import { Interrupted } from "../errors.ts";
import type { Report } from "../train/events.ts";
import { type Choice, chooseEngine } from "./choose.ts";
import type { Device } from "./devices.ts";
import { joinGpuUsers } from "./gpu-users.ts";

export interface OpenEngineOptions {
  device: Device;
  precision?: Precision | undefined;
  /** Threads that compute one operation, where the engine lets us choose. */
  numThreads?: number | undefined;
  /** See ChooseOptions. */
  prefer?: EngineName | undefined;
  /** Stops while the choice is being made. */
  signal?: AbortSignal | undefined;
  report?: Report;
}

/** An engine, and which one it is. */
export type OpenedEngine = Engine & { readonly name: EngineName };

/** What a setting comes to does not change while a process runs, and finding out takes seconds. */
const choices = new AsyncMemo<string, Choice>();

/** Opens it and tells what was chosen and why. Throws UserError where the device cannot be had, Interrupted when stopped. */
export async function openEngine(settings: OpenEngineOptions): Promise<OpenedEngine> {
  const { device, numThreads, report = () => {} } = settings;
  const note = (text: string) => report({ type: "note", text });
  const { engine: name, options, reason } = await choose(settings);
  if (device === "auto" || reason !== undefined)
    note(`device: ${name}${reason === undefined ? "" : ` (${reason})`}`);
  const engine = await createEngine(name, {
    ...options,
    ...(numThreads !== undefined && { numThreads }),
  });
  note(`engine: ${engine.description}`);
  const leave = engine.isOnGpu ? joinGpuUsers(note) : () => {};
  return {
    ...engine,
    name,
    dispose: async () => {
      leave();
      await engine.dispose();
    },
  };
}

async function choose({ device, precision, prefer, signal }: OpenEngineOptions): Promise<Choice> {
  // Ctrl-C ends the self-test's process too: what is then said of the engine is not true.
  const refuseStopped = () => {
    if (signal?.aborted) throw new Interrupted("stopped; nothing was begun");
  };
  const key = [device, precision, prefer].join(" ");
  try {
    const choice = await choices.get(key, () => chooseEngine(device, { precision, prefer }));
    refuseStopped();
    return choice;
  } catch (error) {
    refuseStopped();
    throw error;
  }
}
