// What all formats of rows are read as.
import type { UserError } from "../../errors.ts";
import type { Line } from "./lines.ts";

/** One row, in the words of its file. */
export interface Row {
  /** Where it begins, counted from 1. */
  line: number;
  /** Of columns or, in JSON, of keys, in their order; a name may stand there twice. Rows of a table share one list. */
  names: readonly string[];
  /** Beside the names; cells of tables are texts. */
  values: readonly unknown[];
  /** The line with the names of a table's columns. */
  header?: number;
  /** Of JSON: the values as they are written. */
  sources?: readonly string[];
}

/** Is told what is wrong with a row; reading goes on with the next one unless it throws. */
export type Faults = { add(error: UserError): void };

/** Makes rows of the lines of one format. */
export interface RowParser {
  /** The row that ends with the line, if one does. */
  push(line: Line): Row | undefined;
  /** After the last line. */
  end(): void;
}
