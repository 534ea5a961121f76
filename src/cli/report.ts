// `peft report`: tables and pictures of the runs in folders. Chooses what is written where; src/report makes it.
import { dirname, join } from "node:path";
import { type Command, Option } from "commander";
import { UserError } from "../errors.ts";
import { makeFolder, writeAtomic } from "../files.ts";
import type { PlotEnding, PlotKind } from "../report/plots/plot.ts";
import type { Table } from "../report/rows.ts";
import { type Io, line } from "./io.ts";
import { DEFAULT_RUNS, printNote, readRunsIn } from "./read-runs.ts";

const formats = ["csv", "md", "json", "latex", "html"] as const;
type Format = (typeof formats)[number];

interface ReportOptions {
  format: Format;
  all?: boolean;
  plot?: string[];
  kind: PlotKind;
  out?: string;
  diff?: string[];
}

const examples = `
Examples:
  peft report                                   the trade-off table of runs/ as CSV
  peft report sweeps/mrpc --format md           as Markdown, with the paper beside it
  peft report --plot tradeoff.svg               the trade-off curve
  peft report --plot lr.png --kind heat         the score over learning rate and size
  peft report --out report                      every format and picture, into a folder
  peft report --diff runs/before runs/after     what changed between two sets of runs`;

/** Adds `peft report`. */
export function addReport(program: Command, io: Io): void {
  const command = program
    .command("report")
    .description("compare runs: trade-off table, curves, the paper's rows beside ours")
    .argument("[runs...]", `run folders, or folders of run folders (default: ${DEFAULT_RUNS})`)
    .addOption(new Option("--format <name>", "of the table").choices(formats).default("csv"))
    .addOption(
      new Option("--all", "one row per run instead of one per setting").conflicts(["out", "diff"]),
    )
    .addOption(
      new Option("--plot <file>", "draw into this .svg, .png or .html file; may be repeated")
        .argParser(collect)
        .conflicts("diff"),
    )
    .addOption(
      new Option("--kind <name>", "what --plot draws")
        .choices(["tradeoff", "learning", "heat"] satisfies PlotKind[])
        .default("tradeoff"),
    )
    .addOption(
      new Option("--out <folder>", "write every format and picture into this folder").conflicts([
        "format",
        "diff",
      ]),
    )
    .option("--diff <before after...>", "compare two folders of runs")
    .addHelpText("after", examples);
  command.action(async (folders: string[], options: ReportOptions) =>
    options.diff ? diff(folders, options, command, io) : report(folders, options, command, io),
  );
}

async function report(
  folders: string[],
  options: ReportOptions,
  command: Command,
  io: Io,
): Promise<void> {
  const { all = false, format, kind, out, plot = [] } = options;
  if (all && format === "html")
    command.error("error: --all goes with --format csv, md, json or latex");
  const pictures = await Promise.all(plot.map(toPicture));
  const { tabulate } = await import("../report/rows.ts");
  const runs = await readRunsIn(folders, io);
  const table = tabulate(runs);
  const isSpokenFor = out !== undefined || format !== "csv";
  for (const note of [...(isSpokenFor ? [] : table.selection), ...table.notes]) printNote(note, io);
  for (const { ending, file } of pictures) {
    const { renderPlot } = await import("../report/plots/plot.ts");
    makeFolder(dirname(file));
    writeAtomic(file, await renderPlot(table, ending, kind));
    printNote(`wrote ${file}`, io);
  }
  if (out === undefined)
    io.stdout.writeData(await render(table, { format, all, problems: runs.problems }));
  else await writeAll(table, runs.problems, out, io);
}

async function toPicture(file: string): Promise<{ file: string; ending: PlotEnding }> {
  const { PLOT_ENDINGS } = await import("../report/plots/plot.ts");
  const ending = PLOT_ENDINGS.find((name) => file.toLowerCase().endsWith(`.${name}`));
  if (ending) return { file, ending };
  const accepted = PLOT_ENDINGS.map((name) => `.${name}`).join(", ");
  throw new UserError(`--plot ${file}: expected a file name that ends in one of ${accepted}`);
}

/** What `format` says of the table. */
async function render(
  table: Table,
  { all, format, problems }: { all: boolean; format: Format; problems: string[] },
): Promise<string> {
  const rows = all ? table.everyRun() : table.rows;
  const content = { ...table, rows, chosen: table.rows, problems };
  switch (format) {
    case "csv":
      return (await import("../report/csv.ts")).renderCsv(rows, table.rows);
    case "md":
      return (await import("../report/markdown.ts")).renderMarkdown(content);
    case "json":
      return (await import("../report/json.ts")).renderJson(content);
    case "latex":
      return (await import("../report/latex.ts")).renderLatex(content);
    case "html":
      return (await import("../report/html.ts")).renderHtml({ ...table, problems });
  }
}

/** Every format and every picture that there is something to draw for; prints the paths. */
async function writeAll(table: Table, problems: string[], folder: string, io: Io): Promise<void> {
  makeFolder(folder);
  const { renderPlot } = await import("../report/plots/plot.ts");
  const one = (format: Format, all = false) => render(table, { format, all, problems });
  const files: [name: string, content: () => Promise<string | Uint8Array>][] = [
    ["tradeoff.csv", () => one("csv")],
    ["runs.csv", () => one("csv", true)],
    ["report.md", () => one("md")],
    ["report.json", () => one("json")],
    ["table.tex", () => one("latex")],
    ["report.html", () => one("html")],
    ["tradeoff.svg", () => renderPlot(table, "svg", "tradeoff")],
    ["tradeoff.png", () => renderPlot(table, "png", "tradeoff")],
    ["learning.svg", () => renderPlot(table, "svg", "learning")],
    ["heat.svg", () => renderPlot(table, "svg", "heat")],
  ];
  for (const [name, content] of files) {
    const bytes = await content().catch((error: unknown) => {
      // A picture that these runs do not make is no reason to withhold the others.
      if (error instanceof UserError) return printNote(`no ${name}: ${error.message}`, io);
      throw error;
    });
    if (bytes === undefined) continue;
    writeAtomic(join(folder, name), bytes);
    io.stdout.write(line`${join(folder, name)}`);
  }
}

async function diff(
  folders: string[],
  { diff: pair = [], format }: ReportOptions,
  command: Command,
  io: Io,
): Promise<void> {
  if (pair.length !== 2 || folders.length > 0)
    command.error("error: --diff compares two folders: expected --diff BEFORE AFTER");
  if (format === "html" || format === "latex")
    command.error("error: --diff goes with --format csv, md or json, or none for plain text");
  const isGiven = command.getOptionValueSource("format") !== "default";
  const { printDiff } = await import("./diff.ts");
  await printDiff(pair, isGiven ? format : "text", io);
}

function collect(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}
