import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { parseJson, readJsonFile, tryJsonFile } from "../src/json.ts";
import { temporaryFolders } from "./support/temp.ts";

const folder = temporaryFolders();
const schema = z.object({ step: z.int().min(0) });

function write(text: string): string {
  const path = join(folder(), "x.json");
  writeFileSync(path, text);
  return path;
}

test("a syntax error has its line and column", () => {
  expect(() => parseJson({ path: "x" }, '{"a":\n  oops}')).toThrow(
    'x:2:3: "oops}": expected value',
  );
  expect(() => parseJson({ path: "x", line: 7 }, '{"a":')).toThrow(
    "x:7:6: the text ends: expected value",
  );
  expect(() => parseJson({ path: "x" }, `["${"y".repeat(25_000_000)}`)).toThrow(
    "x:1:25000003: the text ends: expected the rest of the string",
  );
});

test("deep nesting is refused", () => {
  const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
  expect(parseJson({ path: "x" }, nested(200))).toHaveLength(1);
  for (const levels of [201, 100_000])
    expect(() => parseJson({ path: "x" }, nested(levels))).toThrow(
      "x:1: nested more than 200 levels deep",
    );
});

test("a file is what its schema says, or the place is named", () => {
  expect(readJsonFile(write('{"step": 3, "more": 1}'), schema)).toEqual({ step: 3 });
  expect(() => readJsonFile(write('{"step": 7.5}'), schema)).toThrow(/x\.json: step: /);
  expect(() => readJsonFile(write("7"), schema)).toThrow(/x\.json: the whole file: /);
  for (const text of ["", "7", '{"step": -1}', "{"])
    expect(tryJsonFile(write(text), schema)).toBeUndefined();
  expect(tryJsonFile(join(folder(), "none.json"), schema)).toBeUndefined();
});
