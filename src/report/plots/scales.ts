// Axes whose range and ticks are known before anything is drawn: labels can only be kept apart where their pixels are known.

export type Range = [number, number];

/** The least and the greatest of the values; there must be one. */
export function extent(values: readonly number[]): Range {
  return [
    values.reduce((a, b) => Math.min(a, b), Infinity),
    values.reduce((a, b) => Math.max(a, b), -Infinity),
  ];
}

/** The range of the values with `share` of it added on both sides; `least` wide at least. */
export function paddedRange(values: readonly number[], share: number, least: number): Range {
  const [low, high] = extent(values);
  const margin = Math.max((high - low) * share, (least - (high - low)) / 2);
  return [low - margin, high + margin];
}

/** A logarithmic range around the values, one decade wide at least. */
export function logRange(values: readonly number[]): Range {
  const [low, high] = paddedRange(values.map(Math.log10), 0.06, 1);
  return [10 ** low, 10 ** high];
}

/** The powers of ten within the range; with 2 and 5 times them where they would be fewer than three. */
export function logTicks([low, high]: Range): number[] {
  const decades = ticksOf([1], low, high);
  return decades.length >= 3 ? decades : ticksOf([1, 2, 5], low, high);
}

function ticksOf(factors: readonly number[], low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const factor of factors) {
      const tick = factor * 10 ** power;
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  return ticks;
}

/** Where a value lies on an axis of `pixels`, counted from the end of the least value. */
export function toPixels(value: number, [low, high]: Range, pixels: number): number {
  return ((value - low) / (high - low)) * pixels;
}

/** The value at a distance in pixels from the end of the least value. */
export function fromPixels(distance: number, [low, high]: Range, pixels: number): number {
  return low + (distance / pixels) * (high - low);
}
