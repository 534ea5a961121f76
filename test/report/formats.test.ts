// The table as CSV, Markdown, LaTeX and JSON: read back, or checked for what must not be in them.
import { describe, expect, test } from "vitest";
import { columns, machineColumns } from "../../src/report/columns.ts";
import { renderCsv } from "../../src/report/csv.ts";
import { renderJson } from "../../src/report/json.ts";
import { renderLatex } from "../../src/report/latex.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { tabulate } from "../../src/report/rows.ts";
import {
  holes,
  meanAndError,
  paperSheet,
  percent,
  signed,
  tradeoffSheets,
} from "../../src/report/sheets.ts";
import { parseCsv } from "../support/csv.ts";
import {
  type Changes,
  divergedResult,
  failedResult,
  runsOf,
  trainedResult,
} from "../support/records.ts";

function seeds(scores: readonly number[], changes: Changes = {}) {
  return scores.map((score, seed) => trainedResult({ ...changes, seed, score }));
}

const full = seeds([0.86, 0.88], { method: { name: "full" } });
const table = tabulate(
  runsOf([
    ...seeds([0.81, 0.83, 0.86]),
    divergedResult({ seed: 3 }),
    failedResult({ method: { name: "houlsby", size: 9999 } }),
    ...full,
  ]),
);
const content = { ...table, chosen: table.rows, problems: ["runs/x/result.json: is empty"] };

describe("CSV", () => {
  test("has its columns in the promised order, those of the machine last", () => {
    const [header] = renderCsv(table.rows).split("\n");
    expect(header).toBe(
      "task,encoder,method,size,variant,learningRate,epochs,batchSize,candidates,n,seeds,metric,split," +
        "mean,sem,best,majority,trainedParameters,adapterParameters,layerNormParameters,headParameters," +
        "encoderParameters,percentOfWholeModel,percentOfEncoderLayers,adapterBytes,deltaToFull,ok,diverged," +
        "failed,unfinished,paperScore,paperMetric,paperEncoder,paperSource,deltaToPaper,caveats,seconds," +
        "tokensPerSecond,peakBytes",
    );
    expect(header.split(",").slice(-machineColumns.length)).toEqual(machineColumns);
    for (const { meaning } of columns) expect(meaning).not.toBe("");
  });

  test("read back, it says what the rows say", () => {
    const [adapters, hole, baseline] = parseCsv(renderCsv(table.rows));
    expect(adapters).toMatchObject({
      task: "mrpc",
      method: "houlsby",
      size: "64",
      learningRate: "0.001",
      n: "3",
      seeds: "0 1 2",
      metric: "f1",
      mean: "0.833333",
      sem: "0.014530",
      best: "0.860000",
      majority: "0.500000",
      // Houlsby et al. 2019 §2.1 with BERT-base's shape: 2.1 % of the model
      trainedParameters: "2419202",
      adapterParameters: "2379264",
      layerNormParameters: "38400",
      headParameters: "1538",
      percentOfWholeModel: "2.2097",
      percentOfEncoderLayers: "2.8443",
      deltaToFull: "-0.036667",
      ok: "3",
      diverged: "1",
      paperScore: "0.896000",
      paperMetric: "f1 on GLUE test server",
      paperSource: "Table 1, Adapters (64)",
      deltaToPaper: "-0.062667",
      seconds: "101.0",
      peakBytes: "2000000000",
    });
    expect(hole).toMatchObject({
      size: "9999",
      n: "0",
      mean: "",
      best: "",
      failed: "1",
      seeds: "",
    });
    expect(baseline).toMatchObject({ method: "full", size: "", deltaToFull: "0.000000" });
  });

  test("names no settings where there was a choice and nothing to choose by", () => {
    const diverged = [1e-3, 1e-2].map((learningRate) =>
      divergedResult({ training: { learningRate } }),
    );
    const [row] = parseCsv(renderCsv(tabulate(runsOf(diverged)).rows));
    expect(row).toMatchObject({ candidates: "2", learningRate: "", epochs: "", diverged: "2" });
  });

  test.each(['a,b "c"\nd', "=HYPERLINK(1)", "@x", "+1", "-1"])("an encoder called %j", (source) => {
    const { rows } = tabulate(runsOf(seeds([0.8], { encoder: { source } })));
    const [row] = parseCsv(renderCsv(rows));
    // A spreadsheet must not compute it; everything else comes back as it is.
    expect(row.encoder).toBe(/^[=@+-]/.test(source) ? `'${source}` : source);
    expect(row.mean).toBe("0.800000");
  });

  test("compares with the full fine-tuning of the same input length where there are several", () => {
    const short = { task: { name: "mrpc", maxLength: 64 } } as const;
    const { rows } = tabulate(
      runsOf([
        ...seeds([0.8]),
        ...seeds([0.7], short),
        ...seeds([0.9], { method: { name: "full" } }),
        ...seeds([0.75], { ...short, method: { name: "full" } }),
      ]),
    );
    const deltas = parseCsv(renderCsv(rows)).map(({ deltaToFull }) => deltaToFull);
    expect(deltas).toEqual(["-0.100000", "-0.050000", "0.000000", "0.000000"]);
  });

  test("every run: one line each, compared with the mean of full fine-tuning", () => {
    const lines = parseCsv(renderCsv(table.everyRun(), table.rows));
    expect(lines).toHaveLength(7);
    expect(lines[2]).toMatchObject({
      variant: "seed=2",
      n: "1",
      sem: "",
      deltaToFull: "-0.010000",
    });
    expect(lines[3]).toMatchObject({ variant: "seed=3", n: "0", mean: "", diverged: "1" });
  });
});

describe("what people read", () => {
  test("a row of the table", () => {
    const [{ header, rows, title }] = tradeoffSheets(content);
    expect(title).toBe("mrpc, bert-base-uncased: f1 on dev (majority class 50.0)");
    const cells = Object.fromEntries(header.map((name, i) => [name, rows[0][i]]));
    expect(cells).toEqual({
      method: "houlsby",
      size: "64",
      "learning rate": "0.001",
      epochs: "3",
      n: "3",
      f1: "83.3 ± 1.5",
      best: "86.0",
      "Δ full": "−3.7",
      trained: "2,419,202",
      "% of model": "2.2",
      "% of layers": "2.8",
      file: "9.7 MB",
      runs: "1 of 4 diverged",
    });
  });

  test("scores and differences", () => {
    expect(meanAndError({ mean: 0.8333, sem: null })).toBe("83.3");
    expect(meanAndError({ mean: null, sem: null })).toBe("");
    const errors = [0.0145, 0.001, 0.00024, 0].map((sem) => meanAndError({ mean: 0.831, sem }));
    expect(errors).toEqual(["83.1 ± 1.5", "83.1 ± 0.1", "83.1 ± 0.02", "83.1 ± 0.00"]);
    expect(percent(-0.0001)).toBe("0.0");
    expect([0.01, -0.01, 0.0001, null].map(signed)).toEqual(["+1.0", "−1.0", "0.0", ""]);
    const counts = { diverged: 1, failed: 0, unfinished: 2, ok: 1 };
    expect(holes({ ...table.rows[0], ...counts })).toBe("1 of 4 diverged, 2 of 4 unfinished");
  });

  test("a row beside the paper, our encoder in the title", () => {
    const sheet = paperSheet(content);
    expect(sheet?.title).toContain("(arXiv 1902.00751): ours with bert-base-uncased");
    expect(sheet?.header.map((name, i) => [name, sheet.rows[0][i]])).toEqual([
      ["task", "mrpc"],
      ["ours", "houlsby 64"],
      ["split", "dev"],
      ["score", "83.3 ± 1.5"],
      ["paper", "Table 1, Adapters (64)"],
      ["encoder, split", "BERT-large, GLUE test server"],
      ["score", "89.6"],
      ["metric", "f1"],
      ["difference", "−6.3"],
    ]);
  });

  test("beside the paper, several encoders of ours are told apart", () => {
    const other = tabulate(runsOf(seeds([0.8], { encoder: { source: "another" } }))).rows;
    const names = paperSheet({ rows: [...other, table.rows[0]] })?.rows.map((cells) => cells[1]);
    expect(names).toEqual(["houlsby 64, another", "houlsby 64, bert-base-uncased"]);
  });

  test("Markdown has aligned columns and everything that was remarked", () => {
    const text = renderMarkdown({ ...content, selection: ["chosen so"], notes: ["mind *this*"] });
    const lines = text.split("\n").filter((line) => line.startsWith("| houlsby"));
    expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
    expect(text).toContain("## Chosen settings\n\n- chosen so\n");
    expect(text).toContain(String.raw`- mind \*this\*`);
    expect(text).toContain("## Not read\n\n- runs/x/result.json: is empty\n");
    expect(text).toContain("## Beside Houlsby et al. 2019");
  });

  test("Markdown and LaTeX markup in names stays text", () => {
    const source = String.raw`a|b_c%$#&{}~^\<x>`;
    const rows = tabulate(runsOf(seeds([0.8], { encoder: { source } }))).rows;
    const some = { rows, chosen: rows, selection: [], notes: ["100 %\n\\input{x}"], problems: [] };
    expect(renderMarkdown(some)).toContain(String.raw`a\|b\_c%$#&{}~^\\\<x\>: f1 on dev`);
    const latex = renderLatex(some);
    expect(latex).toContain(
      String.raw`a|b\_c\%\$\#\&\{\}\textasciitilde{}\textasciicircum{}\textbackslash{}\textless{}x\textgreater{}`,
    );
    expect(latex).toContain(String.raw`% 100 % \input{x}`);
  });

  test("LaTeX has as many cells in every line as columns", () => {
    const latex = renderLatex(content);
    const [, alignment] = /\\begin\{tabular\}\{([lr]+)\}/.exec(latex) ?? [];
    const lines = latex.split(String.raw`\end{tabular}`)[0].split("\n");
    const cells = lines.filter((line) => line.endsWith(String.raw`\\`));
    expect(cells).toHaveLength(4);
    for (const line of cells) expect(line.split(" & ")).toHaveLength(alignment.length);
    expect(latex).toContain(String.raw`83.3 $\pm$ 1.5`);
    expect(latex).toContain(String.raw`$-$3.7`);
    for (const rule of ["toprule", "midrule", "bottomrule"]) expect(latex).toContain(`\\${rule}`);
  });

  test("JSON has every number unrounded, and the run folders", () => {
    const parsed = JSON.parse(renderJson(content)) as {
      rows: { score: { mean: number }; runs: string[]; deltaToFull: number }[];
      problems: string[];
    };
    expect(parsed.rows[0].score.mean).toBeCloseTo(2.5 / 3, 15);
    expect(parsed.rows[0].deltaToFull).toBeCloseTo(2.5 / 3 - 0.87, 15);
    expect(parsed.rows[0].runs).toEqual(table.rows[0].runs.map(({ runDir }) => runDir));
    expect(parsed.problems).toEqual(content.problems);
  });

  test("no comparison with the paper where it has nothing", () => {
    const { rows } = tabulate(runsOf(seeds([0.8], { task: "spam" })));
    expect(paperSheet({ rows })).toBeUndefined();
  });
});
