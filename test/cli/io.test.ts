// Texts of others on a terminal, and streams that fail.
import { PassThrough, Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { checkWritten, line, Output, paint } from "../../src/cli/io.ts";
import { renderTable } from "../../src/cli/render.ts";
import { capture, captureIo, peft } from "./capture.ts";

const evil = "\u001b[2J\u001b]0;title\u0007\u009b31m\u202e";
const shown = "\\u001b[2J\\u001b]0;title\\u0007\\u009b31m\\u202e";

test.each([true, false])("text is shown, not obeyed (terminal: %s)", (isTTY) => {
  const captured = capture({ isTTY });
  captured.stream.write(`${evil}\n`);
  expect(captured.raw()).toBe(`${shown}\n`);
});

test("our own colours stay, and only on a terminal", () => {
  const terminal = capture({ isTTY: true });
  terminal.stream.write(`${paint({ isTTY: true }, "red", `error${evil}`)}\n`);
  expect(terminal.raw()).toContain("error");
  expect(terminal.raw()).not.toContain("\u001b[2J");
  const pipe = capture();
  pipe.stream.write("\u001b[31mred\u001b[39m");
  expect(pipe.raw()).toBe("\\u001b[31mred\\u001b[39m");
});

test("data reach a pipe as they are, and a terminal printable", () => {
  const [pipe, terminal] = [capture(), capture({ isTTY: true })];
  for (const { stream } of [pipe, terminal]) stream.writeData(`a,${evil}\n`);
  expect(pipe.raw()).toBe(`a,${evil}\n`);
  expect(terminal.raw()).toBe(`a,${shown}\n`);
});

test("values end neither lines nor rows", () => {
  expect(line`name ${"a\nb"}: ${2}`).toBe("name a\\nb: 2\n");
  expect(renderTable([["a\nb", "c"]])).toBe("a\\nb  c\n");
});

test("commander's messages quote arguments in one line", async () => {
  const { exitCode, stderr } = await peft("report", "--format", "x\nerror: y\u001b[2J");
  expect(exitCode).toBe(2);
  expect(stderr.split("\n")[0]).toContain("'x\\nerror: y\\u001b[2J' is invalid");
});

describe("a stream that fails", () => {
  const failing = (code: string) =>
    new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error(`write ${code}`), { code, errno: -5, syscall: "write" })),
    });

  test.each(["EIO", "ENOSPC", "EBADF", "ENXIO"])(
    "with %s does not throw; it is an error in the end",
    async (code) => {
      const output = new Output(failing(code));
      output.write("one");
      output.write("two");
      await output.flush();
      expect(output.failure).toMatchObject({ code });
      const { io } = captureIo();
      expect(() => checkWritten({ ...io, stdout: output })).toThrow(/^standard output: /);
      expect(() => checkWritten({ ...io, stderr: output })).not.toThrow();
    },
  );

  test("because its reader has left is no error", async () => {
    const output = new Output(failing("EPIPE"));
    output.write("one");
    await output.flush();
    expect(output.isClosed).toBe(true);
    expect(() => checkWritten({ ...captureIo().io, stdout: output })).not.toThrow();
  });

  test("by throwing", () => {
    const stream = new PassThrough();
    stream.write = () => {
      throw Object.assign(new Error("write"), { code: "EAGAIN" });
    };
    const output = new Output(stream);
    output.write("one");
    expect(output.failure).toMatchObject({ code: "EAGAIN" });
  });
});
