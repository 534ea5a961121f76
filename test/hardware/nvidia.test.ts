// NVIDIA's GPUs, by scripts that answer as nvidia-smi does.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inspectNvidia } from "../../src/hardware/nvidia.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();
const MIB = 2 ** 20;

/** A shell script in place of nvidia-smi: `body` sees the query as $1. */
function fake(body: string): string {
  const path = join(temporaryFolder(), "nvidia-smi");
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

const inspect = (
  body: string,
  { remedy = undefined as string | undefined, timeoutMs = 30_000 } = {},
) => inspectNvidia(remedy, { programs: [fake(body)], timeoutMs });

const answer = (gpus: string, processes = "") =>
  `case "$1" in *compute-apps*) printf '${processes}';; *) printf '${gpus}';; esac`;

describe.skipIf(process.platform === "win32")("nvidia-smi", () => {
  test("several GPUs, and who uses them", async () => {
    const gpus =
      "GPU-a, NVIDIA H100 80GB HBM3, 550.54.14, 81559, 4, 81076, 9.0\\n" +
      "GPU-b, NVIDIA A10, 550.54.14, 23028, 1000, 22028, 8.6\\n";
    const found = await inspect(answer(gpus, "GPU-b, 4242, 996\\nGPU-b, 4243, [N/A]\\n"));
    expect(found).toEqual({
      status: "devices",
      warnings: [],
      devices: [
        {
          name: "NVIDIA H100 80GB HBM3",
          driverVersion: "550.54.14",
          memoryBytes: 81559 * MIB,
          usedBytes: 4 * MIB,
          freeBytes: 81076 * MIB,
          computeCapability: "9.0",
          processes: [],
        },
        expect.objectContaining({
          name: "NVIDIA A10",
          processes: [
            { pid: 4242, usedBytes: 996 * MIB },
            { pid: 4243, usedBytes: null },
          ],
        }),
      ],
    });
  });

  test("what a GPU does not say is null; a name may hold a comma", async () => {
    const found = await inspect(
      answer("GPU-a, Odd, Name, 470.82, [N/A], [Not Supported], [N/A], [N/A]\\n"),
    );
    expect(found).toMatchObject({
      devices: [
        {
          name: "Odd, Name",
          driverVersion: "470.82",
          memoryBytes: null,
          usedBytes: null,
          freeBytes: null,
          computeCapability: null,
        },
      ],
    });
  });

  test("a driver that does not know compute_cap", async () => {
    const found = await inspect(`case "$1" in
      *compute_cap*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2;;
      *compute-apps*) ;;
      *) echo 'GPU-a, Tesla K80, 450.80, 11441, 0, 11441';;
    esac`);
    expect(found).toMatchObject({
      devices: [{ name: "Tesla K80", memoryBytes: 11441 * MIB, computeCapability: null }],
    });
  });

  test("the driver does not answer nvidia-smi", async () => {
    const words =
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.";
    expect(await inspect(`echo "${words}"; exit 9`, { remedy: "apt-get install x" })).toEqual({
      status: "none",
      reason: `nvidia-smi: ${words}`,
      remedy: "restart the machine; if it stays: apt-get install x",
    });
  });

  test("library and kernel module of different versions", async () => {
    const words = "Failed to initialize NVML: Driver/library version mismatch";
    expect(await inspect(`echo "${words}"; exit 18`)).toMatchObject({
      reason: `nvidia-smi: ${words}`,
      remedy: "restart the machine: its driver was updated",
    });
  });

  test("a driver without a GPU has no remedy", async () => {
    expect(await inspect("echo 'No devices were found'; exit 6")).toEqual({
      status: "none",
      reason: "nvidia-smi: No devices were found",
    });
    expect(await inspect("exit 0")).toEqual({
      status: "none",
      reason: "nvidia-smi names no GPU: no output",
    });
  });

  test("it hangs", async () => {
    expect(await inspect("exec sleep 60", { timeoutMs: 300 })).toMatchObject({
      status: "none",
      reason: "the NVIDIA driver hung: nvidia-smi gave no answer in 0.3 s",
    });
  });

  test("the first that is there is asked", async () => {
    const programs = ["peft-no-such-program", fake(answer("GPU-a, A10, 550.1, 1, 0, 1, 8.6\\n"))];
    expect(await inspectNvidia(undefined, { programs })).toMatchObject({ status: "devices" });
  });
});

test("no nvidia-smi: the remedy is the caller's, who knows whether there is a GPU", async () => {
  const programs = ["peft-no-such-program"];
  const reason = "no NVIDIA driver: nvidia-smi was not found";
  expect(await inspectNvidia(undefined, { programs })).toEqual({ status: "none", reason });
  expect(await inspectNvidia("do so", { programs })).toEqual({
    status: "none",
    reason,
    remedy: "do so",
  });
});
