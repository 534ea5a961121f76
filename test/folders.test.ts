// Where peft's own folders are: its variable first, then the desktop's, then the home folder.
import { homedir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { cacheFolder, homeFolder } from "../src/folders.ts";

afterEach(() => vi.unstubAllEnvs());

describe.each([
  {
    own: "PEFT_CACHE",
    xdg: "XDG_CACHE_HOME",
    folder: cacheFolder,
    fallback: [".cache"],
  },
  {
    own: "PEFT_HOME",
    xdg: "XDG_DATA_HOME",
    folder: homeFolder,
    fallback: [".local", "share"],
  },
])("$own", ({ own, xdg, folder, fallback }) => {
  test("comes before its XDG variable, and that before the home folder", () => {
    vi.stubEnv(own, "/mine");
    vi.stubEnv(xdg, "/xdg");
    expect(folder()).toBe("/mine");
    vi.stubEnv(own, "");
    expect(folder()).toBe(join("/xdg", "peft"));
    vi.stubEnv(xdg, undefined);
    expect(folder()).toBe(join(homedir(), ...fallback, "peft"));
  });
});
