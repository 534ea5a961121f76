// Comma-separated records, as RFC 4180 has them and Python's csv module reads them: a quoted field may hold commas, line breaks and,
// doubled, quotes; a quote inside an unquoted field is a letter. Differs from Python in refusing text after a closing quote, which
// mostly means that quotes in the field are not doubled, and carriage returns in unquoted fields, where Python ends the record.
import { UserError } from "../../errors.ts";
import { type Line, loneReturn, withoutReturn } from "./lines.ts";
import type { Faults } from "./row.ts";

/** The fields of one record, and the line it begins on. */
export interface CsvRecord {
  line: number;
  cells: string[];
}

const MAX_RECORD_CHARACTERS = 2 ** 26; // as lines.ts allows of a line

/** Makes records of lines. */
export class CsvRecords {
  readonly #path: string;
  readonly #faults: Faults;
  readonly #hint: string;
  #record: CsvRecord = { line: 0, cells: [] };
  /** Lines of a quoted field that is not closed yet. */
  #open: string[] | undefined;
  #numCharacters = 0;

  constructor(path: string, faults: Faults, hint: string) {
    this.#path = path;
    this.#faults = faults;
    this.#hint = hint;
  }

  /** Whether the next line goes on with a quoted field. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** The record that ends with the line; undefined where it does not end, or has a fault. */
  push({ number, text }: Line): CsvRecord | undefined {
    if (!this.#open) this.#record = { line: number, cells: [] };
    const { cells } = this.#record;
    const end = withoutReturn(text).length;
    for (let start = 0; ; start++) {
      if (!this.#open && text[start] !== '"') {
        const comma = text.indexOf(",", start);
        const cell = text.slice(start, comma === -1 ? end : comma);
        if (cell.includes("\r")) return this.#refuse(loneReturn(this.#path, number));
        cells.push(cell);
        start += cell.length;
      } else {
        const from = this.#open ? start : start + 1;
        const quote = closingQuote(text, from);
        if (quote === -1) return this.#leaveOpen(text.slice(from));
        cells.push(
          [...(this.#open ?? []), text.slice(from, quote)].join("\n").replaceAll('""', '"'),
        );
        this.#open = undefined;
        start = quote + 1;
        if (start < end && text[start] !== ",") return this.#refuse(this.#afterQuote());
      }
      if (start >= end) return this.#record;
    }
  }

  /** Throws UserError where a quoted field is still open. */
  end(): void {
    if (this.#open) throw this.#neverEnds();
  }

  #leaveOpen(rest: string): undefined {
    if (!this.#open) this.#numCharacters = 0;
    (this.#open ??= []).push(rest);
    this.#numCharacters += rest.length;
    if (this.#numCharacters > MAX_RECORD_CHARACTERS) throw this.#neverEnds();
  }

  #refuse(error: UserError): undefined {
    this.#faults.add(error);
  }

  #afterQuote(): UserError {
    return new UserError(
      `${this.#path}:${this.#record.line}: text after a closing quote: expected a comma or the end of the line`,
      { hint: this.#hint },
    );
  }

  #neverEnds(): UserError {
    return new UserError(
      `${this.#path}:${this.#record.line}: a quoted field that never ends: expected a closing quote`,
      { hint: this.#hint },
    );
  }
}

/** The place of the first quote that is not doubled; -1 if there is none. */
function closingQuote(text: string, start: number): number {
  let quote = text.indexOf('"', start);
  while (quote !== -1 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
  return quote;
}
