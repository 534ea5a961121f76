// What `peft doctor` says of the engines: each is put to the same test as when it is chosen.
import { engineNames, type EngineName } from "../engine/create.ts";
import type { Hardware } from "../hardware/hardware.ts";
import type { CheckEngines, EngineReport } from "./report.ts";
import { type Route, routeTo } from "./routes.ts";
import { testEngine, type TestEngine } from "./test-engine.ts";

/** Checks one engine after the other: they share the processor and the clock. */
export const checkEngines: CheckEngines = (hardware, options) =>
  checkWith(testEngine, hardware, options);

/** The same with another tester. */
export async function checkWith(
  test: TestEngine,
  hardware: Pick<Hardware, "graphics">,
  { selfTest }: { selfTest: boolean },
): Promise<EngineReport[]> {
  const reports: EngineReport[] = [];
  for (const device of engineNames)
    reports.push(await check(test, device, routeTo(device, hardware), selfTest));
  return reports;
}

async function check(
  test: TestEngine,
  device: EngineName,
  route: Route,
  selfTest: boolean,
): Promise<EngineReport> {
  if (route.status === "closed") {
    const { reason, remedy } = route;
    return { device, status: "unavailable", reason, ...(remedy !== undefined && { remedy }) };
  }
  const options = {
    ...(route.gpu !== undefined && { gpu: route.gpu }),
    ...(route.status === "software" && { isSoftware: true }),
  };
  // A software rasteriser takes seconds for a step that nobody would have it take.
  const depth = selfTest && route.status === "open" ? "time" : "load";
  const report = await test({ engine: device, options, depth });
  if (!report.ok) {
    const { reason, remedy } = report;
    const status = report.isLoaded ? "failed" : "unavailable";
    return { device, status, reason, ...(remedy !== undefined && { remedy }) };
  }
  const { description, stepMs } = report;
  if (route.status === "software")
    return {
      device,
      description,
      status: "software",
      reason: "it computes on the processor and is never taken by itself",
      ...(route.remedy !== undefined && { remedy: route.remedy }),
    };
  return { device, description, status: "ok", ...(stepMs !== undefined && { stepMs }) };
}
