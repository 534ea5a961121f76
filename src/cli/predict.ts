// `peft predict`: what finished runs answer to texts of the user, to a split of their task, or to GLUE's test files. The three
// are told apart here; how inputs are read and answered is in src/inference.
import type { Command } from "commander";
import type { Io } from "./io.ts";
import { addOpenOptions, type OpenOptions } from "./opened-runs.ts";

/** The values of the options as commander returns them. */
export interface PredictOptions extends OpenOptions {
  text?: string;
  pair?: string;
  context?: string;
  input?: string;
  output?: string;
  textKey?: string;
  pairKey?: string;
  split?: string;
  data?: string;
  glueSubmission?: string;
  allowIncomplete?: boolean;
}

const help = `
Inputs are .jsonl, .ndjson, .csv, .tsv (also .gz) with the keys text and pair, questions with
question and context, own data with its own columns; or .txt with one text per line. Standard
input and files of other names are what the first line looks like: JSON lines, a table, or texts.
Every line of texts is an input, and none may be empty but the last ones; in JSON lines and tables,
empty lines are no inputs and are passed over. A file that breaks these rules is refused. Answers are
JSON lines on standard output, or what the ending of --output says, one for every input and in
its order, with a key for each run: its task or, where runs share one, its name. They come in
groups of up to 512, or as soon as no input has come for a moment. At an input that cannot be
read, those before it are answered on standard output; --output writes all or nothing.

Examples:
  peft predict RUN --text "a film to remember"
  peft predict RUN --text "Who wrote it?" --context "It was written by Ada."
  peft predict RUN RUN --input mails.csv --text-key body --output answers.csv
  echo "a film to remember" | peft predict RUN --input -
  peft predict RUN --split dev --data ~/glue
  peft predict RUN... --split test --glue-submission glue.zip --data ~/glue`;

/** Adds `peft predict`. */
export function addPredict(program: Command, io: Io): void {
  const command = addOpenOptions(program.command("predict"))
    .description("answer texts with finished runs, any number of tasks over one encoder")
    .option("--text <text>", "the text, or the question")
    .option("--pair <text>", "the second text, of tasks on two")
    .option("--context <text>", "where the question's answer is")
    .option("--input <file>", "file of inputs, - for standard input")
    .option("--output <file>", "where the answers go: .jsonl, .csv or .tsv")
    .option("--text-key <name>", "key or column of the text")
    .option("--pair-key <name>", "key or column of the second text")
    .option("--split <name>", "answer a split of the task; test: GLUE's, whose labels are hidden")
    .option("--data <folder>", "folder with the task's files, for --split")
    .option("--glue-submission <file>", "zip to upload to GLUE, from runs of all its tasks")
    .option("--allow-incomplete", "write the zip even if tasks are missing")
    .addHelpText("after", help);
  command.action(async (runs: string[], options: PredictOptions) => {
    refuseMixture(options, command);
    const { predictInputs, predictOne } = await import("./predict-inputs.ts");
    const { predictTests, predictTheSplit } = await import("./predict-splits.ts");
    if (options.text !== undefined) await predictOne(runs, options, io);
    else if (options.input !== undefined) await predictInputs(runs, options, io);
    else if (options.glueSubmission !== undefined) await predictTests(runs, options, io);
    else await predictTheSplit(runs, options, io);
  });
}

/** Options that belong to another way of using the command would be ignored without a word. */
function refuseMixture(options: PredictOptions, command: Command): void {
  const modes = (["text", "input", "split"] as const).filter((name) => options[name] !== undefined);
  if (modes.length !== 1)
    command.error(
      "error: predict what? Expected one of --text TEXT, --input FILE (- for standard input) and --split NAME",
    );
  const [mode] = modes;
  const belongsTo: Partial<Record<keyof PredictOptions, readonly string[]>> = {
    pair: ["text"],
    context: ["text"],
    textKey: ["input"],
    pairKey: ["input"],
    output: ["input", "split"],
    data: ["split"],
    glueSubmission: ["split"],
    allowIncomplete: ["split"],
  };
  for (const [option, owners] of Object.entries(belongsTo)) {
    if (!(option in options) || owners.includes(mode)) continue;
    const flag = option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    command.error(`error: --${flag} is for --${owners.join(" and --")}, not for --${mode}`);
  }
  if (options.pair !== undefined && options.context !== undefined)
    command.error("error: --pair and --context are two names of one thing: expected one of them");
  if (options.glueSubmission !== undefined && options.split !== "test")
    command.error("error: --glue-submission answers GLUE's test files: expected --split test");
}
