// Finds room for the labels of points: each beside its point, none on another label or a marker, and off the lines if it can.
// Greedy, in reading order, over a fixed list of places; the same points always get the same labels.

/** A point in pixels, x to the right and y downwards, with the text it wants beside it. */
export interface Anchor {
  x: number;
  y: number;
  text: string;
}

/** A line that labels should not cover, in pixels. */
export type Segment = [x1: number, y1: number, x2: number, y2: number];

/** Where a label goes relative to its point: `dx` is where its left end, its centre or its right end is, `dy` its middle. */
export interface Place {
  dx: number;
  dy: number;
  align: "left" | "center" | "right";
}

export const LABEL_SIZE = 11; // font size in pixels
const LINE = LABEL_SIZE + 3;
const CROSSING = 1.5; // what covering a line weighs, in steps away from the point
const SPACE = 2; // left and right of a label
const MARKER = 6; // half the side of a marker with its outline

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** A place for each anchor's label within a frame of `width` by `height` pixels; null where there is no room. */
export function placeLabels(
  anchors: readonly Anchor[],
  segments: readonly Segment[],
  frame: { width: number; height: number },
): (Place | null)[] {
  const markers = anchors.map(({ x, y }) => around(x, y, MARKER, MARKER));
  const placed: Box[] = [];
  const places = anchors.map((): Place | null => null);
  const readingOrder = anchors.map((_, i) => i);
  readingOrder.sort((a, b) => anchors[a].x - anchors[b].x || anchors[a].y - anchors[b].y || a - b);
  for (const i of readingOrder) {
    let best: { cost: number; box: Box; place: Place } | undefined;
    for (const { effort, ...place } of candidates) {
      const box = boxOf(anchors[i], place);
      const isOutside =
        box.left < 0 || box.top < 0 || box.right > frame.width || box.bottom > frame.height;
      if (isOutside || [...placed, ...markers].some((other) => overlap(box, other))) continue;
      const cost = effort + CROSSING * segments.filter((segment) => crosses(segment, box)).length;
      if (best === undefined || cost < best.cost) best = { cost, box, place };
    }
    if (best === undefined) continue;
    placed.push(best.box);
    places[i] = best.place;
  }
  return places;
}

/** Pixels a label takes in DejaVu Sans, the widest of the fonts a browser may fall back to; Roboto needs fewer. */
export function textWidth(text: string): number {
  const ems = Array.from(text, (character) =>
    /[mwMW@%]/.test(character) ? 0.98 : character === "=" ? 0.84 : 0.64,
  );
  return LABEL_SIZE * ems.reduce((sum, width) => sum + width, 0);
}

/** Around the point, near before far, above and below before the sides. `effort` weighs against the lines crossed. */
const candidates = [0, 8, 18, 30, 44, 60].flatMap((gap, ring) => {
  const side = MARKER + 2 + gap;
  const corner = side - 3;
  const up = MARKER + LINE / 2 + 1 + gap;
  const places: Place[] = [
    { dx: 0, dy: -up, align: "center" },
    { dx: 0, dy: up, align: "center" },
    { dx: corner, dy: 3 - up, align: "left" },
    { dx: -corner, dy: 3 - up, align: "right" },
    { dx: corner, dy: up - 3, align: "left" },
    { dx: -corner, dy: up - 3, align: "right" },
    { dx: side, dy: 0, align: "left" },
    { dx: -side, dy: 0, align: "right" },
  ];
  return places.map((place, i) => ({ ...place, effort: 0.8 * ring + 0.05 * i }));
});

/** The end of a label's box on the left, relative to its point. */
export function leftOf(text: string, { dx, align }: Place): number {
  const width = textWidth(text);
  return align === "left" ? dx : align === "center" ? dx - width / 2 : dx - width;
}

function boxOf({ x, y, text }: Anchor, place: Place): Box {
  const halfWidth = textWidth(text) / 2;
  return around(x + leftOf(text, place) + halfWidth, y + place.dy, halfWidth + SPACE, LINE / 2);
}

function around(x: number, y: number, halfWidth: number, halfHeight: number): Box {
  return { left: x - halfWidth, right: x + halfWidth, top: y - halfHeight, bottom: y + halfHeight };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Liang and Barsky's clipping: whether any part of the segment lies in the box. */
function crosses([x1, y1, x2, y2]: Segment, { left, right, top, bottom }: Box): boolean {
  let [enter, leave] = [0, 1];
  const edges = [
    [x1 - x2, x1 - left],
    [x2 - x1, right - x1],
    [y1 - y2, y1 - top],
    [y2 - y1, bottom - y1],
  ];
  for (const [p, q] of edges) {
    if (p === 0 && q < 0) return false;
    if (p < 0) enter = Math.max(enter, q / p);
    if (p > 0) leave = Math.min(leave, q / p);
  }
  return enter <= leave;
}
