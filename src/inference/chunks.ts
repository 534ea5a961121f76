// Rows in groups that are answered at once: large enough to batch by length, small enough for the memory, and never waiting for
// more where nothing more comes, as from a log that is followed.
import { Interrupted } from "../errors.ts";
import type { Row } from "./rows.ts";

const CHUNK_ROWS = 512; // enough to batch by length
const CHUNK_CHARACTERS = 2 ** 22; // what bounds the memory where texts are long
const QUIET_MS = 200; // short for who waits for an answer, long for a file or a pipe that is read

/**
 * Where a row cannot be read, those before it come first and the error after them. `check` throws for rows that cannot be answered.
 * @yields the rows in their order, in groups.
 */
export async function* inChunks(
  rows: AsyncGenerator<Row>,
  check: (row: Row) => void = () => {},
): AsyncGenerator<Row[]> {
  let chunk: Row[] = [];
  let size = 0;
  const take = () => {
    const taken = chunk;
    [chunk, size] = [[], 0];
    return taken;
  };
  let pending: Promise<IteratorResult<Row>> | undefined;
  try {
    for (;;) {
      pending ??= rows.next();
      const next = chunk.length === 0 ? await pending : await orQuiet(pending);
      if (next === undefined) {
        yield take();
        continue;
      }
      pending = undefined;
      if (next.done) break;
      check(next.value);
      chunk.push(next.value);
      size += numCharacters(next.value);
      if (chunk.length >= CHUNK_ROWS || size >= CHUNK_CHARACTERS) yield take();
    }
  } catch (error) {
    if (chunk.length > 0 && !(error instanceof Interrupted)) yield take();
    throw error;
  } finally {
    // A row that is still awaited may never come: whoever owns the stream closes it.
    if (!pending) await rows.return(undefined);
  }
  if (chunk.length > 0) yield take();
}

/** What comes within a moment; undefined if nothing does. */
async function orQuiet<T>(pending: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const quiet = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), QUIET_MS);
  });
  try {
    return await Promise.race([pending, quiet]);
  } finally {
    clearTimeout(timer);
  }
}

function numCharacters({ values }: Row): number {
  return Object.values(values).reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? value.length : 0),
    0,
  );
}
