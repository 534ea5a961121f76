// Reads GLUE's test files, whose labels only its server has. Columns are found by their names; glue-test-layouts.ts has them.
import { join, posix } from "node:path";
import { cite, citeAll } from "../cite.ts";
import { UserError } from "../errors.ts";
import { pathExists, readBytes, sha256 } from "../files.ts";
import type { TextInput } from "../text/tokenizer.ts";
import { type GlueName, layouts } from "./glue-layouts.ts";
import {
  type GlueTestFile,
  glueTestFiles,
  type TestLayout,
  testLayouts,
} from "./glue-test-layouts.ts";
import { otherWidth, taskFolder } from "./glue.ts";
import { Problems } from "./problems.ts";
import { parseTsv, type Row } from "./tsv.ts";

/** The texts whose predictions make one file of a submission. */
export interface GlueTest {
  file: GlueTestFile;
  task: GlueName;
  /** Where the texts were read. */
  path: string;
  sha256: string;
  /** What the index column holds, in the order of the texts. */
  ids: string[];
  texts: TextInput[];
}

/**
 * The task's test files; for MNLI the matched, the mismatched and, where it is there, the diagnostic one. Throws UserError naming
 * file and line.
 */
export function readGlueTest(name: GlueName, dataDir: string | undefined): GlueTest[] {
  return glueTestFiles
    .filter((file) => testLayouts[file].task === name)
    .flatMap((file) => {
      const path = findTest(file, dataDir);
      return path === undefined ? [] : [readTest(path, file)];
    });
}

/** The path of the texts; undefined for a diagnostic set that is not there. */
function findTest(file: GlueTestFile, dataDir: string | undefined): string | undefined {
  const { task, paths }: TestLayout = testLayouts[file];
  const expected = posix.join(layouts[task].folder, paths[0]);
  const hint =
    `the test files of ${task} are looked for in the folder given by --data DIR; ` +
    "GLUE is not part of this package, download it from https://gluebenchmark.com/tasks";
  if (dataDir === undefined) {
    throw new UserError(`data: no folder given: expected the one with ${expected}`, { hint });
  }
  const candidates = paths.map((path) => join(taskFolder(dataDir, layouts[task]), path));
  const found = candidates.find(pathExists);
  if (found !== undefined || file === "AX.tsv") return found;
  const missing = pathExists(dataDir)
    ? `${candidates[0]}: no such file`
    : `${dataDir}: no such folder`;
  throw new UserError(`${missing}: expected ${expected} of GLUE`, { hint });
}

function readTest(path: string, file: GlueTestFile): GlueTest {
  const { task, columns }: TestLayout = testLayouts[file];
  const bytes = readBytes(path);
  const [header, ...rows] = parseTsv(path, bytes);
  if (rows.length === 0) {
    throw new UserError(`${path}: no texts: expected a line of column names and one per text`, {
      hint: "the download may have been cut short; get the file again",
    });
  }
  const id = columnOf(path, header, columns.index);
  const text = columnOf(path, header, columns.text);
  const textPair = columns.textPair === undefined ? -1 : columnOf(path, header, columns.textPair);
  const problems = new Problems();
  const ids = rows.map((row) => problems.collect(() => idOf(path, row, header, id)));
  problems.refuse(` in ${path}`);
  const toText = ({ cells }: Row): TextInput =>
    textPair === -1 ? { text: cells[text] } : { text: cells[text], textPair: cells[textPair] };
  return {
    file,
    task,
    path,
    sha256: sha256(bytes),
    ids: ids as string[],
    texts: rows.map(toText),
  };
}

function columnOf(path: string, { cells }: Row, name: string): number {
  const column = cells.indexOf(name);
  if (column !== -1) return column;
  throw new UserError(`${path}:1: columns ${citeAll(cells)}: expected a column "${name}"`, {
    hint: "test files have other columns than train.tsv and dev.tsv; is this the official one?",
  });
}

function idOf(path: string, row: Row, header: Row, column: number): string {
  const { cells, line } = row;
  if (cells.length !== header.cells.length) throw otherWidth(path, row, header.cells.length);
  if (/^\d+$/.test(cells[column])) return cells[column];
  throw new UserError(`${path}:${line}: index ${cite(cells[column])}: expected a whole number`, {
    hint: "is this the official test file? the server knows the texts by their index",
  });
}
