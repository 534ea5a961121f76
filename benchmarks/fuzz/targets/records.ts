// Readers of what runs leave behind, without a model: results, predictions, ablations, locks; and the commands that compare runs.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openMemory } from "../../../src/inference/ablation-memory.ts";
import { thisProcess } from "../../../src/processes.ts";
import { isLocked, lockRun } from "../../../src/record/lock.ts";
import { readResult } from "../../../src/record/result.ts";
import { readRuns } from "../../../src/record/runs.ts";
import { compareRuns } from "../../../src/report/diff.ts";
import { renderCsv } from "../../../src/report/csv.ts";
import { tabulate } from "../../../src/report/rows.ts";
import { UserError } from "../../../src/errors.ts";
import {
  divergedResult,
  experimentOf,
  failedResult,
  trainedResult,
  writeRun,
} from "../../../test/support/records.ts";
import type { Files } from "../mutate.ts";
import { checkShown, must, peft, pickBySize, type Target, textOf } from "../target.ts";

const MUTATED = "runs/mutated";
const predictions = {
  dev: { labels: [0, 1, 1, 0, 1, 0], predictions: [0, 1, 0, 0, 1, 1] },
};
const spans = {
  dev: { ids: ["a", "b"], answers: ["x", ""], scores: { exactMatch: [1, 0], f1: [1, 0.5] } },
};
const own = { kind: "classification", train: "a.csv", text: "t", label: "l" } as const;
const results = [
  trainedResult({ seed: 1, score: 0.81 }),
  trainedResult({
    score: 0.7,
    result: {
      experiment: experimentOf({ task: own }),
      labels: ["no", "yes"],
      caveats: ["few rows"],
    },
  }),
  trainedResult({ seed: 1, task: "squad", method: { name: "full" }, score: 0.7 }),
  divergedResult({ seed: 3 }),
  failedResult({ seed: 4 }),
];

/** Runs that stay as they are, in two folders; and the files of one that varies, in `runs`. */
function runSeeds(folder: string): Files[] {
  for (const before of ["runs", "before"])
    for (const seed of [0, 1])
      writeRun(join(folder, before), trainedResult({ seed }), {
        predictions,
        name: `good-${seed}`,
      });
  return results.map((result) => {
    const options = { name: "x", predictions: result.experiment.task.name === "squad" ? spans : predictions }; // prettier-ignore
    const runDir = writeRun(join(folder, "written"), result, options);
    const names = ["config.yaml", "predictions.json", "result.json"];
    return Object.fromEntries(names.map((name) => [`${MUTATED}/${name}`, readFileSync(join(runDir, name))])); // prettier-ignore
  });
}

const result: Target = {
  name: "result",
  share: 5,
  seeds: runSeeds,
  isMutable: (name) => name.endsWith("result.json"),
  run(folder) {
    const runs = readRuns([join(folder, "runs")]);
    const table = tabulate(runs);
    const numRuns = table.rows.reduce(
      (sum, row) => sum + row.ok + row.diverged + row.failed + row.unfinished,
      0,
    );
    const numRead = runs.results.length + runs.unfinished.length;
    must(
      numRuns === numRead || table.notes.length > 0,
      `${numRuns} runs in the rows of ${numRead} that were read`,
    );
    must(runs.results.length >= 2, "a damaged run hides a good one");
    for (const { score, scores } of table.rows)
      must(scores.every(Number.isFinite) && Number.isFinite(score.mean ?? 0), "a score that is no number"); // prettier-ignore
    for (const line of [...runs.problems, ...table.notes]) {
      must(!line.includes("\n") && line.length < 4096, "a problem that is not a line");
      checkShown(line, "a problem");
    }
    const text = renderCsv(table.rows);
    const read = readResult(join(folder, MUTATED));
    if (typeof read === "string") throw new UserError(read);
    return [text, read.status];
  },
};

const svg = /\.svg$/;

/** Commands over `runs`, and `before`; which one an input gets depends on its bytes. */
const commands: readonly (readonly string[])[] = [
  ["list", "runs"],
  ["show", MUTATED],
  ["report", "runs", "--format", "md"],
  ["report", "runs", "--format", "json"],
  ["report", "runs", "--format", "latex", "--all"],
  ["report", "runs", "--format", "html"],
  ["report", "runs", "--plot", "out.svg"],
  ["report", "runs", "--plot", "out.svg", "--kind", "learning"],
  ["report", "--diff", "before", "runs"],
  ["report", "--diff", "before", "runs", "--format", "json"],
  ["pick", "runs", "--within", "2%"],
  ["check", `${MUTATED}/config.yaml`],
];

const report: Target = {
  name: "report",
  share: 0.3,
  seeds: runSeeds,
  async run(folder, files) {
    const command = pickBySize(commands, files);
    const paths = /^(runs|before|out\.svg)/;
    const text = await peft(...command.map((word) => (paths.test(word) ? join(folder, word) : word))); // prettier-ignore
    const shown = text.replaceAll(/\d+ (seconds?|minutes?|hours?|days?|s|min|h|d)\b/g, "age");
    if (command.includes("json")) JSON.parse(text);
    if (command.some((word) => svg.test(word))) checkXml(readFileSync(join(folder, "out.svg"), "utf8")); // prettier-ignore
    if (command.includes("html"))
      must(!text.includes("<script>alert("), "a text of others runs in the page"); // prettier-ignore
    else checkShown(text.replaceAll("\t", " "), `stdout of ${command[0]}`);
    return [command, command[0] === "list" ? "" : shown];
  },
};

/** Throws unless elements are closed in the order in which they are opened, and characters are those of XML. */
function checkXml(text: string): void {
  must(
    // eslint-disable-next-line no-control-regex -- what XML 1.0 does not admit
    !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text),
    "a picture with a control character",
  );
  const open: string[] = [];
  const tag = /<(\/?)([\w:-]+)((?:\s+[\w:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/g;
  const rest = text.replaceAll(
    tag,
    (_, closes: string, name: string, _attributes, isEmpty: string) => {
      // prettier-ignore
      if (closes) must(open.pop() === name, "a picture whose elements are not closed in order");
    else if (!isEmpty) open.push(name);
      return "";
    },
  );
  const isPlain = !/<(?!!--|\?|!DOCTYPE)|&(?!#?\w+;)/.test(rest);
  must(open.length === 0 && isPlain, "a picture that is no XML");
}

const answers: Target = {
  name: "predictions",
  share: 1,
  seeds: (folder) => runSeeds(folder).slice(0, 3),
  isMutable: (name) => name.endsWith("predictions.json"),
  run(folder) {
    const changes = compareRuns(
      readRuns([join(folder, MUTATED)]),
      readRuns([join(folder, MUTATED), join(folder, "before")]),
    );
    for (const { interval } of changes) {
      if (!interval) continue;
      const bounds = Object.values(interval).filter((value) => typeof value === "number");
      must(bounds.every(Number.isFinite), "an interval that is none");
    }
    return changes.map(({ difference, interval, reason }) => [difference, interval, reason]);
  },
};

const key = { adapterSha256: "a", encoderSha256: "b", split: "dev", dataSha256: ["c"] };
const measured = { intact: { accuracy: 0.5 }, "0": { accuracy: 0.4 }, "0,1": { accuracy: 0.3 } };

const ablation: Target = {
  name: "ablation",
  share: 9,
  seeds: () => [{ "ablation.json": Buffer.from(JSON.stringify({ key, scores: measured })) }],
  run(folder) {
    const memory = openMemory(join(folder, "ablation.json"), key);
    const recalled = [[], [0], [0, 1], [5]].map((layers) => memory.recall(layers));
    for (const metrics of recalled)
      must(Object.values(metrics ?? {}).every(Number.isFinite), "a score that is no number");
    return recalled;
  },
};

const owner = thisProcess();
const owners = [
  owner,
  { ...owner, pid: 2 ** 22 },
  { ...owner, place: "elsewhere" },
  { pid: 1, released: true },
];

const locks: Target = {
  name: "locks",
  share: 4,
  seeds: () => owners.map((one) => ({ "runs/.locks/x.1": Buffer.from(JSON.stringify(one)) })), // prettier-ignore
  isRefused: (files) =>
    owners.some((one, i) => i % 2 === 0 && JSON.stringify(one) === textOf(Object.values(files)[0])),
  writes: true,
  async run(folder) {
    const runDir = join(folder, "runs/x");
    mkdirSync(runDir, { recursive: true });
    const isTaken = isLocked(runDir);
    try {
      (await lockRun(runDir)).release({ finished: true });
      return isTaken;
    } catch (error) {
      must(isTaken, "a lock that is refused and held by no one");
      throw error;
    }
  },
};

export const recordTargets: readonly Target[] = [result, report, answers, ablation, locks];
