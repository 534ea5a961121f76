// Folders for the files of a test file. They are removed when its tests are done.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";

/** Registers one root for the calling test file; every call of the result makes a fresh folder in it. */
export function temporaryFolders(): () => string {
  const root = mkdtempSync(join(tmpdir(), "peft-test-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return () => mkdtempSync(join(root, "folder-"));
}

/** A file system of 128 KiB in memory, for the calling test; undefined without the right to mount one, or off Linux. */
export function mountTiny(folder: string): string | undefined {
  mkdirSync(folder);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync("umount", [folder]));
  return folder;
}
