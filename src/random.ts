// Counter-based random numbers: the n-th draw of a stream is a pure function of (seed, stream key, n). No generator has a
// state to save, so a resumed run draws exactly what an uninterrupted one would, whatever else was drawn in between.

/** One independent stream of draws. Indices run from 0 to 2^32 - 1. */
export interface RandomStream {
  /** A uniformly distributed 32-bit unsigned integer. */
  uint32(index: number): number;
  /** A uniformly distributed number in [0, 1). */
  uniform(index: number): number;
}

/**
 * The stream of one purpose, such as `randomStream(seed, "init", parameterName)` or `randomStream(seed, "shuffle", epoch)`.
 * Streams with different keys are independent.
 */
export function randomStream(seed: number, ...key: (string | number)[]): RandomStream {
  const [low, high] = hashKey(`${seed}\u0000${key.join("\u0000")}`);
  const uint32 = (index: number) => mix(mix(index ^ low) + high) >>> 0;
  return { uint32, uniform: (index) => uint32(index) / 2 ** 32 };
}

/**
 * `length` 32-bit integers, drawn in one go where millions are needed: "sfc32", Chris Doty-Humphrey's small fast counting generator
 * (PractRand), started from a stream. Its state stays in local variables, which is what makes it fast.
 */
export function randomIntegers(stream: RandomStream, length: number): Int32Array {
  const WARM_UP = 12; // draws that spread the seed, as in the reference implementation
  const integers = new Int32Array(length);
  let a = stream.uint32(0) | 0;
  let b = stream.uint32(1) | 0;
  let c = stream.uint32(2) | 0;
  let counter = 1;
  for (let i = -WARM_UP; i < length; i++) {
    const draw = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + draw) | 0;
    if (i >= 0) integers[i] = draw;
  }
  return integers;
}

/** A seeded permutation of 0 .. length-1 (Fisher-Yates). */
export function permutation(stream: RandomStream, length: number): Int32Array {
  const order = Int32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(stream.uniform(i) * (i + 1));
    const swapped = order[i];
    order[i] = order[j];
    order[j] = swapped;
  }
  return order;
}

/**
 * `length` draws from a normal distribution with mean 0 cut off at two standard deviations, as TensorFlow's
 * `truncated_normal_initializer` (which the reference code of the paper uses) redraws them.
 */
export function truncatedNormal(stream: RandomStream, length: number, std: number): Float32Array {
  const values = new Float32Array(length);
  let draw = 0;
  for (let i = 0; i < length; i++) {
    let z;
    do {
      // Box-Muller; 1 - u keeps the logarithm's argument above zero.
      const radius = Math.sqrt(-2 * Math.log(1 - stream.uniform(draw++)));
      z = radius * Math.cos(2 * Math.PI * stream.uniform(draw++));
    } while (Math.abs(z) > 2);
    values[i] = z * std;
  }
  return values;
}

/** A bijection of 32-bit integers with full avalanche ("triple32", github.com/skeeto/hash-prospector). */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 17), 0xed5ad4bb);
  x = Math.imul(x ^ (x >>> 11), 0xac4c1b51);
  x = Math.imul(x ^ (x >>> 15), 0x31848bab);
  return x ^ (x >>> 14);
}

/** Two 32-bit hashes of the key in the manner of FNV-1a, with unrelated offsets and multipliers, each mixed once more. */
function hashKey(key: string): [number, number] {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (let i = 0; i < key.length; i++) {
    low = Math.imul(low ^ key.charCodeAt(i), 0x01000193);
    high = Math.imul(high ^ key.charCodeAt(i), 0x85ebca6b);
  }
  return [mix(low), mix(high)];
}
