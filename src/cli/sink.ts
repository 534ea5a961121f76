// Where answers go piece by piece: a file that appears when it is complete, or standard output for as long as someone reads it.
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
  if (path === undefined) return toOutput(stdout, renderJsonl);
  const render = rendererFor(path);
  const file = openOutput(path);
  return {
    write: async (objects) => file.write(render(objects)),
    isClosed: () => false,
    finish: () => file.finish(),
    discard: () => file.discard(),
  };
}

function toOutput(output: Output, render: (objects: readonly object[]) => string): Sink {
  return {
    write: async (objects) => {
      if (output.isClosed || output.writeData(render(objects))) return;
      await output.drain();
    },
    isClosed: () => output.isClosed,
    finish: () => {},
    discard: () => {},
  };
}
