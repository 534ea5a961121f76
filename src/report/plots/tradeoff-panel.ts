// One panel of the trade-off curve: the marks on their axes, with labels placed beside them.
import { largest } from "../../extremes.ts";
import type { Row } from "../row.ts";
import { LABEL_SIZE, textWidth } from "./labels.ts";
import { logRange, logTicks, paddedRange } from "./scales.ts";
import { FAINT, type Layer, listSeries, type Picture, type Series } from "./style.ts";
import { type Frame, labels } from "./tradeoff-labels.ts";

/** One setting: a point, and how sure it is. */
export interface Mark {
  series: string;
  /** What its label says. */
  setting: string;
  /** What pointing at it says. */
  name: string;
  trained: number;
  y: number;
  /** Ends of the error bar, or of the percentiles. */
  low: number;
  high: number;
  /** Whether the series is drawn with a band instead of error bars. */
  isBand: boolean;
  /** Whether it is no mean, but what one seed scored; drawn hollow. */
  isSingle: boolean;
}

export interface PanelInput {
  rows: readonly Row[];
  marks: readonly Mark[];
  title: string;
  subtitle: string[];
  yTitle: string;
  /** Whether zero is full fine-tuning. */
  isRelative: boolean;
  /** What always answering the most frequent class would score, on the y axis. */
  majority: number | null;
}

const WIDTH = 640;
const HEIGHT = 400;

/** The panel; several of them make a picture. */
export function panel(input: PanelInput): Picture {
  const { marks, title, subtitle, majority, isRelative } = input;
  const values = marks.flatMap(({ low, high }) => [low, high]);
  const frame: Frame = {
    width: WIDTH,
    height: HEIGHT,
    xRange: logRange(marks.map(({ trained }) => trained)),
    yRange: paddedRange(isRelative ? [0, ...values] : values, 0.08, 1),
  };
  const [low, high] = frame.yRange;
  const hasMajority = majority !== null && majority > low && majority < high;
  const rules = [...(isRelative ? [0] : []), ...(hasMajority ? [majority] : [])];
  return {
    title: { text: title, subtitle },
    width: WIDTH,
    height: HEIGHT,
    layer: [
      ...(isRelative ? [rule(0, "solid")] : []),
      ...(hasMajority ? [rule(majority, "dashed"), ruleLabel(majority)] : []),
      ...series(input, frame),
      ...labels(marks, rules, frame),
    ],
  };
}

/** Bands, lines, error bars and points, with the axes and the legend. */
function series({ marks, rows, yTitle }: PanelInput, { xRange, yRange }: Frame): Layer[] {
  const list = listSeries(rows);
  const x = {
    field: "trained",
    type: "quantitative",
    title: "trained parameters per task",
    scale: { type: "log", domain: xRange, nice: false },
    axis: { values: logTicks(xRange), format: "~s" },
  } as const;
  const scale = { domain: yRange, nice: false, zero: false };
  const y = { field: "y", type: "quantitative", title: yTitle, scale } as const;
  const color = colourOf(list);
  const lines = marks.toSorted((a, b) => a.trained - b.trained);
  const bands = lines.filter(({ isBand, series: name }) => isBand && isLine(lines, name));
  const bars = lines.filter((mark) => mark.high > mark.low && !bands.includes(mark));
  const pointsWhere = (isSingle: boolean) =>
    lines
      .filter((mark) => mark.isSingle === isSingle)
      .map((mark) => ({ ...mark, description: describe(mark) }));
  const pointEncoding = {
    x,
    y,
    color,
    shape: { ...color, scale: shapesOf(list) },
    description: { field: "description" },
  };
  return [
    {
      data: { values: bands },
      mark: { type: "area", opacity: 0.14, aria: false },
      encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
    },
    {
      data: { values: lines.filter((mark) => isLine(lines, mark.series)) },
      mark: { type: "line", strokeWidth: 2, aria: false },
      encoding: { x, y, color },
    },
    {
      data: { values: bars },
      mark: { type: "rule", strokeWidth: 1.5, aria: false },
      encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
    },
    {
      data: { values: pointsWhere(false) },
      mark: { type: "point", filled: true, size: 70, opacity: 1, stroke: "white", strokeWidth: 1 },
      encoding: pointEncoding,
    },
    {
      data: { values: pointsWhere(true) },
      mark: { type: "point", filled: false, fill: "white", size: 56, opacity: 1, strokeWidth: 1.5 },
      encoding: pointEncoding,
    },
  ];
}

function colourOf(list: readonly Series[]) {
  const longest = largest(list.map(({ name }) => textWidth(name)));
  const columns = Math.max(1, Math.min(list.length, Math.floor(WIDTH / (longest + 40))));
  return {
    field: "series",
    type: "nominal",
    scale: { domain: list.map(({ name }) => name), range: list.map(({ colour }) => colour) },
    legend: { orient: "top", direction: "horizontal", columns, title: null, symbolOpacity: 1 },
  } as const;
}

function shapesOf(list: readonly Series[]) {
  return { domain: list.map(({ name }) => name), range: list.map(({ shape }) => shape) };
}

function isLine(marks: readonly Mark[], name: string): boolean {
  return (
    new Set(marks.filter((mark) => mark.series === name).map(({ trained }) => trained)).size > 1
  );
}

/** What pointing at a mark shows. */
function describe({ name, trained, y, low, high, isBand }: Mark): string {
  const spread = isBand
    ? `, 20th to 80th percentile ${low.toFixed(2)} to ${high.toFixed(2)}`
    : high > y
      ? ` ± ${(high - y).toFixed(2)}`
      : "";
  return `${name}: ${y.toFixed(2)}${spread}, ${trained.toLocaleString("en-US")} trained parameters`;
}

function rule(y: number, style: "solid" | "dashed"): Layer {
  const strokeDash = style === "dashed" ? [4, 4] : [1, 0];
  return {
    data: { values: [{ y }] },
    mark: { type: "rule", color: FAINT, strokeWidth: 1, strokeDash, aria: false },
    encoding: { y: { field: "y", type: "quantitative" } },
  };
}

function ruleLabel(y: number): Layer {
  return {
    data: { values: [{ y, text: "majority class" }] },
    mark: {
      type: "text",
      align: "left",
      baseline: "bottom",
      dx: WIDTH + 4,
      dy: 5,
      fontSize: LABEL_SIZE,
      color: FAINT,
      aria: false,
    },
    encoding: {
      x: { value: 0 },
      y: { field: "y", type: "quantitative" },
      text: { field: "text" },
    },
  };
}
