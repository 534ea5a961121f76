// The two streams a command writes to: results to stdout, everything else to stderr. Writing never throws: a stream that fails is
// remembered, so that work goes on or ends in order. What others have written (files, paths, arguments) cannot act on a terminal.
import { fstatSync } from "node:fs";
import { printable } from "../cite.ts";
import { UserError } from "../errors.ts";
import { refusalOf, writeAll } from "../files.ts";

/** A stream that may be a terminal. */
export type Stream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

/** Where a command's output goes. */
export interface Io {
  stdout: Output;
  stderr: Output;
}

/** One of the two. */
export class Output {
  readonly #stream: Stream;
  readonly #file: number | undefined;
  #failure: Error | undefined;
  #isClosed = false;

  /** `file` is the descriptor of a stream that writes to a regular file. */
  constructor(stream: Stream, file?: number) {
    this.#stream = stream;
    this.#file = file;
    stream.on("error", (error: Error) => this.#fail(error));
    stream.on("close", () => void (this.#isClosed = true));
  }

  get isTTY(): boolean {
    return this.#stream.isTTY ?? false;
  }

  get columns(): number | undefined {
    return this.#stream.columns;
  }

  /** The first error of writing. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Whether nothing can be written any more, as after `| head`. */
  get isClosed(): boolean {
    return this.#isClosed || this.#failure !== undefined;
  }

  /** Writes text for people. */
  write(text: string): void {
    this.send(showControls(text, { isPainted: this.isTTY }));
  }

  /** Writes what programs read, as it is unless a terminal would show it. False where the reader is slower. */
  writeData(text: string): boolean {
    return this.send(this.isTTY ? showControls(text, { isPainted: false }) : text);
  }

  /** Writes as it is: for the movements of the cursor, and texts that are printable. False where the reader is slower. */
  send(text: string): boolean {
    try {
      // Node's own stream takes a text that a full disk has cut short for written.
      if (this.#file === undefined)
        return this.#stream.write(text, (error) => error && this.#fail(error));
      writeAll(this.#file, text);
      return true;
    } catch (error) {
      this.#fail(error as Error);
      return true;
    }
  }

  /** For progress bars, which write to a stream. */
  get bars(): NodeJS.WritableStream {
    const { columns, isTTY } = this;
    const write = (text: string) => this.send(text);
    return { columns, isTTY, write } as unknown as NodeJS.WritableStream;
  }

  /** Waits until more can be written, or nothing any more. */
  async drain(): Promise<void> {
    if (this.isClosed) return;
    await new Promise<void>((resolve) => {
      const events = ["drain", "close", "error"];
      const end = () => {
        for (const event of events) this.#stream.off(event, end);
        resolve();
      };
      for (const event of events) this.#stream.on(event, end);
    });
  }

  /** Waits until everything is written or has failed. */
  async flush(): Promise<void> {
    if (this.#file !== undefined || this.isClosed) return;
    await new Promise<void>((resolve) => {
      this.#stream.on("close", resolve);
      this.#stream.write("", () => resolve());
    });
    await new Promise(setImmediate); // errors are told after that
  }

  #fail(error: Error): void {
    this.#failure ??= error;
  }
}

/** The process's own streams. */
export function processIo(): Io {
  const [stdout, stderr] = [process.stdout, process.stderr].map(
    (stream) => new Output(stream, isFile(stream.fd) ? stream.fd : undefined),
  );
  return { stdout, stderr };
}

/** Throws UserError where results were lost. A reader that leaves early (`peft tasks | head -1`) is not an error. */
export function checkWritten({ stdout: { failure } }: Io): void {
  if (failure === undefined || (failure as NodeJS.ErrnoException).code === "EPIPE") return;
  const reason = refusalOf(failure, "standard output") ?? failure.message;
  throw new UserError(`standard output: ${reason}`, {
    hint: "not everything was printed: give the command again where there is room for its output",
    cause: failure,
  });
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}

const colours = { red: 31, green: 32, yellow: 33, cyan: 36 } as const; // ANSI SGR; 39 is the default colour

/** The text in colour where the stream is a terminal and its owner has not asked for none (no-color.org). */
export function paint(
  output: Pick<Output, "isTTY">,
  colour: keyof typeof colours,
  text: string,
): string {
  const isWanted = output.isTTY && !process.env.NO_COLOR;
  return isWanted ? `\u001b[${colours[colour]}m${text}\u001b[39m` : text;
}

// eslint-disable-next-line no-control-regex -- what `paint` writes
const painted = /(\u001b\[3[1236]m)([^\u001b]*)(\u001b\[39m)/;

/** The text with every control character written out but line breaks and, if `isPainted`, the colours of `paint`. */
export function showControls(text: string, { isPainted }: { isPainted: boolean }): string {
  const show = (part: string) => part.split("\n").map(printable).join("\n");
  if (!isPainted) return show(text);
  const isColour = (i: number) => i % 4 === 1 || i % 4 === 3;
  return text.split(painted).map((part, i) => (isColour(i) ? part : show(part))).join(""); // prettier-ignore
}

/** A line for people. What is put into it cannot end it, nor act on a terminal. */
export function line(texts: TemplateStringsArray, ...values: (string | number)[]): string {
  return `${String.raw({ raw: texts }, ...values.map((value) => printable(String(value))))}\n`;
}
