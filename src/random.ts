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
