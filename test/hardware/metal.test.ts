// A Mac's GPUs, by answers of system_profiler in the form of its SPDisplaysDataType.
import { expect, test } from "vitest";
import type { CommandResult } from "../../src/hardware/command.ts";
import { inspectMetal } from "../../src/hardware/metal.ts";

const inspect = (result: CommandResult) => inspectMetal({ run: async () => result });
const inspectText = (stdout: string) => inspect({ type: "ok", stdout });

test("Apple's and AMD's", async () => {
  const entries = [
    { sppci_model: "Apple M2", spdisplays_mtlgpufamilysupport: "spdisplays_metal3" },
    {
      sppci_model: "AMD Radeon Pro 5500M",
      spdisplays_mtlgpufamilysupport: "spdisplays_metal3",
      spdisplays_vram: "8 GB",
    },
    { sppci_model: "Old", spdisplays_metal: "spdisplays_notsupported" },
    { sppci_model: "Older" },
  ];
  expect(await inspectText(JSON.stringify({ SPDisplaysDataType: entries }))).toEqual({
    status: "devices",
    devices: [
      { name: "Apple M2", metal: "Metal 3", memoryBytes: null },
      { name: "AMD Radeon Pro 5500M", metal: "Metal 3", memoryBytes: 8 * 2 ** 30 },
    ],
    warnings: [],
  });
});

test.each<[CommandResult, string]>([
  [{ type: "ok", stdout: '{"SPDisplaysDataType": []}' }, "no GPU with Metal"],
  [{ type: "ok", stdout: "{}" }, "system_profiler gave an answer that is not understood"],
  [{ type: "ok", stdout: "<xml>" }, "system_profiler gave an answer that is not understood"],
  [{ type: "missing" }, "system_profiler was not found"],
  [{ type: "hung", timeoutMs: 10_000 }, "system_profiler gave no answer in 10 s"],
  [{ type: "failed", reason: "no such type" }, "system_profiler: no such type"],
])("%j", async (result, reason) => {
  expect(await inspect(result)).toEqual({ status: "none", reason });
});
