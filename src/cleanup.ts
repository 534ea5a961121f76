// Cleaning up that hides nothing: what went wrong first is what is reported.

/** Runs `work` and then `cleanUp`, whatever happened. Of two errors that of `work` is thrown: the other may be its consequence. */
export async function withCleanup<T>(
  work: () => Promise<T>,
  cleanUp: () => void | Promise<void>,
): Promise<T> {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    try {
      await cleanUp();
    } catch {
      // The first error says more.
    }
    throw error;
  }
  await cleanUp();
  return result;
}
