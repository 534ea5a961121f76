// How every picture looks: colours that colour-blind readers can tell apart, one font, and the names of series and settings.
// Reference for the colours: Okabe and Ito 2008, https://jfly.uni-koeln.de/color/
import { largest, smallest } from "../../extremes.ts";
import type { Config, TopLevelSpec } from "vega-lite";
import { compareText } from "../identity.ts";
import type { Row } from "../row.ts";

/** What browsers look for, in this order; the PNG is drawn with Roboto, which comes with the program. */
export const FONT = "Roboto, Helvetica, Arial, sans-serif";

/** A picture of several parts, one below the other; a part of it; and a layer of a part. */
export type Pictures = Extract<TopLevelSpec, { vconcat: unknown }>;
export type Picture = Pictures["vconcat"][number];
export type Layer = Extract<Picture, { layer: unknown }>["layer"][number];

/** Parts one below the other, each with colours and a legend of its own. */
export function stack(parts: Picture[]): Pictures {
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    config,
    vconcat: parts,
    spacing: 48,
    resolve: { scale: { color: "independent", shape: "independent" } },
  };
}

/** The colour of plain text and of labels. */
export const INK = "#222222";
/** Lines that are there to be compared with, not to be looked at. */
export const FAINT = "#767676";

/** Okabe and Ito without yellow, which is too faint on white, and with a grey. */
const colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#8C8C8C"];
const shapes = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross"];

/** The methods of the paper keep their colour and shape in every picture, whatever stands beside them. */
const known = new Map([
  ["full", { colour: "#000000", shape: "diamond" }],
  ["houlsby", { colour: colours[0], shape: "circle" }],
  ["top-layers", { colour: colours[1], shape: "square" }],
  ["layernorm", { colour: colours[2], shape: "triangle-up" }],
  ["head", { colour: colours[3], shape: "triangle-down" }],
]);
const order = ["houlsby", "top-layers", "layernorm", "head", "full"];

/** A line of a picture: one method in one variant. */
export interface Series {
  name: string;
  colour: string;
  shape: string;
}

/** The name of the series a row belongs to. */
export function seriesOf({ method, variant }: Pick<Row, "method" | "variant">): string {
  return variant === "" ? method : `${method}, ${variant}`;
}

/** The series of the rows, the paper's methods first, each with a colour and shape of its own as far as there are enough. */
export function listSeries(rows: readonly Row[]): Series[] {
  const byName = new Map(rows.map((row) => [seriesOf(row), row]));
  const rank = ({ method }: Row) => (order.indexOf(method) + order.length + 1) % (order.length + 1);
  const sorted = [...byName.entries()].toSorted(
    ([a, rowA], [b, rowB]) => rank(rowA) - rank(rowB) || compareNames(a, b),
  );
  const taken = new Set(
    sorted.map(([name]) => known.get(name)).filter((style) => style !== undefined),
  );
  const free = combinations().filter(
    (style) => ![...taken].some((other) => other.colour === style.colour),
  );
  let next = 0;
  return sorted.map(([name]) => ({ name, ...(known.get(name) ?? free[next++ % free.length]) }));
}

/** Names that differ in a number at their end alone in the number's order, such as `initStd=1e-7` before `initStd=0.01`. */
function compareNames(a: string, b: string): number {
  const [beginA, beginB] = [a, b].map((name) => name.slice(0, name.lastIndexOf("=") + 1));
  const difference = Number(a.slice(beginA.length)) - Number(b.slice(beginB.length));
  return beginA === beginB && difference ? difference : compareText(a, b);
}

/** Every colour with a first shape, then every colour with a second one, and so on. */
function combinations(): { colour: string; shape: string }[] {
  return shapes.flatMap((_, round) =>
    colours.map((colour, i) => ({ colour, shape: shapes[(i + round) % shapes.length] })),
  );
}

/** A setting within its series: `m=64`, `k=2`, or the method's name where it has no size. */
export function settingOf({ method, size }: Pick<Row, "method" | "size">): string {
  if (size === null) return method;
  return method === "top-layers" ? `k=${size}` : `m=${size}`;
}

/** A setting with its series, for people: `houlsby m=64, method.initStd=0.001`. */
export function nameOf(row: Pick<Row, "method" | "size" | "variant">): string {
  const setting = row.size === null ? row.method : `${row.method} ${settingOf(row)}`;
  return row.variant === "" ? setting : `${setting}, ${row.variant}`;
}

/** Equal for rows that may stand in one plot: same task and encoder, decided alike. */
export function placeOf({ task, encoder, metric, split }: Row): string {
  return JSON.stringify([task, encoder, metric, split]);
}

/** `text`, or its beginning and end where it has more than `limit` characters. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = Math.floor((limit - 1) / 3);
  return `${text.slice(0, limit - 1 - end)}…${text.slice(text.length - end)}`;
}

/** `3 seeds`, or `1 to 3 seeds` where settings differ. */
export function countSeeds(rows: readonly Row[]): string {
  const counts = rows.map(({ seeds }) => seeds.length);
  const [least, most] = [smallest(counts), largest(counts)];
  const range = least === most ? `${most}` : `${least} to ${most}`;
  return `${range} ${most === 1 ? "seed" : "seeds"}`;
}

/** Shared by all specs: fonts, sizes and quiet axes. */
export const config: Config = {
  background: "white",
  font: FONT,
  padding: 16,
  view: { stroke: null },
  title: {
    anchor: "start",
    fontSize: 16,
    fontWeight: "normal",
    color: INK,
    subtitleFontSize: 12,
    subtitleColor: "#555555",
    subtitlePadding: 4,
    offset: 12,
  },
  axis: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    labelColor: INK,
    titleColor: INK,
    titlePadding: 8,
    gridColor: "#e6e6e6",
    domainColor: "#999999",
    tickColor: "#999999",
  },
  legend: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    labelColor: INK,
    titleColor: INK,
    labelLimit: 640,
  },
};

/** Viridis without its yellow, which is too faint for lines on white: from few to many. */
const rampAnchors = [
  [0x44, 0x01, 0x54],
  [0x3b, 0x52, 0x8b],
  [0x21, 0x91, 0x8c],
  [0x35, 0xb7, 0x79],
  [0x8f, 0xd7, 0x44],
];

/** `count` colours in an order that shows, the lightest first. */
export function ramp(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const position = (1 - (count === 1 ? 0 : i / (count - 1))) * (rampAnchors.length - 1);
    const below = Math.min(Math.floor(position), rampAnchors.length - 2);
    const channels = rampAnchors[below].map((channel, c) =>
      Math.round(channel + (position - below) * (rampAnchors[below + 1][c] - channel)),
    );
    return `#${channels.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
  });
}
