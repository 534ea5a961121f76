// Predictions as text: JSON lines, or tables whose columns are the dotted keys of the same objects.
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { stringify } from "csv-stringify/sync";
import { UserError } from "../errors.ts";
import { type AtomicFile, attempt, makeFolder, openAtomic } from "../files.ts";

type Cells = [column: string, cell: string][];

/**
 * Turns objects of one form into text, piece by piece; tables begin with their header. Maps are written like objects: in tables in
 * their order, in JSON with names that are whole numbers first, as JavaScript orders the keys of objects.
 */
export type Renderer = (objects: readonly object[]) => string;

const renderers = {
  jsonl: () => (objects: readonly object[]) =>
    objects.map((object) => `${JSON.stringify(object, mapsAsObjects)}\n`).join(""),
  csv: (path) => table(path, (lines) => stringify(lines)),
  tsv: (path) =>
    table(path, (lines) => lines.map((cells) => `${cells.map(oneLine).join("\t")}\n`).join("")),
} as const satisfies Record<string, (path: string) => Renderer>;

/** The renderer that the file's name asks for. Throws UserError where it names no format. */
export function rendererFor(path: string): Renderer {
  const [, ending = ""] = /\.([^./\\]*)$/.exec(path) ?? [];
  const format = ending.toLowerCase() === "ndjson" ? "jsonl" : ending.toLowerCase();
  if (Object.hasOwn(renderers, format)) return renderers[format as keyof typeof renderers](path);
  throw new UserError(`${path}: expected a name ending in .jsonl, .ndjson, .csv or .tsv`, {
    hint: "the ending decides the format; without a file, JSON lines go to standard output",
  });
}

/** JSON lines. */
export const renderJsonl: Renderer = renderers.jsonl();

function mapsAsObjects(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}

function table(path: string, render: (lines: string[][]) => string): Renderer {
  let header: string | undefined; // as JSON
  return (objects) => {
    const lines: string[][] = [];
    for (const object of objects) {
      const cells = flatten(object);
      const columns = cells.map(([column]) => column);
      const found = JSON.stringify(columns);
      if (header === undefined) lines.push(columns);
      header ??= found;
      if (found !== header) throw otherColumns(path, columns, header);
      lines.push(cells.map(([, cell]) => cell));
    }
    return render(lines);
  };
}

function otherColumns(path: string, columns: readonly string[], header: string): UserError {
  const expected = (JSON.parse(header) as string[]).join(", ");
  return new UserError(`${path}: columns ${columns.join(", ")}: expected ${expected}, as above`, {
    hint: "answers of several forms do not fit into one table: write them as .jsonl, or run by run",
  });
}

function flatten(object: object, prefix = ""): Cells {
  const entries = object instanceof Map ? [...object] : Object.entries(object);
  return entries.flatMap(([key, value]: [string, unknown]): Cells => {
    const column = prefix + key;
    if (value === null) return [[column, ""]];
    // Lists are of any length, and columns are not.
    if (typeof value === "object" && !Array.isArray(value)) return flatten(value, `${column}.`);
    return [[column, typeof value === "string" ? value : JSON.stringify(value)]];
  });
}

/** Nothing is quoted in .tsv files, so that a cell can hold neither tab nor line end. */
function oneLine(cell: string): string {
  return cell.replaceAll(/[\t\r\n]+/g, " ");
}

/**
 * Throws UserError where the file to write is one that is read, under whatever name. `output` and `input` are options or what else
 * the files are called, with their paths.
 */
export function checkNotInput(
  output: { called: string; path: string },
  input: { called: string; path: string },
): void {
  const [written, read] = [output, input].map(({ path }) =>
    attempt(path, () => statSync(path, { bigint: true, throwIfNoEntry: false })),
  );
  if (!written?.isFile() || written.dev !== read?.dev || written.ino !== read.ino) return;
  throw new UserError(
    `${output.called}: ${output.path}: is the same file as ${input.called} ${input.path}: expected another one`,
    { hint: "answers would replace what is answered: name a new file" },
  );
}

/** Opens a file for answers, there only when it is complete. Throws UserError where a folder is in its place. */
export function openOutput(path: string): AtomicFile {
  if (attempt(path, () => statSync(path, { throwIfNoEntry: false }))?.isDirectory())
    throw new UserError(`${path}: is a folder, expected a file`, { hint: "name a file in it" });
  makeFolder(dirname(path));
  return openAtomic(path);
}
