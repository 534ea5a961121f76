// Runs of the tiny encoder that go on, or are used, with files that were changed: by the commands, from the first file to the answer.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resolveExperiment } from "../../../src/config/schema.ts";
import { runExperiment } from "../../../src/run.ts";
import { writeTinyEncoder, writeTinyGlue } from "../../../test/support/tiny.ts";
import type { Files } from "../mutate.ts";
import { squadFile } from "./data.ts";
import { must, peft, pickBySize, type Target } from "../target.ts";

const tasks = {
  sst2: { name: "sst2", maxLength: 16 },
  squad: { name: "squad", maxLength: 16, stride: 4 },
} as const;

/** Trains a run, to its end or, where `isStopped`, until its first evaluation; the files of its folder. */
async function trainedFiles(
  folder: string,
  name: keyof typeof tasks,
  isStopped = false,
): Promise<Files> {
  const stop = new AbortController();
  const outDir = join(folder, "trained", name);
  const dataDir = writeTinyGlue(join(folder, "data"), 12);
  for (const [file, bytes] of Object.entries(squadFile("1.1"))) writeFileSync(join(dataDir, file), bytes); // prettier-ignore
  const experiment = resolveExperiment({
    task: tasks[name],
    encoder: { source: writeTinyEncoder(join(folder, "encoder")) },
    method: { name: "houlsby", size: 2 },
    training: { epochs: 2, batchSize: 8, learningRate: 1e-2 },
    dataDir,
    device: "cpu",
  });
  const training = runExperiment(experiment, {
    outDir,
    signal: stop.signal,
    report: ({ type }) => {
      if (isStopped && type === "evaluation") stop.abort();
    },
  });
  await training.catch((error: unknown) => {
    if (!isStopped) throw error;
  });
  const [run] = readdirSync(outDir).filter((entry) => !entry.startsWith("."));
  const files = readdirSync(join(outDir, run));
  return Object.fromEntries(files.map((file) => [`runs/run/${file}`, readFileSync(join(outDir, run, file))])); // prettier-ignore
}

interface Scores {
  best: unknown;
  adapterSha256: string;
  steps: number;
}

const resultOf = (folder: string) =>
  JSON.parse(readFileSync(join(folder, "runs/run/result.json"), "utf8")) as Scores;

let unharmed: Files = {};
let expected: Scores | undefined;

/** A run that goes on must come to what it would have come to, or be refused. */
const resume: Target = {
  name: "resume",
  share: 0.05,
  async seeds(folder) {
    unharmed = await trainedFiles(folder, "sst2", true);
    expected = undefined;
    return [unharmed];
  },
  writes: true,
  async run(folder, files) {
    await peft("train", "--resume", join(folder, "runs/run"), "--quiet");
    const result = resultOf(folder);
    expected ??= result; // the first one is the unchanged
    const changed = Object.keys(unharmed).filter((name) => files[name] !== unharmed[name]);
    const isStateOnly = changed.every((name) => /state\.safetensors|provenance\.json/.test(name));
    if (isStateOnly && files["runs/run/state.safetensors"] !== undefined) {
      must(result.steps === expected.steps, "resumed to another number of steps");
      must(result.adapterSha256 === expected.adapterSha256, "resumed to other parameters");
    }
    return [result.steps, result.adapterSha256];
  },
};

const places: Record<string, string> = { RUN: "runs/run", TEXTS: "texts.jsonl" };

const uses: readonly (readonly string[])[] = [
  ["predict", "RUN", "--input", "TEXTS", "--device", "cpu"],
  ["eval", "RUN", "--json", "--device", "cpu"],
  ["verify", "RUN", "--quick", "--json"],
  ["verify", "RUN", "--json", "--device", "cpu"],
  ["ablate", "RUN", "--device", "cpu"],
];

const RESULT = "runs/run/result.json";
const pair = "the cat sat and a dog ran";
let trained: Files[string][] = [];

const use: Target = {
  name: "use",
  share: 0.1,
  async seeds(folder) {
    writeFileSync(join(folder, places.TEXTS), `${JSON.stringify({ text: "who ran?", pair })}\n`);
    const runs = [await trainedFiles(folder, "sst2"), await trainedFiles(folder, "squad")];
    trained = runs.map((files) => files[RESULT]);
    return runs;
  },
  writes: true,
  async run(folder, files) {
    // What a changed result.json asks for may take hours.
    const isRecorded = trained.includes(files[RESULT]);
    const command = pickBySize(isRecorded ? [...uses, ["rerun", "RUN", "--quiet"]] : uses, files);
    const text = await peft(
      ...command.map((word) => (places[word] === undefined ? word : join(folder, places[word]))),
    );
    must(!/\bNaN\b|\bundefined\b|Infinity/.test(text), `${command[0]} answers with no number`);
    if (command.includes("--json")) JSON.parse(text);
    if (command[0] === "predict") checkAnswer(text);
    return command;
  },
};

function checkAnswer(line: string): void {
  const answers = Object.values(
    JSON.parse(line) as Record<
      string,
      { answer?: string; label: string; probabilities: Record<string, number> }
    >,
  );
  must(answers.length === 1, "one run, and not one answer");
  const [{ answer, label, probabilities }] = answers;
  if (answer !== undefined) return must(pair.includes(answer), "an answer that is not in its text");
  const shares = Object.values(probabilities);
  const sum = shares.reduce((total, share) => total + share, 0);
  must(
    shares.every((share) => share >= 0 && share <= 1) && Math.abs(sum - 1) < 1e-4,
    "probabilities that are none",
  );
  must(label in probabilities, "a label that is no class");
}

export const runTargets: readonly Target[] = [resume, use];
