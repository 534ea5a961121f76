// Other programs: missing, failing, stopped.
import { afterEach, expect, test, vi } from "vitest";
import { Interrupted } from "../../src/errors.ts";
import { runTool } from "../../src/setup/tools.ts";
import { downloadWheels, requirementsIn } from "../../src/setup/wheels.ts";
import { temporaryFolders } from "../support/temp.ts";
import { writeTool } from "../support/tools.ts";

const temporaryFolder = temporaryFolders();
afterEach(() => vi.unstubAllEnvs());

/** A PATH with nothing but these programs. */
function onlyTools(scripts: Record<string, string>): void {
  const folder = temporaryFolder();
  for (const [name, script] of Object.entries(scripts)) writeTool(folder, name, script);
  vi.stubEnv("PATH", folder);
}

test("gives what a program wrote to stdout", async () => {
  onlyTools({ npm: "echo one; echo two; echo three >&2" });
  expect(await runTool("npm", [])).toBe("one\ntwo\n");
});

test.each([
  ["c++", "apt install g++"],
  ["python3", "apt install python3"],
  ["npm", "apt install npm"],
])("%s that is missing: says how to install it", async (name, command) => {
  onlyTools({});
  await expect(runTool(name, ["--version"])).rejects.toMatchObject({
    name: "UserError",
    message: `${name}: not found: setup needs it`,
    hint: `install it: ${command}`,
  });
});

test("a program that fails: its last words", async () => {
  onlyTools({ npm: "echo 'npm error code ENOTFOUND' >&2; exit 7" });
  await expect(runTool("npm", ["pack", "this"])).rejects.toMatchObject({
    name: "UserError",
    message: "npm pack this …: ended with exit code 7:\n  npm error code ENOTFOUND",
  });
});

test("is stopped by the signal", async () => {
  onlyTools({ npm: "while :; do :; done" });
  const controller = new AbortController();
  const end = runTool("npm", [], { signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await expect(end).rejects.toBeInstanceOf(Interrupted);
  await expect(runTool("npm", [], { signal: controller.signal })).rejects.toThrow("stopped");
});

test("a Python without pip: says how to install it", async () => {
  onlyTools({ python3: "echo '/usr/bin/python3: No module named pip' >&2; exit 1" });
  const options = { signal: undefined, dependencies: false };
  await expect(downloadWheels(["x==1"], temporaryFolder(), options)).rejects.toMatchObject({
    message: "pip: not found: setup needs it",
    hint: "install it: apt install python3-pip",
  });
});

test("requirements of a wheel's extras, from its metadata", () => {
  const metadata = [
    "Requires-Dist: numpy>=1.21.6",
    'Requires-Dist: nvidia-cufft~=12.0; extra == "cuda"',
    "Requires-Dist: nvidia-cudnn-cu13~=9.0 ; extra == 'cudnn'",
    'Requires-Dist: nvidia-nccl-cu12<3.0,>=2.27.7; extra == "and-cuda"',
    'Requires-Dist: sympy; extra == "symbolic"',
  ].join("\r\n");
  expect(requirementsIn(metadata, ["cuda", "cudnn"])).toEqual([
    "nvidia-cufft~=12.0",
    "nvidia-cudnn-cu13~=9.0",
  ]);
  expect(requirementsIn(metadata, ["and-cuda"])).toEqual(["nvidia-nccl-cu12<3.0,>=2.27.7"]);
});
