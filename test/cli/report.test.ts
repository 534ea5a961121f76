// `peft report` and `peft pick` from outside: what goes to which stream, which files appear, what is refused.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parseCsv } from "../support/csv.ts";
import {
  type Changes,
  divergedResult,
  experimentOf,
  failedResult,
  trainedResult,
  writeRun,
  writeUnfinished,
} from "../support/records.ts";
import { temporaryFolders } from "../support/temp.ts";
import { peft } from "./capture.ts";

const temporaryFolder = temporaryFolders();

function writeSeeds(folder: string, scores: readonly number[], changes: Changes = {}): string {
  for (const [seed, score] of scores.entries())
    writeRun(folder, trainedResult({ ...changes, seed, score }));
  return folder;
}

/** A small sweep with everything that can go wrong in one. */
function writeSweep(): string {
  const folder = temporaryFolder();
  for (const [size, score] of [
    [8, 0.8],
    [64, 0.87],
  ] as const)
    for (const learningRate of [1e-4, 1e-3])
      writeSeeds(folder, [score, score + 0.01], {
        method: { name: "houlsby", size },
        training: { learningRate, epochs: 2 },
      });
  writeSeeds(folder, [0.87, 0.88], { method: { name: "full" } });
  writeRun(folder, divergedResult({ training: { learningRate: 1, epochs: 2 } }));
  writeRun(folder, failedResult({ method: { name: "houlsby", size: 9999 } }));
  writeUnfinished(folder, experimentOf({ method: { name: "head" } }));
  return folder;
}

describe("peft report", () => {
  let sweep: string;
  beforeAll(() => void (sweep = writeSweep()));

  test("the CSV and nothing else on stdout, what was chosen on stderr", async () => {
    const { exitCode, stderr, stdout } = await peft("report", sweep);
    expect(exitCode).toBe(0);
    expect(parseCsv(stdout).map(({ method, n, size }) => [method, size, n])).toEqual([
      ["houlsby", "8", "2"],
      ["houlsby", "64", "2"],
      ["houlsby", "9999", "0"],
      ["head", "", "0"],
      ["full", "", "2"],
    ]);
    expect(stderr.split("\n")).toEqual([
      "note: mrpc bert-base-uncased houlsby 8: learningRate 0.0001 of 2 settings, by mean f1 on dev over 2 seeds",
      "note: mrpc bert-base-uncased houlsby 64: learningRate 0.0001 of 3 settings, by mean f1 on dev over 2 seeds; 1 did not compete: fewer seeds, or runs that did not end well",
      "",
    ]);
  });

  test("--all: a line for every run", async () => {
    const { stdout } = await peft("report", sweep, "--all");
    expect(parseCsv(stdout)).toHaveLength(13);
  });

  test.each([
    ["md", "## mrpc, bert-base-uncased: f1 on dev"],
    ["latex", String.raw`\begin{tabular}`],
    ["json", '"columns": ['],
    ["html", "<!doctype html>"],
  ])("--format %s", async (format, expected) => {
    const { exitCode, stderr, stdout } = await peft("report", sweep, "--format", format);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout.toLowerCase()).toContain(expected.toLowerCase());
    expect(stdout).toContain("learningRate 0.0001 of 2 settings");
  });

  test("--out: every format and picture, their paths on stdout", async () => {
    const folder = join(temporaryFolder(), "new", "report");
    const { exitCode, stdout } = await peft("report", sweep, "--out", folder);
    expect(exitCode).toBe(0);
    const names = [
      "tradeoff.csv",
      "runs.csv",
      "report.md",
      "report.json",
      "table.tex",
      "report.html",
      "tradeoff.svg",
      "tradeoff.png",
      "learning.svg",
      "heat.svg",
    ];
    expect(stdout).toBe(names.map((name) => `${join(folder, name)}\n`).join(""));
    expect(readdirSync(folder).toSorted()).toEqual(names.toSorted());
    expect(readFileSync(join(folder, "tradeoff.csv"), "utf8")).toBe(
      (await peft("report", sweep)).stdout,
    );
  });

  test("--out leaves out the pictures that cannot be drawn, and says so", async () => {
    const runs = temporaryFolder();
    writeRun(runs, failedResult());
    const folder = temporaryFolder();
    const { exitCode, stderr } = await peft("report", runs, "--out", folder);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("note: no tradeoff.svg: ");
    expect(readdirSync(folder)).toContain("tradeoff.csv");
    expect(readdirSync(folder)).not.toContain("tradeoff.svg");
  });

  test("--plot draws beside the CSV", async () => {
    const file = join(temporaryFolder(), "curve.svg");
    const { exitCode, stderr, stdout } = await peft("report", sweep, "--plot", file);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`note: wrote ${file}\n`);
    expect(readFileSync(file, "utf8")).toContain("<svg");
    expect(parseCsv(stdout)).toHaveLength(5);
  });

  test("is the same whatever the order of the folders", async () => {
    const [a, b] = [writeSeeds(temporaryFolder(), [0.8]), temporaryFolder()];
    writeSeeds(b, [0.9, 0.7], { method: { name: "full" } });
    const { stdout } = await peft("report", a, b);
    expect((await peft("report", b, a)).stdout).toBe(stdout);
  });
});

describe("what cannot be read", () => {
  test("is named, skipped and counted", async () => {
    const folder = writeSeeds(temporaryFolder(), [0.8]);
    const whole = JSON.stringify(trainedResult());
    const broken = {
      truncated: whole.slice(0, 100),
      empty: "",
      other: '{"resultVersion":1}',
      wrong: whole.replace('"mainMetric":"f1"', '"mainMetric":7'),
    };
    for (const [name, text] of Object.entries(broken)) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "result.json"), text);
    }
    mkdirSync(join(folder, "photos"));
    writeFileSync(join(folder, "notes.txt"), "");
    const { exitCode, stderr, stdout } = await peft("report", folder);
    expect(exitCode).toBe(0);
    expect(parseCsv(stdout)).toHaveLength(1);
    const place = (name: string) => `note: skipped ${join(folder, name, "result.json")}: `;
    const truncated = place("truncated").replace(/: $/, ":1:101: the text ends: expected ");
    expect(stderr).toContain(truncated);
    expect(stderr).toContain(`${place("empty")}is empty`);
    expect(stderr).toContain(`${place("other")}resultVersion 1: expected 2`);
    expect(stderr).toContain(`${place("wrong")}mainMetric: `);
    expect(stderr).toContain("note: skipped 4 unreadable, 2 foreign\n");
  });

  test("hundreds of them do not fill the screen", async () => {
    const folder = writeSeeds(temporaryFolder(), [0.8]);
    for (let i = 0; i < 100; i++) {
      mkdirSync(join(folder, `run${i}`));
      writeFileSync(join(folder, `run${i}`, "result.json"), "");
    }
    const { stderr } = await peft("report", folder);
    expect(stderr.split("\n").length).toBeLessThan(30);
    expect(stderr).toContain("note: skipped 80 more like these\nnote: skipped 100 unreadable\n");
  });

  test.each(["report", "pick --within 1", "list"])("nothing at all to %s", async (command) => {
    const empty = temporaryFolder();
    const foreign = temporaryFolder();
    mkdirSync(join(foreign, "photos"));
    for (const folder of [empty, foreign, join(empty, "missing")]) {
      const { exitCode, stderr, stdout } = await peft(...command.split(" "), folder);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(stderr).toContain(`error: ${folder}: no `);
      expect(stderr).toMatch(/\nhint: /);
    }
  });

  test("runs of different versions are reported with a note, and so are copies", async () => {
    const folder = writeSeeds(temporaryFolder(), [0.8]);
    writeRun(folder, trainedResult({ seed: 1, result: { software: { peft: "0.2.0" } } }));
    writeRun(folder, trainedResult({ score: 0.8 }), { name: "copy" });
    const { stderr, stdout } = await peft("report", folder);
    expect(stderr).toContain("note: runs of different versions of peft stand side by side: ");
    expect(stderr).toContain("note: the same run in several folders counts once: 1 such");
    expect(parseCsv(stdout)[0]).toMatchObject({ n: "2", seeds: "0 1" });
  });
});

describe("refused before anything is read", () => {
  test("a picture of an unknown kind", async () => {
    const { exitCode, stderr } = await peft("report", "nowhere", "--plot", "curve.gif");
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      "error: --plot curve.gif: expected a file name that ends in one of .svg, .png, .html\n",
    );
  });

  test.each([
    [["--format", "xlsx"], "Allowed choices are csv, md, json, latex, html."],
    [["--kind", "pie", "--plot", "a.svg"], "Allowed choices are tradeoff, learning, heat."],
    [["--out", "x", "--format", "md"], "cannot be used with option '--format"],
    [["--format", "html", "--all"], "--all goes with --format csv, md, json or latex"],
    [["--diff", "a"], "expected --diff BEFORE AFTER"],
    [["--diff", "a", "b", "c"], "expected --diff BEFORE AFTER"],
    [["--diff", "a", "b", "--format", "html"], "--diff goes with --format csv, md or json"],
    [["--diff", "a", "b", "--all"], "cannot be used with option '--diff"],
  ])("%j is a usage error", async (argv, expected) => {
    const { exitCode, stderr, stdout } = await peft("report", ...argv);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(expected);
  });
});

describe("peft report --diff", () => {
  test.each([
    [[], "mrpc  houlsby 64  f1        80.5   85.5        +5.0  "],
    [["--format", "md"], "| mrpc | houlsby 64 | f1     |"],
    [["--format", "csv"], "mrpc,bert-base-uncased,houlsby,64,,f1,dev,matched,0.805000"],
    [["--format", "json"], '"status": "matched"'],
  ])("%j", async (format, expected) => {
    const before = writeSeeds(temporaryFolder(), [0.805]);
    const after = writeSeeds(temporaryFolder(), [0.855]);
    const { exitCode, stdout } = await peft("report", "--diff", before, after, ...format);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(expected);
  });
});

describe("peft pick", () => {
  test("the setting, and the rows that prove it", async () => {
    const { exitCode, stdout } = await peft("pick", writeSweep(), "--within", "1%");
    expect(exitCode).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "mrpc, bert-base-uncased: f1 on dev",
      "picked        houlsby 64: 87.5 ± 0.5 over 2 seeds, 2,419,202 parameters (2.21 % of the model, 2.84 % of its layers), 0.0 points above the reference",
      "settings      learningRate 0.0001, epochs 2, batchSize 32",
      "reference     full: 87.5 ± 0.5 over 2 seeds, 109,483,778 parameters (100 % of the model, 129 % of its layers)",
      "next smaller  houlsby 8: 80.5 ± 0.5 over 2 seeds, 353,474 parameters (0.323 % of the model, 0.416 % of its layers), 7.0 points below the reference: too far",
      "",
    ]);
  });

  test("nothing meets the rule: the nearest miss", async () => {
    const argv = ["--within", "1%", "--budget", "0.5%", "--of", "layers"];
    const { exitCode, stderr, stdout } = await peft("pick", writeSweep(), ...argv);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain(
      "error: mrpc, bert-base-uncased: f1 on dev: nothing meets --within 1% --budget 0.5%: the nearest is houlsby 8, 80.5, 7.0 points below full (87.5); houlsby 64 is close enough",
    );
  });

  test.each([
    [["--within", "lots"], 1, "error: --within lots: expected points of the metric, such as 1%"],
    [["--budget", "-3"], 1, "error: --budget -3: expected a share such as 0.5%"],
    [["--budget", "1%", "--of", "head"], 2, "Allowed choices are model, layers."],
    [[], 2, "by which rule? Expected --within POINTS, --budget AMOUNT, or both"],
  ])("%j is refused", async (argv, expected, message) => {
    const { exitCode, stderr } = await peft("pick", "nowhere", ...argv);
    expect(exitCode).toBe(expected);
    expect(stderr).toContain(message);
  });
});
