// The columns of the trade-off CSV, in their order. The order and the names are a promise to whoever reads the file by program:
// new columns come last but for the four that depend on the machine.
import { baselines, deltaTo } from "./baseline.ts";
import { besidePaper, type Comparison } from "./paper.ts";
import type { Row } from "./row.ts";

/** What a cell is made from. */
interface Source {
  row: Row;
  baseline: Row | undefined;
  paper: Comparison | undefined;
}

type Cell = string | number | null | undefined;

interface Column {
  name: string;
  /** One sentence for people. */
  meaning: string;
  /** Null and undefined make an empty cell. */
  cell: (source: Source) => Cell;
}

const fraction = (value: number | null | undefined) => fixed(value, 6);
const percent = (value: number | null | undefined) => fixed(value, 4);

/** A column of the row's own values. */
function of(name: string, meaning: string, cell: (row: Row) => Cell): Column {
  return { name, meaning, cell: ({ row }) => cell(row) };
}

const trainable = (name: string, meaning: string, key: keyof NonNullable<Row["parameters"]>) =>
  of(name, meaning, ({ parameters }) => parameters?.[key] ?? null);

const tuned = (key: "learningRate" | "epochs" | "batchSize", meaning: string) =>
  of(key, meaning, (row) => (isChosen(row) ? row[key] : null));

/** Every column. Scores are fractions with 6 decimals; an empty cell is a value that is not known. */
export const columns: readonly Column[] = [
  of("task", "name of the task", ({ task }) => safeText(task)),
  of("encoder", "encoder.source of the experiments", ({ encoder }) => safeText(encoder)),
  of("method", "method.name of the experiments", ({ method }) => safeText(method)),
  of("size", "bottleneck size m, or k of the top layers", ({ size }) => size),
  of("variant", "further settings that tell rows apart", ({ variant }) => safeText(variant)),
  tuned("learningRate", "chosen, or the run's with --all"),
  tuned("epochs", "chosen, or the run's with --all"),
  tuned("batchSize", "chosen, or the run's with --all"),
  of("candidates", "how many tuned settings there were to choose from", (row) => row.candidates),
  of("n", "how many seeds the statistics are of", ({ seeds }) => seeds.length),
  of("seeds", "those seeds, ascending", ({ seeds }) => seeds.join(" ")),
  of("metric", "the metric that decides", ({ metric }) => safeText(metric)),
  of("split", "the split that decides", ({ split }) => safeText(split)),
  of("mean", "mean of the metric over seeds, each run at its best evaluation", ({ score }) =>
    fraction(score.mean),
  ),
  of("sem", "standard error of the mean", ({ score }) => fraction(score.sem)),
  of("best", "the best seed's score", ({ best }) => fraction(best)),
  of("majority", "score of always answering the most frequent class", ({ majority }) =>
    fraction(majority),
  ),
  trainable("trainedParameters", "sum of the four that follow", "trained"),
  trainable("adapterParameters", "parameters that the method added", "adapters"),
  trainable("layerNormParameters", "trained LayerNorm gains and biases", "layerNorm"),
  trainable("headParameters", "parameters of the classifier", "head"),
  trainable("encoderParameters", "other pretrained parameters that train", "encoder"),
  of("percentOfWholeModel", "trained, in percent of the pretrained model", ({ parameters }) =>
    percent(parameters?.percentOfWholeModel),
  ),
  of("percentOfEncoderLayers", "trained, in percent of its layers alone", ({ parameters }) =>
    percent(parameters?.percentOfEncoderLayers),
  ),
  of("adapterBytes", "size of adapter.safetensors", ({ adapterBytes }) => adapterBytes),
  {
    name: "deltaToFull",
    meaning: "mean minus that of full fine-tuning on the same task and encoder",
    cell: ({ baseline, row }) => fraction(deltaTo(baseline, row)),
  },
  of("ok", "runs that ended well, of all tuned settings", ({ ok }) => ok),
  of("diverged", "runs whose loss was no longer a number", ({ diverged }) => diverged),
  of("failed", "runs that ended in an error", ({ failed }) => failed),
  of("unfinished", "runs without a result", ({ unfinished }) => unfinished),
  {
    name: "paperScore",
    meaning: "the nearest score in Houlsby et al. 2019",
    cell: ({ paper }) => fraction(paper?.published.score),
  },
  {
    name: "paperMetric",
    meaning: "metric of that score, and what was predicted",
    cell: ({ paper }) => paper && `${paper.published.metric} on ${paper.published.split}`,
  },
  { name: "paperEncoder", meaning: "its encoder", cell: ({ paper }) => paper?.published.encoder },
  { name: "paperSource", meaning: "where it stands", cell: ({ paper }) => paper?.published.source },
  {
    name: "deltaToPaper",
    meaning: "ours minus that score, in the same metric",
    cell: ({ paper }) => fraction(paper?.difference),
  },
  of("caveats", "why the score must not be compared with published ones", ({ caveats }) =>
    safeText(caveats.join("; ")),
  ),
  of("seconds", "mean wall time of training and evaluation", ({ seconds }) => fixed(seconds, 1)),
  of("tokensPerSecond", "mean over the runs", (row) => fixed(row.tokensPerSecond, 0)),
  of("peakBytes", "largest resident memory of the runs", ({ peakBytes }) => peakBytes),
];

/** The last columns, which no two runs of the same experiment share. */
export const machineColumns: readonly string[] = ["seconds", "tokensPerSecond", "peakBytes"];

/** Cells of the rows by column name; `chosen` are the rows with the full fine-tuning to compare with. */
export function toRecords(
  rows: readonly Row[],
  chosen: readonly Row[],
): Record<string, string | number | null>[] {
  const baselineOf = baselines(chosen);
  return rows.map((row) => {
    const source = { row, baseline: baselineOf(row), paper: besidePaper(row).at(0) };
    return Object.fromEntries(columns.map(({ cell, name }) => [name, cell(source) ?? null]));
  });
}

/** False where there were settings to choose from and no run to choose by: to show one of them would be a claim. */
export function isChosen({ candidates, seeds }: Row): boolean {
  return candidates === 1 || seeds.length > 0;
}

/** Text from config files for a cell. A spreadsheet takes these first characters for a formula's; an apostrophe makes it text. */
export function safeText(value: string): string {
  return /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
}

/** Without the sign of a negative zero. */
function fixed(value: number | null | undefined, decimals: number): string | null {
  if (value === null || value === undefined) return null;
  const shown = value.toFixed(decimals);
  return Number(shown) === 0 ? shown.replace("-", "") : shown;
}
