// Inputs to predict as rows of named values: the reader of training data on a stream. Which lines are passed over, and what is a fault,
// is for the formats in data/rows to say; here the first fault ends the reading, so that there are as many answers as rows.
import { type FormatName, formatOf, inputFormat, checkFormat } from "../data/rows/formats.ts";
import { RowReader } from "../data/rows/reader.ts";
import type { Row as FileRow } from "../data/rows/row.ts";
import { UserError } from "../errors.ts";
import { type InputStream, readPieces } from "./input-stream.ts";

/** One input, in the words of its file. */
export interface Row {
  /** `file:line`. */
  place: string;
  /** By key or column. */
  values: Readonly<Record<string, unknown>>;
  /** Where the names are: the first line of a table, the row itself in JSON. */
  header?: Header;
}

/** The names of a row's values, of which one may stand there twice. */
export interface Header {
  /** `file:line`. */
  place: string;
  names: readonly string[];
}

/**
 * The name's ending tells the format, without one that is known the first line does; `keys` are the columns that texts may stand in.
 * Throws UserError naming the line that is no row, and where there is no row at all.
 * @yields every row.
 */
export async function* readRows(
  input: InputStream,
  keys: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Row> {
  const { name } = input;
  const promised = formatOf(name).format;
  const reader = new RowReader(name, {
    formatOf: (firstLine): FormatName =>
      promised ? checkFormat(name, promised, firstLine) : inputFormat(name, firstLine, keys),
    faults: {
      add: (error) => {
        throw error;
      },
    },
  });
  let numRows = 0;
  for await (const piece of readPieces(input, signal))
    for (const row of reader.push(piece)) {
      numRows++;
      yield toRow(name, row);
    }
  for (const row of reader.end()) {
    numRows++;
    yield toRow(name, row);
  }
  if (numRows === 0)
    throw new UserError(`${name}: no inputs: expected at least one`, {
      hint: "the file may have been cut short, or holds a header only",
    });
}

function toRow(file: string, { header, line, names, values }: FileRow): Row {
  return {
    place: `${file}:${line}`,
    values: Object.fromEntries(names.map((name, i) => [name, values[i]])),
    header: { place: `${file}:${header ?? line}`, names },
  };
}
