// What the pictures are computed with: percentiles, axes, room for labels, names and colours.
import { describe, expect, test } from "vitest";
import { placeLabels, textWidth } from "../../src/report/plots/labels.ts";
import { percentile } from "../../src/report/plots/percentile.ts";
import { logRange, logTicks } from "../../src/report/plots/scales.ts";
import { listSeries, ramp, settingOf, shorten } from "../../src/report/plots/style.ts";

test("percentiles are numpy's", () => {
  // numpy 2.4.6: numpy.percentile(values, [20, 50, 80])
  const cases: [number[], number[]][] = [
    [
      [3, 1, 2],
      [1.4, 2, 2.6],
    ],
    [
      [-2.5, 0.1, -0.4, -7.25, 1],
      [-3.45, -0.4, 0.28],
    ],
    [[5], [5, 5, 5]],
    [
      [1, 2],
      [1.2, 1.5, 1.8],
    ],
  ];
  for (const [values, expected] of cases)
    [20, 50, 80].forEach((percent, i) =>
      expect(percentile(values, percent)).toBeCloseTo(expected[i], 12),
    );
});

describe("labels and axes", () => {
  test("labels never lie on each other, on a marker or outside", () => {
    const anchors = Array.from({ length: 30 }, (_, i) => ({
      x: 40 + ((i * 47) % 300),
      y: 30 + ((i * 31) % 200),
      text: `m=${2 ** (i % 9)}`,
    }));
    const frame = { width: 400, height: 260 };
    const places = placeLabels(anchors, [[0, 100, 400, 100]], frame);
    const boxes = anchors.flatMap(({ x, y, text }, i) => {
      const place = places[i];
      if (place === null) return [];
      const width = textWidth(text);
      const shift = { left: 0, center: width / 2, right: width }[place.align];
      const left = x + place.dx - shift;
      return { left, right: left + width, top: y + place.dy - 5, bottom: y + place.dy + 5 };
    });
    expect(boxes.length).toBeGreaterThan(20);
    for (const [i, a] of boxes.entries()) {
      expect(a.left >= 0 && a.right <= 400 && a.top >= 0 && a.bottom <= 260).toBe(true);
      const clash = boxes
        .slice(i + 1)
        .some((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom);
      expect(clash).toBe(false);
    }
  });

  test("points at the same place get two labels", () => {
    const anchor = { x: 100, y: 100 };
    const anchors = [
      { ...anchor, text: "m=64" },
      { ...anchor, text: "m=64" },
    ];
    const [a, b] = placeLabels(anchors, [], { width: 200, height: 200 });
    expect(a).not.toBeNull();
    expect(b).not.toBeNull();
    expect(a).not.toEqual(b);
  });

  test("ticks are powers of ten, finer where there are few", () => {
    expect(logTicks([900, 2e6])).toEqual([1e3, 1e4, 1e5, 1e6]);
    expect(logTicks(logRange([2.4e6]))).toEqual([1e6, 2e6, 5e6]);
  });

  test("methods keep their colours, further ones get their own", () => {
    const rows = [
      { method: "zeta", variant: "" },
      { method: "houlsby", variant: "" },
      { method: "full", variant: "" },
    ] as never;
    const [houlsby, full, other] = listSeries(rows);
    expect([houlsby.name, houlsby.colour]).toEqual(["houlsby", "#0072B2"]);
    expect([full.name, full.colour]).toEqual(["full", "#000000"]);
    expect([houlsby.colour, full.colour]).not.toContain(other.colour);
  });

  test("variants are in the order of their numbers, each with a look of its own", () => {
    const rows = [1, 1e-7, 0.01, 0.1, 1e-3, 1e-4, 1e-5, 1e-6].map((std) => ({
      method: "houlsby",
      variant: `method.initStd=${std}`,
    })) as never;
    const series = listSeries(rows);
    expect(series[0].name).toBe("houlsby, method.initStd=1e-7");
    expect(series.at(-1)?.name).toBe("houlsby, method.initStd=1");
    expect(new Set(series.map(({ colour, shape }) => colour + shape)).size).toBe(8);
  });

  test("names of settings", () => {
    expect(settingOf({ method: "houlsby", size: 64 })).toBe("m=64");
    expect(settingOf({ method: "top-layers", size: 2 })).toBe("k=2");
    expect(settingOf({ method: "head", size: null })).toBe("head");
    expect(shorten("/a/very/long/path/to/weights", 13)).toBe("/a/very/…ghts");
    expect(ramp(3)).toEqual(["#8fd744", "#21918c", "#440154"]);
  });
});
