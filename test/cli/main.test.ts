// The command line from outside: exit codes, and what goes to which stream.
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { main } from "../../src/cli/main.ts";
import { configNames } from "../../src/config/find.ts";
import { methods } from "../../src/methods/methods.ts";
import { captureIo, peft } from "./capture.ts";

describe("usage", () => {
  test("--help goes to stdout and names the first command to run", async () => {
    const { exitCode, stdout, stderr } = await peft("--help");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("peft train --config quickstart.yaml");
    for (const command of ["train", "report", "pick", "list", "show", "check", "tasks", "methods"])
      expect(stdout).toContain(`  ${command}`);
  });

  test("--version is the package's", async () => {
    expect((await peft("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.each([
    [["trian"], "unknown command 'trian'\n(Did you mean train?)"],
    [["train", "--confg", "x"], "unknown option '--confg'\n(Did you mean --config?)"],
    [["train", "--config"], "option '--config <file>' argument missing"],
    [["train", "--config", "x", "y"], "too many arguments"],
    [["train"], "such as --config quickstart.yaml"],
    [["check"], "missing required argument 'configs'"],
    [[], "Usage: peft"],
  ])("%j is a usage error", async (argv, expected) => {
    const { exitCode, stdout, stderr } = await peft(...argv);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(expected);
  });
});

describe("peft check", () => {
  test("says what every config resolves to", async () => {
    const { exitCode, stdout, stderr } = await peft("check", ...configNames());
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout.split("\n")).toHaveLength(configNames().length + 1);
    expect(stdout).toContain("ok glue-mrpc.yaml: mrpc with houlsby size 64");
  });

  test("shows the problems of all configs, and what is in order", async () => {
    const { exitCode, stdout, stderr } = await peft(
      "check",
      "test/config/bad/missing-keys.yaml",
      "quickstart.yaml",
      "nowhere.yaml",
    );
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^ok quickstart.yaml: .*\n$/);
    expect(stderr).toContain("missing-keys.yaml:4:1: method.size: missing");
    expect(stderr).toContain("nowhere.yaml: no such config");
    expect(stderr).toMatch(/error: 4 problems in 2 of 3 configs\n$/);
  });

  test("remarks are not errors", async () => {
    const { exitCode, stderr } = await peft(
      "check",
      "quickstart",
      "--set",
      "training.learningRate=3e-5",
    );
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^note: --set training.learningRate=3e-5: low: /);
  });
});

describe("peft train", () => {
  test("a wrong setting is one line that names it", async () => {
    const { exitCode, stdout, stderr } = await peft(
      "train",
      "--config",
      "quickstart",
      "--set",
      "method.size=0",
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toBe("error: --set method.size=0: expected an integer of at least 1\n");
  });

  test("flags are settings, and name themselves", async () => {
    const argv = ["--seed", "-1", "--device", "rocm", "--data", ""];
    const { exitCode, stderr } = await peft("train", "--config", "quickstart", ...argv);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("--seed -1: expected an integer of at least 0\n");
    expect(stderr).toContain(
      '--device rocm: expected "auto", "cpu", "gpu", "webgpu", "cuda" or "tfjs"\n',
    );
    expect(stderr).toContain("--data : expected text\n");
  });

  test("a config that is not there: where it was looked for, what there is", async () => {
    const { exitCode, stderr } = await peft("train", "--config", "glue-mrcp.yaml");
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `error: glue-mrcp.yaml: no such config: looked in ${process.cwd()} and `,
    );
    expect(stderr).toContain("hint: did you mean glue-mrpc.yaml?");
    for (const name of configNames()) expect(stderr).toContain(name);
  });

  test("resuming what is no run folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "peft-cli-"));
    const { exitCode, stderr } = await peft("train", "--resume", folder);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `error: ${folder}: expected a run folder, with a config.yaml in it\nhint: `,
    );
  });
});

describe("lists", () => {
  test("peft methods: every method with its settings", async () => {
    const { exitCode, stdout } = await peft("methods");
    expect(exitCode).toBe(0);
    expect(stdout.split("\n").map((line) => line.split(" ")[0])).toEqual([
      ...Object.keys(methods),
      "",
    ]);
    expect(stdout).toContain("size: an integer of at least 1");
  });

  test("peft tasks: every task with its metrics", async () => {
    const { exitCode, stdout } = await peft("tasks");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^mrpc .*f1.* needs --data$/m);
    expect(stdout).toMatch(/^spam .* comes with peft$/m);
  });
});

describe("on a terminal", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test.each([
    ["", "\u001b[31merror:\u001b[39m nowhere: "],
    ["1", "error: nowhere: "],
  ])("errors are coloured unless NO_COLOR (%j) is set", async (noColor, expected) => {
    vi.stubEnv("NO_COLOR", noColor);
    const { io, stderr } = captureIo({ isTTY: true });
    expect(await main(["train", "--resume", "nowhere"], io)).toBe(1);
    expect(stderr.raw()).toContain(expected);
  });
});

describe("bin/peft.js", () => {
  test("sets the process's exit code", async () => {
    const { status, stderr } = spawnSync(process.execPath, ["bin/peft.js", "trian"]);
    expect(status).toBe(2);
    expect(stderr.toString()).toContain("Did you mean train?");
  });
});
