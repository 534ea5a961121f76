// Programs that stand in for those of the system: shell scripts in a folder that is the whole PATH.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes a program of that name; `script` is for sh. */
export function writeTool(folder: string, name: string, script: string): void {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}
