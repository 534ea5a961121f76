// The two streams a command writes to: results to stdout, everything else to stderr. Tests pass their own.

/** A stream that may be a terminal. */
export type Output = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

/** Where a command's output goes. */
export interface Io {
  stdout: Output;
  stderr: Output;
}

/** The process's own streams. A reader that leaves early (`peft tasks | head -1`) is not an error. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr])
    if (!stream.listeners("error").includes(ignoreBrokenPipe)) stream.on("error", ignoreBrokenPipe);
  return { stdout: process.stdout, stderr: process.stderr };
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

const colours = { red: 31, green: 32, yellow: 33, cyan: 36 } as const; // ANSI SGR; 39 is the default colour

/** The text in colour where the stream is a terminal and its owner has not asked for none (no-color.org). */
export function paint(output: Output, colour: keyof typeof colours, text: string): string {
  const isWanted = output.isTTY && !process.env.NO_COLOR;
  return isWanted ? `\u001b[${colours[colour]}m${text}\u001b[39m` : text;
}
