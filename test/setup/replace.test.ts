// Folders that are there only when complete: a failed build, a killed one, and one killed between the two renames.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { removeFolder, replaceFolder } from "../../src/setup/replace.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();
const DEAD_PID = 2 ** 22 + 1; // above the largest that Linux gives

let parent: string;
let folder: string;
beforeEach(() => {
  parent = temporaryFolder();
  folder = join(parent, "thing");
});

function write(path: string, text: string): void {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "text"), text);
}

const content = () => readFileSync(join(folder, "text"), "utf8");

describe("replaceFolder", () => {
  test("puts a finished build in place of the old folder", async () => {
    write(folder, "old");
    const answer = await replaceFolder(folder, async (temporary) => {
      write(temporary, "new");
      expect(content()).toBe("old");
      return 42;
    });
    expect(answer).toBe(42);
    expect(content()).toBe("new");
    expect(readdirSync(parent)).toEqual(["thing"]);
  });

  test("leaves the old folder, and nothing else, when the build fails", async () => {
    write(folder, "old");
    const build = replaceFolder(folder, async (temporary) => {
      write(temporary, "half");
      throw new Error("no compiler");
    });
    await expect(build).rejects.toThrow("no compiler");
    expect(content()).toBe("old");
    expect(readdirSync(parent)).toEqual(["thing"]);
  });

  test("creates the folder and its parents", async () => {
    folder = join(parent, "a", "b");
    await replaceFolder(folder, async (temporary) => write(temporary, "new"));
    expect(content()).toBe("new");
  });

  test("clears what a killed build has left, and not what another one is at", async () => {
    write(join(parent, `.thing.new-${DEAD_PID}`), "half");
    write(join(parent, `.thing.new-${process.ppid}`), "at work");
    await replaceFolder(folder, async (temporary) => write(temporary, "new"));
    expect(readdirSync(parent).toSorted()).toEqual([`.thing.new-${process.ppid}`, "thing"]);
  });

  test("brings the old folder back that was moved away by a process killed before it put the new one there", async () => {
    write(join(parent, `.thing.old-${DEAD_PID}`), "old");
    const build = replaceFolder(folder, async () => {
      throw new Error("no compiler");
    });
    await expect(build).rejects.toThrow("no compiler");
    expect(content()).toBe("old");
  });
});

test("a place that cannot be written to", async () => {
  writeFileSync(join(parent, "file"), "");
  const build = replaceFolder(join(parent, "file", "thing"), async () => {});
  await expect(build).rejects.toMatchObject({
    message: `${join(parent, "file")}: expected a folder that can be written to`,
    hint: "name one that can: export PEFT_HOME=FOLDER",
  });
});

test("removeFolder says whether there was one", () => {
  expect(removeFolder(folder)).toBe(false);
  write(folder, "old");
  expect(removeFolder(folder)).toBe(true);
  expect(readdirSync(parent)).toEqual([]);
});
