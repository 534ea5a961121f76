// Folders for the files of a test file. They are removed when its tests are done.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** Registers one root for the calling test file; every call of the result makes a fresh folder in it. */
export function temporaryFolders(): () => string {
  const root = mkdtempSync(join(tmpdir(), "peft-test-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return () => mkdtempSync(join(root, "folder-"));
}
