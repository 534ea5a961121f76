// Inputs to predict as rows of named values: JSON lines, a table under a header, or one text per line. Each is read as a stream;
// what the user's own training data has to be, and is read at once for, is the business of data/own.
import { CsvError, parse } from "csv-parse/sync";
import { findSyntaxError } from "../data/squad/syntax.ts";
import { UserError } from "../errors.ts";
import { type Line, type LineSource, readLines } from "./lines.ts";

/** One input, in the words of its file. */
export interface Row {
  /** `file:line`. */
  place: string;
  /** By key or column. */
  values: Readonly<Record<string, unknown>>;
}

type Lines = AsyncIterable<Line>;
type Format = (lines: Lines, name: string) => AsyncGenerator<Row>;

const formats = { jsonl: readJsonl, tsv: readTsv, csv: readCsv, txt: readTexts } as const;

const MAX_RECORD_CHARACTERS = 2 ** 26; // as lines.ts allows of a line

const endings: Record<string, Format> = { ...formats, ndjson: formats.jsonl };

/**
 * The name's ending tells the format, without one the first line does. Throws UserError naming the line that is no row, and where
 * there is no row at all.
 * @yields every row.
 */
export async function* readRows(source: LineSource, signal: AbortSignal): AsyncGenerator<Row> {
  const { name } = source;
  const lines = readLines(source, signal);
  const [, ending] = /\.([^./\\]*)(?:\.gz)?$/i.exec(name) ?? [];
  let numRows = 0;
  const read = ending === undefined ? readEither : endings[ending.toLowerCase()];
  if (read === undefined)
    throw new UserError(
      `${name}: expected a name ending in .jsonl, .ndjson, .csv, .tsv or .txt, each also with .gz`,
      {
        hint: "or pass the texts on, one per line or as JSON lines: peft predict RUN --input - < FILE",
      },
    );
  for await (const row of read(lines, name)) {
    numRows++;
    yield row;
  }
  if (numRows === 0)
    throw new UserError(`${name}: no inputs: expected at least one`, {
      hint: "the file may have been cut short, or holds a header only",
    });
}

/** @yields JSON lines if the first line that is not blank opens an object, else texts. */
async function* readEither(lines: Lines, name: string): AsyncGenerator<Row> {
  let read: Format | undefined;
  for await (const line of lines) {
    if (!read && line.text.trim() !== "")
      read = line.text.trimStart().startsWith("{") ? readJsonl : readTexts;
    if (read) yield* read(only(line), name);
  }
}

// oxlint-disable-next-line typescript/require-await
async function* only(line: Line): AsyncGenerator<Line> {
  yield line;
}

async function* readJsonl(lines: Lines, name: string): AsyncGenerator<Row> {
  for await (const { number, text } of lines) {
    if (text.trim() === "") continue;
    const place = `${name}:${number}`;
    const values = parseJson(place, text);
    if (typeof values !== "object" || values === null || Array.isArray(values))
      throw new UserError(`${place}: ${text.trim().slice(0, 20)}: expected a JSON object`, {
        hint: 'each line is one object, such as {"text": "…"}',
      });
    yield { place, values: values as Row["values"] };
  }
}

function parseJson(place: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { expected, position } = findSyntaxError(text);
    throw new UserError(`${place}:${position + 1}: not JSON: expected ${expected}`, {
      hint: "each line is one JSON object, in one piece",
      cause,
    });
  }
}

async function* readTexts(lines: Lines, name: string): AsyncGenerator<Row> {
  for await (const { number, text } of lines)
    yield { place: `${name}:${number}`, values: { text: withoutReturn(text) } };
}

async function* readTsv(lines: Lines, name: string): AsyncGenerator<Row> {
  let header: string[] | undefined;
  for await (const { number, text } of lines) {
    if (text.trim() === "") continue;
    const cells = withoutReturn(text).split("\t");
    if (header) yield toRow(`${name}:${number}`, header, cells);
    else header = cells;
  }
}

async function* readCsv(lines: Lines, name: string): AsyncGenerator<Row> {
  let header: string[] | undefined;
  for await (const { number, text } of csvRecords(lines, name)) {
    const place = `${name}:${number}`;
    const cells = parseCsv(place, text);
    if (header) yield toRow(place, header, cells);
    else header = cells;
  }
}

/** @yields records, which end at the first line end outside quotes: where the number of quotes so far is even. */
async function* csvRecords(lines: Lines, name: string): AsyncGenerator<Line> {
  let begin = 0;
  let parts: string[] = [];
  let numQuotes = 0;
  let numCharacters = 0;
  for await (const { number, text } of lines) {
    if (parts.length === 0) {
      if (text.trim() === "") continue;
      [begin, numQuotes, numCharacters] = [number, 0, 0];
    }
    parts.push(text);
    numQuotes += text.split('"').length - 1;
    numCharacters += text.length;
    if (numCharacters > MAX_RECORD_CHARACTERS) throw neverEnds(`${name}:${begin}`);
    if (numQuotes % 2 === 1) continue;
    yield { number: begin, text: withoutReturn(parts.join("\n")) };
    parts = [];
  }
  if (parts.length > 0) throw neverEnds(`${name}:${begin}`);
}

function neverEnds(place: string): UserError {
  return new UserError(`${place}: a quoted field that never ends: expected a closing quote`, {
    hint: 'quotes in a quoted field are doubled: "so ""to speak"""',
  });
}

function parseCsv(place: string, text: string): string[] {
  try {
    const [cells] = parse(text, { relax_column_count: true });
    return cells;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new UserError(`${place}: quotes inside a field: expected the whole field in quotes`, {
      hint: 'a field with commas, quotes or line breaks stands in quotes: "so ""to speak"""',
      cause,
    });
  }
}

function toRow(place: string, header: readonly string[], cells: readonly string[]): Row {
  if (cells.length !== header.length)
    throw new UserError(
      `${place}: ${cells.length} ${cells.length === 1 ? "column" : "columns"}: expected ${header.length} as in the header`,
      {
        hint: "the first line holds the names of the columns",
      },
    );
  return {
    place,
    values: Object.fromEntries(header.map((column, i) => [column.trim(), cells[i]])),
  };
}

function withoutReturn(text: string): string {
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}
