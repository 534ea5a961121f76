// A submission of the official size, 426,309 rows: written, read back and found right.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { unpackSubmission } from "../../src/submission/archive.ts";
import { checkSubmission, officialRows } from "../../src/submission/check.ts";
import { writeSubmission } from "../../src/submission/write.ts";
import { submissionFiles } from "../support/glue.ts";
import { temporaryFolders } from "../support/temp.ts";

const newFolder = temporaryFolders();

test("a submission of the official size", () => {
  const path = join(newFolder(), "out.zip");
  expect(writeSubmission(path, submissionFiles(officialRows))).toEqual([]);
  const files = unpackSubmission(readFileSync(path), path);
  expect(checkSubmission(files)).toEqual([]);
  expect(files).toHaveLength(11);
});
