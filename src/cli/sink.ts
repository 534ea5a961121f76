// Where answers go piece by piece: a file that appears when it is complete, or standard output for as long as someone reads it.
import { once } from "node:events";
import type { Io, Output } from "./io.ts";

/** Takes answers in their order. */
export interface Sink {
  /** Waits where the reader is slower than the models. */
  write(objects: readonly object[]): Promise<void>;
  /** Whether nobody reads any more, as after `| head`. */
  isClosed(): boolean;
  finish(): void;
  /** Removes what is not finished. */
  discard(): void;
}

/** The file or, without one, standard output. Throws UserError where the file cannot be written. */
export async function openSink(path: string | undefined, { stdout }: Io): Promise<Sink> {
  const { openOutput, rendererFor, renderJsonl } = await import("../inference/outputs.ts");
  if (path === undefined) return toStream(stdout, renderJsonl);
  const render = rendererFor(path);
  const file = openOutput(path);
  return {
    write: async (objects) => file.write(render(objects)),
    isClosed: () => false,
    finish: () => file.finish(),
    discard: () => file.discard(),
  };
}

function toStream(stream: Output, render: (objects: readonly object[]) => string): Sink {
  let isClosed = false;
  const close = () => void (isClosed = true);
  stream.once("error", close).once("close", close);
  const detach = () => stream.off("error", close).off("close", close);
  return {
    write: async (objects) => {
      if (isClosed || stream.write(render(objects))) return;
      const either = new AbortController();
      const { signal } = either;
      const events = ["drain", "close", "error"].map((event) => once(stream, event, { signal }));
      // `once` rejects on an error, which `close` has noted.
      await Promise.race(events).catch(() => {});
      either.abort();
      await Promise.allSettled(events);
    },
    isClosed: () => isClosed,
    finish: detach,
    discard: detach,
  };
}
