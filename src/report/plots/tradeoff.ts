// The trade-off curve: score minus that of full fine-tuning against trained parameters, one line per method. For one task mean
// and s.e.m. over seeds, as in the paper's Fig. 4; across several tasks the 20th, 50th and 80th percentile, as in Fig. 1 and 3.
import { UserError } from "../../errors.ts";
import { baselines, deltaTo } from "../baseline.ts";
import { groupBy } from "../group.ts";
import type { Row } from "../row.ts";
import { percentile } from "./percentile.ts";
import {
  countSeeds,
  nameOf,
  type Picture,
  type Pictures,
  placeOf,
  seriesOf,
  settingOf,
  shorten,
  stack,
} from "./style.ts";
import { type Mark, type PanelInput, panel } from "./tradeoff-panel.ts";

/** A row with a score, as a place in the plot. */
interface Compared {
  row: Row;
  /** In percent points above full fine-tuning, or in percent where there is none. */
  y: number;
  sem: number;
  trained: number;
}

/** The picture of the selected rows; one below the other for several encoders. */
export function tradeoff(rows: readonly Row[]): Pictures {
  const encoders = [...groupBy(rows, ({ encoder }) => encoder).values()];
  const panels = encoders.flatMap((members) => encoderPanel(members) ?? []);
  if (panels.length === 0)
    throw new UserError("trade-off curve: no row has a score: expected at least one", {
      hint: "peft list shows how the runs ended",
    });
  return stack(panels);
}

function encoderPanel(all: readonly Row[]): Picture | undefined {
  const rows = all.filter(({ score, parameters }) => score.mean !== null && parameters !== null);
  const baselineOf = baselines(rows);
  const isRelative = rows.some((row) => baselineOf(row) !== undefined);
  const compared = rows.flatMap((row) => compare(row, isRelative ? baselineOf(row) : null) ?? []);
  if (compared.length === 0) return undefined;
  const numAlone = rows.length - compared.length;
  const remarks = [
    ...(numAlone > 0 ? [`left out for want of full fine-tuning: ${settings(numAlone)}`] : []),
    ...(all.length > rows.length
      ? [`without a finished run: ${settings(all.length - rows.length)}`]
      : []),
  ];
  const tasks = [...groupBy(compared, ({ row }) => placeOf(row)).values()];
  const input =
    tasks.length === 1 ? oneTask(compared, isRelative) : severalTasks(tasks, isRelative);
  return panel({
    ...input,
    subtitle: [
      `${input.subtitle[0]}${input.marks.some(({ isSingle }) => isSingle) ? "; hollow: a single seed" : ""}`,
      ...input.subtitle.slice(1),
      ...(remarks.length > 0 ? [remarks.join("; ")] : []),
      ...new Set(rows.flatMap(({ caveats }) => caveats)),
    ],
    isRelative,
    rows: compared.map(({ row }) => row),
  });
}

function settings(count: number): string {
  return `${count} ${count === 1 ? "setting" : "settings"}`;
}

/** `baseline` is null where scores are shown as they are. */
function compare(row: Row, baseline: Row | undefined | null): Compared | undefined {
  const score = baseline === null ? row.score.mean : deltaTo(baseline, row);
  if (score === null || row.parameters === null) return undefined;
  const sem = 100 * (row.score.sem ?? 0);
  return { row, y: 100 * score, sem, trained: row.parameters.trained };
}

type Drawn = Omit<PanelInput, "isRelative" | "rows">;

function oneTask(compared: readonly Compared[], isRelative: boolean): Drawn {
  const [{ row, y }] = compared;
  const { task, metric, split, encoder } = row;
  const majority = compared.find((other) => other.row.majority !== null)?.row.majority ?? null;
  const zero = isRelative ? 100 * (row.score.mean ?? 0) - y : 0; // full fine-tuning's score, in percent
  const spread = compared.some(({ sem }) => sem > 0) ? "mean ± s.e.m." : "no s.e.m. of single runs";
  const seeds = countSeeds(compared.map((other) => other.row));
  return {
    marks: compared.map(toMark),
    title: `${task}: ${metric} on ${split} against trained parameters`,
    subtitle: [`encoder ${shorten(encoder, 60)}, ${seeds}, ${spread}`],
    yTitle: isRelative
      ? `${metric} minus full fine-tuning, percent points`
      : `${metric}, percent (no full fine-tuning to compare with)`,
    majority: majority === null ? null : 100 * majority - zero,
  };
}

function toMark({ row, y, sem, trained }: Compared): Mark {
  return {
    series: seriesOf(row),
    setting: settingOf(row),
    name: nameOf(row),
    trained,
    y,
    low: y - sem,
    high: y + sem,
    isBand: false,
    isSingle: row.seeds.length === 1,
  };
}

function severalTasks(tasks: readonly Compared[][], isRelative: boolean): Drawn {
  const [[{ row }]] = tasks;
  const seeds = countSeeds(tasks.flat().map((compared) => compared.row));
  const names = tasks.map(([first]) => `${first.row.task} (${first.row.metric})`);
  return {
    marks: acrossTasks(tasks),
    title: `Score on ${tasks.length} tasks against trained parameters`,
    subtitle: [
      `encoder ${shorten(row.encoder, 60)}, ${seeds}; median, and 20th to 80th percentile across tasks`,
      ...wrap(names, 100),
    ],
    yTitle: isRelative
      ? "score minus full fine-tuning, percent points"
      : "score, percent (no full fine-tuning to compare with)",
    majority: null,
  };
}

/** One mark per setting, at the median of its tasks. */
function acrossTasks(tasks: readonly Compared[][]): Mark[] {
  const groups = groupBy(tasks.flat(), ({ row }) => `${seriesOf(row)}\n${settingOf(row)}`);
  return [...groups.values()].map((members) => {
    const [{ row }] = members;
    const across = (percent: number) =>
      percentile(
        members.map(({ y }) => y),
        percent,
      );
    const missing = members.length < tasks.length ? ` (${members.length} of ${tasks.length})` : "";
    return {
      series: seriesOf(row),
      setting: `${settingOf(row)}${missing}`,
      name: `${nameOf(row)}${missing}`,
      // Tasks differ in the outputs of their heads alone, by a few thousand parameters.
      trained: percentile(
        members.map(({ trained }) => trained),
        50,
      ),
      y: across(50),
      low: across(20),
      high: across(80),
      isBand: true,
      isSingle: members.every((member) => member.row.seeds.length === 1),
    };
  });
}

/** Comma-separated words in lines of about `width` characters. */
function wrap(words: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width)
      lines[lines.length - 1] = `${last}, ${word}`;
    else lines.push(word);
  }
  return lines;
}
