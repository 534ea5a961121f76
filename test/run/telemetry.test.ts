// What the libraries leave behind in the user's folders: nothing. ONNX Runtime's telemetry begins with an event store in the cache and a
// log in the temporary folder, both made with the first session, long before it sends anything.
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ended, startCommand, writeWorkplace } from "../support/process.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();

/** Runs a command whose home, cache and temporary folder are empty; gives the files that are there afterwards. */
async function filesLeftBy(place: string, args: readonly string[]): Promise<string[]> {
  const user = join(place, "user");
  const folders = { HOME: "home", XDG_CACHE_HOME: "cache", TMPDIR: "tmp" };
  const env: NodeJS.ProcessEnv = { ORT_DISABLE_TELEMETRY: "0", PEFT_CACHE: undefined };
  for (const [name, folder] of Object.entries(folders)) {
    env[name] = join(user, folder);
    mkdirSync(env[name], { recursive: true });
  }
  const { code, stderr } = await ended(startCommand(place, args, { env }));
  expect(code, stderr).toBe(0);
  const entries = readdirSync(user, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)); // prettier-ignore
}

test.each([
  { what: "a run", command: ["train"] },
  { what: "the workers of a sweep", command: ["sweep", "--seeds", "2", "--jobs", "2"] },
])("$what leaves nothing of its libraries in the user's folders", async ({ command }) => {
  const place = temporaryFolder();
  const { config } = writeWorkplace(place);
  const settings = ["--config", config, "--set", "training.epochs=1", "--out", join(place, "out")];
  const files = await filesLeftBy(place, [...command, ...settings]);
  const ours = join(place, "user", "cache", "peft");
  expect(files.filter((file) => !file.startsWith(ours))).toEqual([]);
});

test("nor do the self-tests of doctor", async () => {
  const place = temporaryFolder();
  expect(await filesLeftBy(place, ["doctor"])).toEqual([]);
});
