// Which engine a device setting means on this machine. The one policy, for every command:
// - `auto` takes the fastest engine that passes the self-test, by the time it took there; without a GPU that is the CPU, untested. A
//   GPU has to be clearly faster, so that one machine always decides alike, and a run that goes on stays where it was begun.
// - `gpu` does the same among GPUs. Neither ever takes a software rasteriser.
// - An engine that is named is taken if it passes, and an error with reason and remedy otherwise; never something else instead.
import type { EngineName, EngineOptions } from "../engine/create.ts";
import type { Precision } from "../engine/engine.ts";
import { UserError } from "../errors.ts";
import { type Hardware, inspectHardware } from "../hardware/hardware.ts";
import type { Device } from "./devices.ts";
import { type Route, routeTo } from "./routes.ts";
import type { SelfTestReport } from "./self-test.ts";
import { testEngine, type TestEngine } from "./test-engine.ts";

export interface Choice {
  engine: EngineName;
  /** What the engine is to be created with. */
  options: EngineOptions;
  /** Why this one, in words; nothing where there was no choice. */
  reason?: string;
}

/** What the policy asks. */
export interface Examiners {
  inspectHardware: () => Promise<Pick<Hardware, "graphics">>;
  testEngine: TestEngine;
}

export interface ChooseOptions {
  precision?: Precision | undefined;
  /** What `auto` takes if it still works: the engine a run was begun on, or that of the other runs of a sweep. */
  prefer?: EngineName | undefined;
  examiners?: Examiners;
}

/** Throws UserError where what was asked for cannot be had. */
export function chooseEngine(device: Device, options: ChooseOptions = {}): Promise<Choice> {
  const { examiners = { inspectHardware, testEngine }, precision = "float32", prefer } = options;
  return new Policy(precision, examiners).choose(device, prefer);
}

/** How many times faster than the processor a GPU must be: less is noise, or not worth other rounding. */
const MARGIN = 1.3;

const gpuEngines = ["cuda", "webgpu", "tfjs"] as const satisfies EngineName[];

/** A candidate that passed, or why it did not. */
type Examined = { engine: EngineName; route: Route; report: SelfTestReport };

class Policy {
  readonly #precision: Precision;
  readonly #examiners: Examiners;

  constructor(precision: Precision, examiners: Examiners) {
    this.#precision = precision;
    this.#examiners = examiners;
  }

  async choose(device: Device, prefer?: EngineName): Promise<Choice> {
    if (device === "cpu") return this.#cpu();
    if (device === "auto" && prefer === "cpu" && this.#precision === "float32") return this.#cpu();
    const { graphics } = await this.#examiners.inspectHardware();
    if (device === "auto" && prefer !== undefined && prefer !== "cpu") {
      const route = routeTo(prefer, { graphics });
      const preferred = route.status === "open" && (await this.#examine(prefer, route));
      if (preferred && preferred.report.ok) return this.#take(preferred);
    }
    if (device !== "auto" && device !== "gpu")
      return this.#named(device, routeTo(device, { graphics }));
    const examined = await this.#examineGpus({ graphics });
    const [best] = examined
      .filter(({ report }) => report.ok && report.isOnGpu)
      .toSorted((a, b) => stepMs(a) - stepMs(b));
    if (device === "gpu") return best ? this.#take(best) : refuse("gpu", examined);
    if (!best) return this.#cpu(whyNoGpu(examined));
    const cpuStepMs = best.report.ok ? best.report.cpuStepMs : undefined;
    const isNoGain = cpuStepMs !== undefined && cpuStepMs < MARGIN * stepMs(best);
    if (isNoGain && this.#precision === "float32")
      return this.#cpu(`${nameOf(best)} is not much faster: ${times(stepMs(best), cpuStepMs)}`);
    return this.#take(best);
  }

  /** The processor; nothing is to be found out about it. */
  #cpu(reason?: string): Choice {
    if (this.#precision !== "float32")
      throw new UserError(
        `precision: ${this.#precision}: expected float32 on the processor${reason === undefined ? "" : ` (no GPU: ${reason})`}`,
        { hint: "leave precision out, or see what peft doctor says of webgpu and cuda" },
      );
    return { engine: "cpu", options: {}, ...(reason !== undefined && { reason }) };
  }

  async #named(engine: "webgpu" | "cuda" | "tfjs", route: Route): Promise<Choice> {
    const examined = await this.#examine(engine, route);
    return examined.report.ok ? this.#take(examined) : refuse(engine, [examined]);
  }

  /** One after the other: they share the GPU and the clock. */
  async #examineGpus(hardware: Pick<Hardware, "graphics">): Promise<Examined[]> {
    const examined: Examined[] = [];
    for (const engine of gpuEngines) {
      const route = routeTo(engine, hardware);
      if (engine === "tfjs" && !("gpu" in route)) continue; // without a GPU it is one more way to the processor
      if (route.status === "software")
        examined.push({ engine, route, report: refused(softwareOnly(route.gpu), route.remedy) });
      else examined.push(await this.#examine(engine, route));
    }
    return examined;
  }

  async #examine(engine: EngineName, route: Route): Promise<Examined> {
    if (route.status === "closed")
      return { engine, route, report: refused(route.reason, route.remedy) };
    if (this.#precision === "float16" && !route.hasFloat16)
      return {
        engine,
        route,
        report: refused("it has no 16-bit floats", "leave precision out"),
      };
    const depth = route.status === "open" ? "time" : "compare";
    const order = { engine, options: this.#optionsFor(route), depth } as const;
    return { engine, route, report: await this.#examiners.testEngine(order) };
  }

  #optionsFor(route: Route): EngineOptions {
    return {
      ...(route.status !== "closed" && route.gpu !== undefined && { gpu: route.gpu }),
      ...(route.status === "software" && { isSoftware: true }),
      ...(this.#precision !== "float32" && { precision: this.#precision }),
    };
  }

  #take(examined: Examined): Choice {
    const { engine, report, route } = examined;
    const options = this.#optionsFor(route);
    if (route.status === "software")
      return { engine, options, reason: `${softwareOnly(route.gpu)}; expect it to be very slow` };
    const timed = report.ok && report.stepMs !== undefined && report.cpuStepMs !== undefined;
    return { engine, options, ...(timed && { reason: times(report.stepMs!, report.cpuStepMs!) }) };
  }
}

function refused(reason: string, remedy?: string): SelfTestReport {
  return { ok: false, isLoaded: false, reason, ...(remedy !== undefined && { remedy }) };
}

function softwareOnly(name: string): string {
  return `the only graphics driver, ${name}, computes on the processor`;
}

function stepMs({ report }: Examined): number {
  return report.ok ? (report.stepMs ?? Infinity) : Infinity;
}

function times(gpuMs: number, cpuMs: number): string {
  return `a standard step takes ${milliseconds(gpuMs)}, on cpu ${milliseconds(cpuMs)}`;
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function nameOf({ engine, route }: Examined): string {
  return route.status !== "closed" && route.gpu !== undefined
    ? `${engine} on ${route.gpu}`
    : engine;
}

/** Why the processor is taken: what the most natural way to a GPU lacks, and every engine that was tried and failed. */
function whyNoGpu(examined: readonly Examined[]): string {
  const failed = examined.filter(({ route }) => route.status === "open");
  if (failed.length > 0) return failed.map(describeFailure).join("; ");
  const webgpu = examined.find(({ engine }) => engine === "webgpu");
  return webgpu && !webgpu.report.ok ? webgpu.report.reason : "no GPU";
}

function describeFailure({ engine, report }: Examined): string {
  if (!report.ok) return `${engine}: ${report.reason}`;
  return `${engine}: it computes on the processor`;
}

function refuse(device: Device, examined: readonly Examined[]): never {
  const [first] = examined;
  const remedies = examined.flatMap(({ report }) =>
    !report.ok && report.remedy ? [report.remedy] : [],
  );
  const reasons =
    examined.length === 1 && !first.report.ok
      ? first.report.reason
      : `expected one that works: ${examined.map(describeFailure).join("; ")}`;
  throw new UserError(`device: ${device}: ${reasons}`, {
    hint: [
      ...new Set(remedies),
      "peft doctor shows what works here, --device auto takes the fastest of it",
    ]
      .slice(0, 2)
      .join("; "),
  });
}
