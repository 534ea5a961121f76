// The labels of the trade-off curve's points, each where there is room, with a line to its point where that is not near.
import { groupBy } from "../group.ts";
import {
  type Anchor,
  LABEL_SIZE,
  leftOf,
  type Place,
  placeLabels,
  type Segment,
  textWidth,
} from "./labels.ts";
import { fromPixels, type Range, toPixels } from "./scales.ts";
import { FAINT, INK, type Layer } from "./style.ts";
import type { Mark } from "./tradeoff-panel.ts";

/** The plot in pixels and in values; x is logarithmic. */
export interface Frame {
  width: number;
  height: number;
  xRange: Range;
  yRange: Range;
}

const MAX_LABEL = 28; // characters
const MAX_LABELS = 200; // more have no room
const FAR = 18; // pixels between a point and its label from which on a line joins them

/** The layers of lines and texts; `rules` are the y of horizontal lines to keep off. */
export function labels(marks: readonly Mark[], rules: readonly number[], frame: Frame): Layer[] {
  if (marks.length > MAX_LABELS) return [];
  const { toX, toY, fromX, fromY } = pixelsOf(frame);
  const anchors = marks.map(({ trained, y, setting }) => ({
    x: toX(trained),
    y: toY(y),
    text: setting.slice(0, MAX_LABEL),
  }));
  const places = placeLabels(anchors, segments(marks, rules, frame), frame);
  const values = anchors.flatMap((anchor, i) => {
    const place = places[i];
    if (place === null) return []; // the tooltip still names the point
    const leader = leaderOf(anchor, place);
    return {
      text: anchor.text,
      align: place.align,
      x: fromX(anchor.x + place.dx),
      y: fromY(anchor.y + place.dy),
      x1: marks[i].trained,
      y1: marks[i].y,
      x2: fromX(leader.x),
      y2: fromY(leader.y),
      isFar: leader.length > FAR,
    };
  });
  return [leaders(values.filter(({ isFar }) => isFar)), texts(values)];
}

function leaders(values: object[]): Layer {
  return {
    data: { values },
    mark: { type: "rule", color: FAINT, strokeWidth: 0.75, aria: false },
    encoding: {
      x: { field: "x1", type: "quantitative" },
      y: { field: "y1", type: "quantitative" },
      x2: { field: "x2" },
      y2: { field: "y2" },
    },
  };
}

function texts(values: object[]): Layer {
  return {
    data: { values },
    mark: {
      type: "text",
      align: { expr: "datum.align" },
      baseline: "middle",
      fontSize: LABEL_SIZE,
      color: INK,
      aria: false,
    },
    encoding: {
      x: { field: "x", type: "quantitative" },
      y: { field: "y", type: "quantitative" },
      text: { field: "text" },
    },
  };
}

/** What labels should not cover: rules, error bars, and the lines from point to point. */
function segments(marks: readonly Mark[], rules: readonly number[], frame: Frame): Segment[] {
  const { toX, toY } = pixelsOf(frame);
  const lines = [...groupBy(marks, ({ series }) => series).values()];
  return [
    ...rules.map((y): Segment => [0, toY(y), frame.width, toY(y)]),
    ...marks.map(({ trained, low, high }): Segment => [
      toX(trained),
      toY(low),
      toX(trained),
      toY(high),
    ]),
    ...lines.flatMap((line) => {
      const points = line.toSorted((a, b) => a.trained - b.trained);
      return points.slice(1).map((mark, i): Segment => {
        const { trained, y } = points[i];
        return [toX(trained), toY(y), toX(mark.trained), toY(mark.y)];
      });
    }),
  ];
}

function pixelsOf({ width, height, xRange, yRange }: Frame) {
  const logRange: Range = [Math.log10(xRange[0]), Math.log10(xRange[1])];
  return {
    toX: (trained: number) => toPixels(Math.log10(trained), logRange, width),
    toY: (y: number) => height - toPixels(y, yRange, height),
    fromX: (x: number) => 10 ** fromPixels(x, logRange, width),
    fromY: (y: number) => fromPixels(height - y, yRange, height),
  };
}

/** The end of the line from a point to its label, at the label's nearest side, in pixels. */
function leaderOf({ x, y, text }: Anchor, place: Place) {
  const left = leftOf(text, place);
  const right = left + textWidth(text);
  const endX = left > 0 ? left - 2 : right < 0 ? right + 2 : 0;
  const endY = place.dy - Math.sign(place.dy) * Math.min(Math.abs(place.dy), LABEL_SIZE / 2);
  return { x: x + endX, y: y + endY, length: Math.hypot(endX, endY) };
}
