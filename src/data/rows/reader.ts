// The one reader of rows: bytes in pieces -> lines of UTF-8 -> rows of a table, of JSON lines or of texts. It is pushed, so that it serves
// training, which has the whole file and does not wait, as well as prediction, which reads streams of any length.
import { type FormatName, parserOf } from "./formats.ts";
import { type Line, LineSplitter, loneReturn, withoutReturn } from "./lines.ts";
import type { Faults, Row, RowParser } from "./row.ts";

/** How a file is read. */
export interface ReaderOptions {
  /** Decides on the format by the first line with anything on it. Throws UserError where it is of none. */
  formatOf(firstLine: string): FormatName;
  faults: Faults;
}

/** Makes rows of bytes. Throws UserError, naming the place, where it cannot go on; of single rows the faults are told. */
export class RowReader {
  readonly #path: string;
  readonly #options: ReaderOptions;
  readonly #lines: LineSplitter;
  #parser: RowParser | undefined;
  /** Blank lines before the first other one. */
  #blank: Line | undefined;
  /** Undefined until there is a line with anything on it. */
  format: FormatName | undefined;

  constructor(path: string, options: ReaderOptions) {
    this.#path = path;
    this.#options = options;
    this.#lines = new LineSplitter(path);
  }

  /** @yields the rows that end in `chunk`. */
  *push(chunk: Buffer): Generator<Row> {
    yield* this.#parse(this.#lines.push(chunk));
  }

  /** @yields the last row, if no line feed ends it. */
  *end(): Generator<Row> {
    yield* this.#parse(this.#lines.end());
    this.#parser?.end();
  }

  *#parse(lines: Iterable<Line>): Generator<Row> {
    for (const line of lines) {
      this.#parser ??= this.#open(line);
      const row = this.#parser?.push(line);
      if (row) yield row;
    }
  }

  #open(line: Line): RowParser | undefined {
    if (line.text.trim() === "") return void (this.#blank ??= line);
    if (withoutReturn(line.text).includes("\r")) throw loneReturn(this.#path, line.number);
    this.format = this.#options.formatOf(line.text);
    const parser = parserOf(this.format, this.#path, this.#options.faults);
    if (this.#blank) parser.push(this.#blank);
    return parser;
  }
}
