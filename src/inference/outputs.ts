// Predictions as text: JSON lines, or tables whose columns are the dotted keys of the same objects.
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { stringify } from "csv-stringify/sync";
import { UserError } from "../errors.ts";
import { attempt, makeFolder } from "../files.ts";

type Cells = [column: string, cell: string][];

/** Turns objects of one form into text, piece by piece; tables begin with their header. */
export type Renderer = (objects: readonly object[]) => string;

const renderers = {
  jsonl: () => (objects: readonly object[]) =>
    objects.map((object) => `${JSON.stringify(object)}\n`).join(""),
  csv: () => table((lines) => stringify(lines)),
  tsv: () => table((lines) => lines.map((cells) => `${cells.map(oneLine).join("\t")}\n`).join("")),
} as const satisfies Record<string, () => Renderer>;

/** The renderer that the file's name asks for. Throws UserError where it names no format. */
export function rendererFor(path: string): Renderer {
  const [, ending = ""] = /\.([^./\\]*)$/.exec(path) ?? [];
  const format = ending.toLowerCase() === "ndjson" ? "jsonl" : ending.toLowerCase();
  if (Object.hasOwn(renderers, format)) return renderers[format as keyof typeof renderers]();
  throw new UserError(`${path}: expected a name ending in .jsonl, .ndjson, .csv or .tsv`, {
    hint: "the ending decides the format; without a file, JSON lines go to standard output",
  });
}

/** JSON lines. */
export const renderJsonl: Renderer = renderers.jsonl();

function table(render: (lines: string[][]) => string): Renderer {
  let isBegun = false;
  return (objects) => {
    const rows = objects.map((object) => flatten(object));
    const lines = rows.map((row) => row.map(([, cell]) => cell));
    const header = isBegun || rows.length === 0 ? [] : [rows[0].map(([column]) => column)];
    isBegun ||= rows.length > 0;
    return render([...header, ...lines]);
  };
}

function flatten(object: object, prefix = ""): Cells {
  return Object.entries(object).flatMap(([key, value]: [string, unknown]): Cells => {
    const column = prefix + key;
    if (typeof value === "object" && value !== null) return flatten(value, `${column}.`);
    if (value === null) return [[column, ""]];
    return [[column, typeof value === "string" ? value : JSON.stringify(value)]];
  });
}

/** Nothing is quoted in .tsv files, so that a cell can hold neither tab nor line end. */
function oneLine(cell: string): string {
  return cell.replaceAll(/[\t\r\n]+/g, " ");
}

/** A file that is there only when it is complete. */
export interface OutputFile {
  write(text: string): void;
  /** Puts it in its place. */
  finish(): void;
  /** Removes what was written; does nothing once finished. */
  discard(): void;
}

/** Opens a file for writing beside `path`, which it replaces in the end: of any length, unlike `writeAtomic`'s. */
export function openOutput(path: string): OutputFile {
  const temporary = `${path}.${process.pid}.tmp`;
  makeFolder(dirname(path));
  if (attempt(path, () => statSync(path, { throwIfNoEntry: false }))?.isDirectory())
    throw new UserError(`${path}: is a folder, expected a file`, { hint: "name a file in it" });
  let file: number | undefined = attempt(path, () => openSync(temporary, "w"));
  const close = () => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return {
    write: (text) =>
      attempt(path, () => {
        const bytes = Buffer.from(text);
        for (let done = 0; done < bytes.length;) done += writeSync(file!, bytes, done);
      }),
    finish: () =>
      attempt(path, () => {
        fsyncSync(file!);
        close();
        renameSync(temporary, path);
      }),
    discard: () => {
      if (file === undefined) return;
      close();
      rmSync(temporary, { force: true });
    },
  };
}
