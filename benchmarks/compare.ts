// Programs that take the same step, side by side: all at once and in turns step by step, so that what disturbs the machine disturbs
// them alike; one process after the other, twice over, where memory does not hold them together.
import { setTimeout as sleep } from "node:timers/promises";
import { inspectMemory } from "../src/hardware/cpu.ts";
import { readGroupLimits } from "../src/hardware/cgroup.ts";
import { type Contender, median, openContender } from "./contender.ts";
import { DeviceMemoryWatch, readDeviceMemory } from "./device-memory.ts";
import { stepFlops } from "./flops.ts";
import { type Entry, type Place, REFERENCE } from "./lineup.ts";
import { type ShapeName, shapeWithDropout } from "./shapes.ts";

/** What is trained in a step. */
export interface Setting {
  shape: ShapeName;
  batch: number;
  /** Tokens of every example. */
  length: number;
  dropout: number;
  adapterSize: number;
}

export interface CompareOptions {
  rounds: number;
  /** When to stop after the round that is under way, by `Date.now()`. */
  until: number;
  note: (text: string) => void;
}

export interface Measured {
  title: string;
  medianMs: number;
  minMs: number;
  maxMs: number;
  rounds: number;
  tokensPerSecond: number;
  /** Time over that of PyTorch in float32, not compiled, on the same device; null where it is not there. */
  ratio: number | null;
  /** The same of the shortest times, which other work on the machine touches least. */
  bestRatio: number | null;
  peakRssBytes: number;
  /** The most that the process had on the GPU, libraries and caches included; null where nobody tells. */
  deviceBytes: number | null;
  /** The most that PyTorch's tensors took of it; null for others. */
  allocatedBytes: number | null;
  /** Of the step's matrix products: see flops.ts. */
  flops: number;
  /** The rate of large products in the same precision. */
  matmulFlopsPerSecond: number;
  /** How much of that rate the step achieves. */
  share: number;
}

export interface Failed {
  title: string;
  reason: string;
}

export interface Comparison {
  setting: Setting;
  place: Place;
  /** Whether they took turns step by step, or one process after the other. */
  order: "alternating" | "in turns";
  rows: (Measured | Failed)[];
}

const NUM_WARMUPS = 2;
const NUM_RATES = 3;
/** For the threads of the one before to stop waiting for work. */
const PAUSE_MS = 100;
/** How much more memory than the largest so far must be free for one more. */
const ROOM = 1.3;
const TIMEOUT_MS = 600_000; // torch.compile takes minutes on a busy machine

export async function compare(
  setting: Setting,
  place: Place,
  entries: readonly Entry[],
  options: CompareOptions,
): Promise<Comparison> {
  const tallies = entries.map((entry) => new Tally(entry, setting));
  const isTogether = await openAll(tallies, options);
  if (isTogether) await measure(tallies, options.rounds, options);
  else await measureInTurns(tallies, options);
  const reference = tallies.find((tally) => tally.entry.title === REFERENCE && !tally.failed);
  return {
    setting,
    place,
    order: isTogether ? "alternating" : "in turns",
    rows: tallies.map((tally) => tally.row(reference)),
  };
}

/** Opens them one after the other; false, and nothing is open, where memory does not hold them all. */
async function openAll(tallies: readonly Tally[], { note }: CompareOptions): Promise<boolean> {
  for (const tally of tallies) {
    if (!(await hasRoom(tallies))) {
      note("memory does not hold all of them: one after the other");
      for (const open of tallies) await open.close();
      return false;
    }
    note(`starting ${tally.entry.title}`);
    await tally.open();
  }
  return true;
}

async function hasRoom(tallies: readonly Tally[]): Promise<boolean> {
  const largest = (values: readonly number[]) => ROOM * Math.max(0, ...values);
  const { availableBytes } = inspectMemory(readGroupLimits());
  if (availableBytes < largest(tallies.map(({ peakRssBytes }) => peakRssBytes))) return false;
  const onDevice = largest(tallies.map(({ deviceBytes }) => deviceBytes ?? 0));
  return onDevice === 0 || ((await readDeviceMemory())?.freeBytes ?? 0) > onDevice;
}

async function measureInTurns(tallies: readonly Tally[], options: CompareOptions): Promise<void> {
  const half = Math.ceil(options.rounds / 2);
  for (const rounds of [half, options.rounds - half])
    for (const tally of tallies) {
      if (rounds === 0 || tally.failed || (tally.hasSteps && Date.now() > options.until)) continue;
      options.note(`starting ${tally.entry.title}`);
      await tally.open();
      await measure([tally], rounds, options);
    }
}

/** Takes steps, then measures rates, in turns; closes them. */
async function measure(
  tallies: readonly Tally[],
  rounds: number,
  { note, until }: CompareOptions,
): Promise<void> {
  for (let round = 0; round < rounds && (round === 0 || Date.now() < until); round++)
    for (const tally of tallies) await tally.step();
  note("measuring matrix products");
  for (const tally of tallies) await tally.readMemory();
  for (let round = 0; round < NUM_RATES; round++)
    for (const tally of tallies) await tally.measureRate();
  for (const tally of tallies) await tally.close();
}

/** What is known of one entry. After a failure it takes no further part. */
class Tally {
  readonly entry: Entry;
  peakRssBytes = 0;
  deviceBytes: number | null = null;
  #allocatedBytes: number | null = null;
  readonly #setting: Setting;
  readonly #stepMs: number[] = [];
  readonly #rates: number[] = [];
  #contender: Contender | undefined;
  #reason: string | undefined;

  constructor(entry: Entry, setting: Setting) {
    this.entry = entry;
    this.#setting = setting;
  }

  get failed(): boolean {
    return this.#reason !== undefined;
  }

  get hasSteps(): boolean {
    return this.#stepMs.length > 0;
  }

  /** Starts the program and lets it take its first steps. */
  async open(): Promise<void> {
    const before = this.entry.place === "GPU" ? await readDeviceMemory() : null;
    try {
      this.#contender = await openContender(this.entry.title, this.#command(), {
        isQuiet: true,
        timeoutMs: TIMEOUT_MS,
      });
    } catch (error) {
      this.#reason = (error as Error).message;
      return;
    }
    const watch = before && new DeviceMemoryWatch(before.usedBytes);
    watch?.start(this.#contender.pid);
    for (let i = 0; i < NUM_WARMUPS; i++) await this.#go();
    await this.readMemory();
    const seen = await watch?.stop();
    if (seen) this.deviceBytes = Math.max(this.deviceBytes ?? 0, seen);
  }

  async step(): Promise<void> {
    await sleep(PAUSE_MS);
    const ms = await this.#go();
    if (ms !== undefined) this.#stepMs.push(ms);
  }

  async readMemory(): Promise<void> {
    const answer = await this.#ask("memory");
    if (!answer) return;
    const { peakDeviceBytes, peakRssBytes } = answer as Record<string, number>;
    this.peakRssBytes = Math.max(this.peakRssBytes, peakRssBytes);
    if (peakDeviceBytes !== undefined)
      this.#allocatedBytes = Math.max(this.#allocatedBytes ?? 0, peakDeviceBytes);
  }

  async measureRate(): Promise<void> {
    const answer = await this.#ask("matmul");
    if (answer) this.#rates.push(answer.flopsPerSecond as number);
  }

  async close(): Promise<void> {
    await this.#contender?.kill(); // all has been asked, and a driver may hang at its end
    this.#contender = undefined;
  }

  row(reference: Tally | undefined): Measured | Failed {
    const { title } = this.entry;
    if (this.#reason !== undefined) return { title, reason: this.#reason };
    const { adapterSize, batch, dropout, length, shape } = this.#setting;
    const medianMs = median(this.#stepMs);
    const flops = stepFlops(shapeWithDropout(shape, dropout), {
      adapterSize,
      lengths: new Array<number>(batch).fill(length),
      lastLayerRows: this.entry.lastLayerRows,
    });
    const matmulFlopsPerSecond = median(this.#rates);
    return {
      title,
      medianMs,
      minMs: Math.min(...this.#stepMs),
      maxMs: Math.max(...this.#stepMs),
      rounds: this.#stepMs.length,
      tokensPerSecond: (batch * length) / (medianMs / 1000),
      ratio: reference ? medianMs / median(reference.#stepMs) : null,
      bestRatio: reference ? Math.min(...this.#stepMs) / Math.min(...reference.#stepMs) : null,
      peakRssBytes: this.peakRssBytes,
      deviceBytes: this.deviceBytes,
      allocatedBytes: this.#allocatedBytes,
      flops,
      matmulFlopsPerSecond,
      share: flops / (medianMs / 1000) / matmulFlopsPerSecond,
    };
  }

  /** Takes a step and gives its milliseconds; nothing where it failed. */
  async #go(): Promise<number | undefined> {
    const answer = await this.#ask("go");
    if (!answer) return undefined;
    const { loss, ms } = answer;
    if (Number.isFinite(loss)) return ms as number;
    await this.#fail("the loss is not a number");
    return undefined;
  }

  async #ask(line: string): Promise<Record<string, unknown> | undefined> {
    try {
      return await this.#contender?.ask(line);
    } catch (error) {
      await this.#fail((error as Error).message);
      return undefined;
    }
  }

  async #fail(reason: string): Promise<void> {
    this.#reason = reason;
    await this.close();
  }

  #command(): string[] {
    const { adapterSize, batch, dropout, length, shape } = this.#setting;
    const named = { shape, batch, length, dropout, size: adapterSize };
    return [
      ...this.entry.command,
      ...Object.entries(named).flatMap(([name, value]) => [`--${name}`, `${value}`]),
    ];
  }
}
