// Inputs to predict as rows of named values: JSON lines, a table under a header, or one text per line. Each is read as a stream,
// by the rules by which data/own reads training data, which it needs at once.
import { CsvError, parse } from "csv-parse/sync";
import { findSyntaxError } from "../json-syntax.ts";
import { invariant, UserError } from "../errors.ts";
import { type Line, type LineSource, readLines } from "./lines.ts";

/** One input, in the words of its file. */
export interface Row {
  /** `file:line`. */
  place: string;
  /** By key or column. */
  values: Readonly<Record<string, unknown>>;
  /** Of tables: the first line. */
  header?: Header;
}

/** The names of a table's columns, of which one may stand there twice. */
export interface Header {
  /** `file:line`. */
  place: string;
  names: readonly string[];
}

type Lines = AsyncGenerator<Line>;
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
  let blank: Line | undefined; // the first one: texts refuse it
  let next = await lines.next();
  for (; !next.done && isBlank(next.value); next = await lines.next()) blank ??= next.value;
  if (next.done) return;
  const read = next.value.text.trimStart().startsWith("{") ? readJsonl : readTexts;
  yield* read(chain(blank ? [blank, next.value] : [next.value], lines), name);
}

async function* chain(begin: readonly Line[], rest: Lines): AsyncGenerator<Line> {
  yield* begin;
  yield* rest;
}

async function* readJsonl(lines: Lines, name: string): AsyncGenerator<Row> {
  for await (const line of lines) {
    if (isBlank(line)) continue;
    const { number, text } = line;
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

/** @yields a row for every line, so that the n-th answer is that of line n; only at the end may lines be empty. */
async function* readTexts(lines: Lines, name: string): AsyncGenerator<Row> {
  let blank: Line | undefined;
  for await (const line of lines) {
    if (isBlank(line)) {
      blank ??= line;
      continue;
    }
    if (blank) throw emptyText(`${name}:${blank.number}`);
    yield { place: `${name}:${line.number}`, values: { text: withoutReturn(line.text) } };
  }
}

function emptyText(place: string): UserError {
  return new UserError(`${place}: an empty line: expected a text on every line`, {
    hint: "there is nothing to predict from; take the line out",
  });
}

function readTsv(lines: Lines, name: string): AsyncGenerator<Row> {
  return readTable(lines, name, (_place, text) => withoutReturn(text).split("\t"));
}

function readCsv(lines: Lines, name: string): AsyncGenerator<Row> {
  return readTable(csvRecords(lines, name), name, parseCsv);
}

/** @yields the rows under the header; those without anything in them are passed over, as in training data. */
async function* readTable(
  records: Lines,
  name: string,
  split: (place: string, text: string) => string[],
): AsyncGenerator<Row> {
  let header: Header | undefined;
  for await (const { number, text } of records) {
    const place = `${name}:${number}`;
    const cells = split(place, text);
    if (cells.every((cell) => cell.trim() === "")) continue;
    if (header) yield toRow(place, header, cells);
    else header = { place, names: cells.map((cell) => cell.trim()) };
  }
}

/** @yields records, which end at the first line end outside quotes: where the number of quotes so far is even. */
async function* csvRecords(lines: Lines, name: string): AsyncGenerator<Line> {
  let begin = 0;
  let parts: string[] = [];
  let numQuotes = 0;
  let numCharacters = 0;
  for await (const line of lines) {
    const { number, text } = line;
    if (parts.length === 0) {
      if (isBlank(line)) continue;
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
    const records = parse(text, { record_delimiter: ["\r\n", "\n"], relax_column_count: true });
    invariant(records.length === 1, `${place}: ${records.length} records in what should be one`);
    return records[0];
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new UserError(`${place}: quotes inside a field: expected the whole field in quotes`, {
      hint: 'a field with commas, quotes or line breaks stands in quotes: "so ""to speak"""',
      cause,
    });
  }
}

function toRow(place: string, header: Header, cells: readonly string[]): Row {
  const { names } = header;
  if (cells.length !== names.length)
    throw new UserError(
      `${place}: ${cells.length} ${cells.length === 1 ? "column" : "columns"}: expected ${names.length} as in the header`,
      {
        hint: "the first line holds the names of the columns",
      },
    );
  return { place, values: Object.fromEntries(names.map((name, i) => [name, cells[i]])), header };
}

function isBlank({ text }: Line): boolean {
  return text.trim() === "";
}

function withoutReturn(text: string): string {
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}
