// The largest and smallest of any number of values: Math.max takes its arguments from the stack, which has room for some 100,000.

/** -Infinity of no values. */
export function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), -Infinity);
}

/** Infinity of no values. */
export function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}
