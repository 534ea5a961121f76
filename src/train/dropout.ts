// Dropout masks as inputs of the training program. Masks are drawn from counter-based streams, so that they depend on nothing
// but (seed, step, piece) and a resumed run repeats them.
//
// Drawing one number per value (58 million for 32 x 128 tokens through MiniLM) would take about a quarter of the step. Instead each piece of a batch draws one fresh pool of mask values a little longer than its largest site, and every
// site reads a window of the pool at an offset of its own. Sites share draws, but at shifted positions; steps share nothing.
import { randomIntegers, randomStream, type RandomStream } from "../random.ts";
import type { HostTensor } from "../engine/engine.ts";
import type { DropoutSite } from "../model/bert.ts";
import { type SymbolicShape, sizeOf } from "../model/shape.ts";

/** How far apart the windows of two sites may start, in values. */
const OFFSET_RANGE = 1 << 18;

/** The masks of one piece: 0 where a value is dropped, 1 / (1 - rate) elsewhere. Masks of one rate share memory. */
export function dropoutMasks(
  sites: ReadonlyMap<string, DropoutSite>,
  batch: { numExamples: number; length: number },
  stream: { seed: number; step: number; piece: number },
): Record<string, HostTensor> {
  const key = ["dropout", stream.step, stream.piece] as const;
  const offsets = randomStream(stream.seed, ...key, "offsets");
  const sized = [...sites].map(([name, { rate, shape }], index) => {
    const dims = resolveShape(shape, batch);
    const offset = Math.floor(offsets.uniform(index) * OFFSET_RANGE);
    return { name, rate, dims, offset, end: offset + sizeOf(dims) };
  });
  const pools = new Map<number, Float32Array>();
  for (const { rate } of sized) {
    if (pools.has(rate)) continue;
    const length = Math.max(...sized.filter((site) => site.rate === rate).map(({ end }) => end));
    pools.set(rate, drawPool(randomStream(stream.seed, ...key, rate), rate, length));
  }
  return Object.fromEntries(
    sized.map(({ name, rate, dims, offset, end }) => [
      name,
      { shape: dims, data: (pools.get(rate) as Float32Array).subarray(offset, end) },
    ]),
  );
}

/**
 * Two 16-bit draws from every 32-bit one; the rate is met to 1/65536. Works on the bits of the floats: a branch on random data
 * would be mispredicted all the time.
 */
function drawPool(stream: RandomStream, rate: number, length: number): Float32Array {
  const pool = new Float32Array(length);
  const bits = new Int32Array(pool.buffer);
  const [kept] = new Int32Array(Float32Array.of(1 / (1 - rate)).buffer);
  const threshold = Math.round(rate * 0x10000);
  const draws = randomIntegers(stream, Math.ceil(length / 2));
  for (let i = 0; i < length; i += 2) {
    const pair = draws[i >> 1];
    // (draw - threshold) >> 31 is all ones where the draw is below the threshold: dropped.
    bits[i] = kept & ~(((pair & 0xffff) - threshold) >> 31);
    bits[i + 1] = kept & ~(((pair >>> 16) - threshold) >> 31); // past the end of an odd pool this is ignored
  }
  return pool;
}

function resolveShape(
  shape: SymbolicShape,
  batch: { numExamples: number; length: number },
): number[] {
  const { numExamples: B, length: T } = batch;
  const sizes = { B, T, N: B * T };
  return shape.map((dim) => (typeof dim === "number" ? dim : sizes[dim]));
}
