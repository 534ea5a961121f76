// The edge to the file system: what is no file, and what the system refuses.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UserError } from "../src/errors.ts";
import { attempt, readBytes, readText, sha256, sha256File } from "../src/files.ts";
import { temporaryFolders } from "./support/temp.ts";

const folder = temporaryFolders();

describe("reading", () => {
  test.skipIf(process.platform === "win32")(
    "refuses what is no file at once, without waiting for another program",
    async () => {
      const pipe = join(folder(), "pipe");
      execFileSync("mkfifo", [pipe]);
      expect(() => readBytes(pipe)).toThrow(new UserError(`${pipe}: is a pipe, expected a file`));
      expect(() => readBytes(folder())).toThrow("is a folder, expected a file");
      expect(() => readBytes("/dev/zero")).toThrow("is a device, expected a file");
      await expect(sha256File(pipe)).rejects.toThrow("is a pipe, expected a file");
      const socket = join(folder(), "socket");
      const server = createServer().listen(socket);
      await new Promise((resolve) => server.once("listening", resolve));
      expect(() => readBytes(socket)).toThrow(UserError);
      server.close();
    },
  );

  test("refuses a file that is too large, and text that is no UTF-8", () => {
    const path = join(folder(), "file");
    writeFileSync(path, Buffer.from("caf\xe9", "latin1"));
    expect(() => readBytes(path, undefined, 3)).toThrow(`${path}: 4 bytes: expected at most 3`);
    expect(() => readText(path)).toThrow(`${path}: not UTF-8: expected text in UTF-8`);
  });

  test.skipIf(process.platform !== "linux")("reads files that the system makes up", () => {
    expect(readText("/proc/self/status")).toMatch(/^Name:/);
  });

  test("hashes a file as its bytes are hashed", async () => {
    const path = join(folder(), "file");
    writeFileSync(path, "abc");
    expect(await sha256File(path)).toBe(sha256("abc"));
  });
});

test("whatever the system refuses is an error that a person can act on", () => {
  const refused = (code: string, errno: number) => () =>
    attempt("FILE", () => {
      throw Object.assign(new Error(code), { code, errno, syscall: "read" });
    });
  expect(refused("ENOSPC", -28)).toThrow(
    expect.objectContaining({
      message: "FILE: no space left on the device",
      hint: expect.stringContaining("make room there"),
    }),
  );
  expect(refused("ESTALE", -116)).toThrow(/^FILE: .+ \(ESTALE\)$/);
  expect(refused("ETXTBSY", -26)).toThrow(/^FILE: text file is busy \(ETXTBSY\)$/);
  expect(() => readText("a\0b")).toThrow(/has a NUL character/);
  expect(() => attempt("FILE", () => (undefined as unknown as string).length)).toThrow(TypeError);
});
