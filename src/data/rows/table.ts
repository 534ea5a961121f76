// Rows of cells under a line of column names, as TSV and CSV have them.
// Passed over: lines with nothing on them but blanks, because they are no rows to other readers either; where a table has one column,
// they could be rows with an empty cell, and only the last ones are passed over. A row of empty cells is a row.
// Read though narrower than the header: rows that lack cells at their end, where the header's names of these are empty as well.
// Faults: rows of any other width, and a row that repeats the header, as where files were joined by cat.
import { UserError } from "../../errors.ts";
import { CsvRecords } from "./csv.ts";
import { emptyLine, type Line, loneReturn, withoutReturn } from "./lines.ts";
import type { Faults, Row, RowParser } from "./row.ts";

const WHY_RAGGED = {
  tsv: "a text of a .tsv file holds neither tabs nor line breaks; save it as .csv or .jsonl where it does",
  csv: 'a field with commas, quotes or line breaks stands in quotes, and quotes in it are doubled: "so ""to speak"""',
};

/** Nothing is quoted or escaped in tab-separated text, so a cell can hold neither a tab nor a line break. */
export function tsvParser(path: string, faults: Faults): RowParser {
  const table = new Table(path, faults, WHY_RAGGED.tsv);
  return {
    push: ({ number, text }) => {
      const line = withoutReturn(text);
      if (!line.includes("\t") && line.trim() === "") return table.passBlank(number);
      if (!line.includes("\r")) return table.add(number, line.split("\t"));
      faults.add(loneReturn(path, number));
      return undefined;
    },
    end: () => {},
  };
}

/** Fields as csv.ts reads them. */
export function csvParser(path: string, faults: Faults): RowParser {
  const table = new Table(path, faults, WHY_RAGGED.csv);
  const records = new CsvRecords(path, faults, WHY_RAGGED.csv);
  return {
    push: (line: Line) => {
      if (!records.isOpen && line.text.trim() === "") return table.passBlank(line.number);
      const record = records.push(line);
      return record && table.add(record.line, record.cells);
    },
    end: () => records.end(),
  };
}

class Table {
  readonly #path: string;
  readonly #faults: Faults;
  readonly #whyRagged: string;
  #header: { line: number; names: string[]; words: ReadonlySet<string> } | undefined;
  #blank: number | undefined;

  constructor(path: string, faults: Faults, whyRagged: string) {
    this.#path = path;
    this.#faults = faults;
    this.#whyRagged = whyRagged;
  }

  passBlank(line: number): undefined {
    this.#blank ??= line;
  }

  add(line: number, cells: string[]): Row | undefined {
    const blank = this.#blank;
    this.#blank = undefined;
    if (!this.#header) {
      const names = cells.map((cell) => cell.trim());
      this.#header = { line, names, words: new Set(names.map(toWord)) };
      return undefined;
    }
    const { line: header, names } = this.#header;
    const whole = pad(cells, names);
    const fault = this.#faultOf(line, cells, whole, blank);
    if (!fault) return { line, header, names, values: whole };
    this.#faults.add(fault);
    return undefined;
  }

  #faultOf(line: number, cells: string[], whole: string[], blank: number | undefined) {
    const { line: header, names, words } = this.#header!;
    if (names.length === 1 && blank !== undefined) return emptyLine(`${this.#path}:${blank}`);
    const place = `${this.#path}:${line}`;
    if (whole.length !== names.length) {
      const found = `${cells.length} ${cells.length === 1 ? "column" : "columns"}`;
      return new UserError(`${place}: ${found}: expected ${names.length} as in the header`, {
        hint: names.length > 1 ? this.#whyRagged : `line ${header} holds the names of the columns: take out titles and comments before it`, // prettier-ignore
      });
    }
    const isName = (cell: string) => words.has(toWord(cell));
    if (!whole.every(isName) || new Set(whole.map(toWord)).size < words.size) return undefined;
    return new UserError(`${place}: repeats the header of line ${header}: expected a row`, {
      hint: "were files joined that each have one? delete the line",
    });
  }
}

function pad(cells: string[], names: readonly string[]): string[] {
  const missing = names.slice(cells.length);
  return missing.every((name) => name === "") ? [...cells, ...missing] : cells;
}

function toWord(cell: string): string {
  return cell.trim().toLowerCase();
}
