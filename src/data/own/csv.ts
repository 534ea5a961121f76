// Comma-separated rows under a header line, as RFC 4180 has them: a quoted field may hold commas, line breaks and, doubled,
// quotes. The parser is `csv-parse`; what it says of lines is wrong for CRLF in quotes, so they are counted here.
import { CsvError, parse } from "csv-parse/sync";
import { UserError } from "../../errors.ts";
import { CARRIAGE_RETURN, LINE_FEED } from "../lines.ts";
import type { Columns, Entry } from "./entry.ts";
import { tableReader } from "./table.ts";

const QUOTING =
  'a field with commas, quotes or line breaks stands in quotes, and quotes in it are doubled: "so ""to speak"""';

/** What is wrong in the row where the parser gives up. */
const faults: Record<string, string> = {
  CSV_QUOTE_NOT_CLOSED: "a quoted field that never ends: expected a closing quote",
  INVALID_OPENING_QUOTE: "a quote inside an unquoted field: expected the whole field in quotes",
  CSV_INVALID_CLOSING_QUOTE: "text after a closing quote: expected a comma or the end of the line",
};

/** The named columns of every row that is not blank. Throws UserError where the file breaks the format's rules. */
export function readCsv(path: string, bytes: Buffer, columns: Columns): Entry[] {
  const table = tableReader(path, columns, QUOTING);
  const row = new RowStart(bytes);
  try {
    parse(bytes, {
      record_delimiter: ["\r\n", "\n"],
      relax_column_count: true,
      skip_empty_lines: true,
      on_record: (cells: string[], { bytes: end }) => {
        table.add(row.line, cells);
        row.moveTo(end);
        return null; // nothing for the parser to keep
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError) || !(error.code in faults)) throw error;
    throw new UserError(`${path}:${row.line}: ${faults[error.code]}`, {
      hint: QUOTING,
      cause: error,
    });
  }
  return table.entries;
}

/** Where the next row begins. */
class RowStart {
  line = 1;
  private offset = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.passBlankLines();
  }

  /** The row before ends at the byte `end`. */
  moveTo(end: number): void {
    let newline = this.bytes.indexOf(LINE_FEED, this.offset);
    while (newline !== -1 && newline < end) {
      this.line++;
      newline = this.bytes.indexOf(LINE_FEED, newline + 1);
    }
    this.offset = end;
    this.passBlankLines();
  }

  private passBlankLines(): void {
    const { bytes } = this;
    while (bytes[this.offset] === LINE_FEED || bytes[this.offset] === CARRIAGE_RETURN) {
      if (bytes[this.offset++] === LINE_FEED) this.line++;
    }
  }
}
