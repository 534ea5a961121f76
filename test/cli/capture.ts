// Streams that keep what is written to them, with or without being a terminal.
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { type Io, Output, type Stream } from "../../src/cli/io.ts";
import { main } from "../../src/cli/main.ts";

/** A stream and all that was written to it so far. */
export interface Captured {
  stream: Output;
  /** Everything as it was written. */
  raw(): string;
  /** The same without colours and cursor movements. */
  text(): string;
}

/** A stream that keeps what is written to it. */
export function capture({ isTTY = false } = {}): Captured {
  const stream: Stream = new PassThrough();
  if (isTTY) Object.assign(stream, { isTTY, columns: 100 });
  let written = "";
  stream.on("data", (chunk: Buffer) => (written += chunk.toString("utf8")));
  return {
    stream: new Output(stream),
    raw: () => written,
    text: () => stripVTControlCharacters(written),
  };
}

/** Both streams of a command. */
export function captureIo(options?: { isTTY?: boolean }) {
  const stdout = capture(options);
  const stderr = capture(options);
  const io: Io = { stdout: stdout.stream, stderr: stderr.stream };
  return { io, stdout, stderr };
}

/** Runs a command in this process. */
export async function peft(...argv: string[]) {
  const { io, stdout, stderr } = captureIo();
  const exitCode = await main(argv, io);
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}
