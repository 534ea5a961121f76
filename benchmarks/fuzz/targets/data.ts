// Readers of what is learnt from and of what is predicted from: the user's own files, GLUE, SQuAD, rows of inputs.
import { isUtf8 } from "node:buffer";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Layout, layouts } from "../../../src/data/glue-layouts.ts";
import { TaskSettings } from "../../../src/data/settings.ts";
import type { Task } from "../../../src/data/task.ts";
import { openTask } from "../../../src/data/tasks.ts";
import { UserError } from "../../../src/errors.ts";
import { openInput } from "../../../src/inference/input-stream.ts";
import { readRows } from "../../../src/inference/rows.ts";
import type { Files } from "../mutate.ts";
import { must, type Target, textOf } from "../target.ts";

const words = [
  "a good film",
  "the dog ran",
  'it said ""no"", twice',
  "caf\u00e9 \u4f60\u597d",
  "so, so",
  "bad",
];
const labels = ["yes", "no", "no", "yes", "maybe", "maybe"];
const numRows = 18;
const rows = Array.from({ length: numRows }, (_, i) => ({
  text: `${words[i % words.length]} ${i}`,
  pair: words[(i + 1) % words.length],
  label: labels[i % labels.length],
  score: `${(i % 7) / 2}`,
}));
const columns = ["text", "pair", "label", "score"] as const;

const csv = [
  columns.join(","),
  ...rows.map((row) =>
    columns.map((name) => (/[",]/.test(row[name]) ? `"${row[name]}"` : row[name])).join(","),
  ),
].join("\n");
const tsv = [columns.join("\t"), ...rows.map((row) => columns.map((name) => row[name]).join("\t"))].join("\n"); // prettier-ignore
const jsonl = rows.map((row) => JSON.stringify({ ...row, score: Number(row.score) })).join("\n");
const txt = rows.map(({ text }) => text).join("\n");

/** One table in every format. */
const tables: Files[] = Object.entries({ csv, tsv, jsonl }).flatMap(([ending, text]): Files[] => {
  const bytes = Buffer.from(`${text}\n`);
  return [{ [`it.${ending}`]: bytes }, { [`it.${ending}`]: bytes }, { [`it.${ending}.gz`]: gzipSync(bytes) }]; // prettier-ignore
});

const nameOf = (files: Files) =>
  ["csv", "tsv", "jsonl", "txt"]
    .flatMap((ending) => [`it.${ending}`, `it.${ending}.gz`])
    .find((name) => name in files) ?? "it.csv";

/** The rows of a file as `predict` reads them. */
async function rowsOf(path: string, signal = new AbortController().signal) {
  const all = [];
  for await (const { place, values } of readRows(openInput(path), columns, signal)) all.push({ place, values }); // prettier-ignore
  return all;
}

/** The examples of both splits; what is wrong with them is a fault. */
function examplesOf(task: Task, dataDir: string) {
  if (task.kind === "span") throw new Error("a task on texts");
  return ["train", ...task.evaluationSplits].flatMap((split) => {
    const { examples, notes } = task.load(split, { dataDir, seed: 0 });
    must(examples.length > 0, `no example in ${split}`);
    for (const { label, text, textPair } of examples) {
      if (task.isSplitBySeed)
        // the user's own; GLUE's have a few
        must(text.trim() !== "" && textPair?.trim() !== "", "an example without a text");
      if (task.kind === "regression") must(Number.isFinite(label), "a score that is no number");
      else
        must(
          Number.isInteger(label) && label >= 0 && label < task.labels.length,
          "a label that is no class",
        );
    }
    for (const note of notes) must(note.length < 4096, `a note of ${note.length} characters`);
    return examples;
  });
}

const own: Target = {
  name: "own-data",
  share: 6,
  seeds: () => tables,
  async run(folder, files) {
    const train = nameOf(files);
    const settings = { train, text: "text", maxLength: 16 };
    const kinds = [
      { kind: "classification", label: "label" },
      { kind: "pair", label: "label", textPair: "pair" },
      { kind: "regression", label: "score" },
    ];
    const outcomes = kinds.map((kind) => {
      try {
        const task = openTask(TaskSettings.parse({ ...settings, ...kind }), { dataDir: folder, seed: 0 }); // prettier-ignore
        return examplesOf(task, folder);
      } catch (error) {
        if (error instanceof UserError) return error;
        throw error;
      }
    });
    const [first] = outcomes;
    if (first instanceof UserError) throw first;
    await comparedToRows(join(folder, train), first);
    return outcomes.map((outcome) => (outcome instanceof UserError ? outcome.message : outcome));
  },
};

/** What is learnt from and what is predicted from must be the same texts, or one of the two reads another file than the other. */
async function comparedToRows(path: string, examples: readonly { text: string }[]) {
  const predicted = (await rowsOf(path)).map(({ values }) => values.text as string);
  const ordered = (texts: readonly string[]) => texts.filter((text) => text.trim() !== "").toSorted(); // prettier-ignore
  const [learnt, answered] = [ordered(examples.map(({ text }) => text)), new Set(predicted)];
  must(
    learnt.every((text) => answered.has(text)),
    "training reads a text that predict does not",
  );
  must(learnt.length <= predicted.length, "training reads more rows than predict");
}

const inputs: Target = {
  name: "predict-inputs",
  share: 12,
  seeds: () => [
    ...tables,
    { "it.txt": Buffer.from(`${txt}\n`) },
    { "it.txt": Buffer.from(`${txt}\n`) },
    { "it.txt.gz": gzipSync(txt) },
  ],
  async run(folder, files) {
    const name = nameOf(files);
    // A pipe is waited for until someone stops it.
    const signal = files[name] === "pipe" ? AbortSignal.timeout(20) : undefined;
    const all = await rowsOf(join(folder, name), signal);
    must(all.length > 0, "no row, and no error");
    const bytes = files[name];
    if (bytes instanceof Uint8Array && isUtf8(bytes) && !/(csv|gz)$/.test(name)) {
      const text = textOf(bytes);
      const header = name.endsWith("tsv") ? 1 : 0;
      const numLines = (lines: string[]) =>
        lines.filter((line) => line.replace(/^\ufeff/, "").trim() !== "").length - header;
      const counts = [numLines(text.split("\n")), numLines(text.split(/\r\n|[\r\n]/))];
      must(counts.includes(all.length), `${all.length} rows of ${counts.join(" or ")} lines`);
    }
    return all;
  },
};

const glueFiles = Object.entries<Layout>(layouts).map(([name, layout]) => {
  const { evaluationSplits = ["dev"], folder, hasHeader = true, labels: classes } = layout;
  const { label: last, text, textPair = text } = layout.columns;
  const label = last === -1 ? 11 : last;
  const width = 1 + Math.max(label, text, textPair);
  const values = Object.values(classes ?? { low: "0.2", high: "4.75" });
  const lines = rows.map((row, i) => {
    const cells = Array.from({ length: width }, (_, column) => `${column}`);
    cells[textPair] = row.pair;
    cells[text] = row.text;
    cells[label] = values[i % values.length];
    return cells.join("\t");
  });
  const header = Array.from({ length: width }, (_, column) => `column ${column}`).join("\t");
  const bytes = Buffer.from(`${[...(hasHeader ? [header] : []), ...lines].join("\n")}\n`);
  const files = ["train", ...evaluationSplits].map((split) => [`${folder}/${split}.tsv`, bytes]);
  return { name, folder, layout, files: Object.fromEntries(files) as Files };
});

const glue: Target = {
  name: "glue",
  share: 14,
  seeds: () => glueFiles.map(({ files }) => files),
  run(folder, files) {
    const begin = (Object.keys(files)[0] ?? "SST-2/").split("/")[0];
    const { layout, name } = glueFiles.find((task) => task.folder === begin)!;
    const task = openTask(TaskSettings.parse({ name, maxLength: 16 }), {
      dataDir: folder,
      seed: 0,
    });
    const examples = examplesOf(task, folder);
    for (const bytes of Object.values(files)) {
      if (typeof bytes === "string" || !isUtf8(bytes) || layout.knownShortRows) continue;
      const lines = textOf(bytes).split("\n").filter((line) => line.trim() !== ""); // prettier-ignore
      const widths = new Set(lines.map((line) => line.split("\t").length));
      must(widths.size === 1, `rows of ${[...widths].join(" and ")} columns in a file`);
    }
    return examples;
  },
};

/** The files of a small SQuAD. */
export function squadFile(version: string): Files {
  const paragraphs = ["\u{1f3a5} the cat sat and a dog ran", "one two three"].map((context, i) => ({
    context,
    qas: [0, 1].map((n) => ({
      id: `q${i}${n}`,
      question: "who ran?",
      answers: version === "2.0" && n === 1 ? [] : [{ text: ["a dog", "two"][i], answer_start: [18, 4][i] }], // prettier-ignore
      ...(version === "2.0" && { is_impossible: n === 1 }),
    })),
  }));
  const bytes = Buffer.from(JSON.stringify({ version, data: [{ title: "x", paragraphs }] }));
  return { [`train-v${version}.json`]: bytes, [`dev-v${version}.json`]: bytes };
}

const squad: Target = {
  name: "squad",
  share: 7,
  seeds: () => {
    const { "train-v1.1.json": train, ...dev } = squadFile("1.1");
    return [
      squadFile("1.1"),
      squadFile("2.0"),
      { "train-v1.1.json.gz": gzipSync(textOf(train)), ...dev },
    ];
  },
  run(folder, files) {
    const name = Object.keys(files).some((path) => path.includes("2.0")) ? "squad2" : "squad";
    const task = openTask(TaskSettings.parse({ name }), { dataDir: folder, seed: 0 });
    if (task.kind !== "span") throw new Error("a task of questions");
    return ["train", "dev"].map((split) => {
      const { questions } = task.load(split, { dataDir: folder, seed: 0 });
      must(questions.length > 0, `no question in ${split}`);
      must(new Set(questions.map(({ id }) => id)).size === questions.length, "an id twice");
      if (split === "train")
        for (const { answers, context } of questions)
          for (const { start, text } of answers)
            must(context.startsWith(text, start), "an answer that does not stand in its text");
      return questions;
    });
  },
};

export const dataTargets: readonly Target[] = [own, inputs, glue, squad];
