// Rows of cells under a header, as TSV and CSV have them: keeps the cells of the named columns and holds every row to the
// header's width.
import { UserError } from "../../errors.ts";
import { findColumn } from "./columns.ts";
import type { Columns, Entry } from "./entry.ts";

/** Takes a table row by row, the header first, and keeps the cells that are asked for. */
export interface TableReader {
  /** Rows without anything in them are passed over. Throws UserError where a row is not as wide as the header. */
  add(line: number, cells: readonly string[]): void;
  readonly entries: Entry[];
}

/** A reader of the named columns. `whyRagged` is what usually makes rows of this format too wide or too narrow. */
export function tableReader(path: string, columns: Columns, whyRagged: string): TableReader {
  const entries: Entry[] = [];
  let width: number | undefined;
  let toEntry: (line: number, cells: readonly string[]) => Entry;
  return {
    entries,
    add: (line, cells) => {
      if (cells.every((cell) => cell.trim() === "")) return;
      if (width === undefined) {
        width = cells.length;
        toEntry = entryReader(`${path}:${line}`, cells, columns);
        return;
      }
      if (cells.length !== width) throw raggedRow(`${path}:${line}`, cells, width, whyRagged);
      entries.push(toEntry(line, cells));
    },
  };
}

function raggedRow(
  place: string,
  cells: readonly string[],
  width: number,
  hint: string,
): UserError {
  const found = `${cells.length} ${cells.length === 1 ? "column" : "columns"}`;
  return new UserError(`${place}: ${found}: expected ${width} as in the header`, { hint });
}

function entryReader(place: string, header: readonly string[], columns: Columns) {
  const names = header.map((name) => name.trim());
  const find = (role: keyof Columns, name: string) => findColumn(place, names, role, name);
  const text = find("text", columns.text);
  const label = find("label", columns.label);
  if (columns.textPair === undefined)
    return (line: number, cells: readonly string[]): Entry => ({
      line,
      text: cells[text],
      label: cells[label],
    });
  const textPair = find("textPair", columns.textPair);
  return (line: number, cells: readonly string[]): Entry => ({
    line,
    text: cells[text],
    textPair: cells[textPair],
    label: cells[label],
  });
}
