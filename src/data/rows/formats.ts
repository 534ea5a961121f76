// The formats of files with rows: what a file's name or, where that says nothing, its first line tells, and what a file is that is not
// what its name says. What is no text at all is the business of binary.ts.
import { cite } from "../../cite.ts";
import { UserError } from "../../errors.ts";
import { jsonlParser } from "./jsonl.ts";
import type { Faults, RowParser } from "./row.ts";
import { csvParser, tsvParser } from "./table.ts";
import { textParser } from "./texts.ts";

/** How a file may be read. */
export type FormatName = "tsv" | "csv" | "jsonl" | "texts";

const parsers: Record<FormatName, (path: string, faults: Faults) => RowParser> = {
  tsv: tsvParser,
  csv: csvParser,
  jsonl: jsonlParser,
  texts: textParser,
};

const endings = new Map<string, FormatName>([
  ["tsv", "tsv"],
  ["csv", "csv"],
  ["jsonl", "jsonl"],
  ["ndjson", "jsonl"],
]);

/** The parser of a format. */
export function parserOf(format: FormatName, path: string, faults: Faults): RowParser {
  return parsers[format](path, faults);
}

/** Whether the file's name ends in `.gz`, and what the ending before says about its rows; undefined where that is nothing. */
export function formatOf(path: string): { format: FormatName | undefined; isGzip: boolean } {
  const isGzip = /\.gz$/i.test(path);
  const [, ending = ""] = /\.([^./\\]*)$/.exec(isGzip ? path.slice(0, -3) : path) ?? [];
  return { format: endings.get(ending.toLowerCase()), isGzip };
}

/** How the rows of a file without a known ending are read, in words. */
export function describeFormat(format: FormatName): string {
  return others[format].is;
}

/**
 * The format that the first line with anything on it shows. Throws UserError where it shows another one than `promised`, or none at all.
 */
export function checkFormat(
  path: string,
  promised: FormatName | undefined,
  firstLine: string,
): FormatName {
  const looks = guessFormat(firstLine);
  const isRead = looks === "tsv" || looks === "csv" || looks === "jsonl";
  if (promised === undefined && isRead) return looks;
  if (promised !== undefined && (looks === undefined || looks === promised || isPlausible(promised, firstLine))) return promised; // prettier-ignore
  const wanted = expected[promised ?? "any"];
  if (looks === undefined)
    throw new UserError(`${path}: ${cite(firstLine)} in the first line: expected ${wanted}`, {
      hint: "the first line holds the names of the columns; a name ending in .csv, .tsv or .jsonl says how they are separated",
    });
  throw new UserError(`${path}: looks like ${others[looks].is}: expected ${wanted}`, {
    hint: others[looks].cure,
  });
}

/**
 * The format of inputs that may also be one text per line, by the first line. `keys` are the columns that are looked for: separators are
 * in many texts, and where the file is called .txt so is anything else. Only with one of these names are they taken for a table's.
 */
export function inputFormat(path: string, firstLine: string, keys: readonly string[]): FormatName {
  const looks = guessFormat(firstLine);
  const isObject = looks === "jsonl" && keys.some((key) => firstLine.includes(JSON.stringify(key)));
  const cells = firstLine.split(/[,;|\t]/).map((cell) => cell.trim().replaceAll('"', ""));
  const isTable = cells.length > 1 && cells.some((cell) => keys.includes(cell));
  if (isObject || isTable || looks === "marked") return checkFormat(path, undefined, firstLine);
  const isProse = looks === undefined || ["csv", "semicolons", "pipes"].includes(looks);
  if (isProse || /\.txt(\.gz)?$/i.test(path)) return "texts";
  return checkFormat(path, undefined, firstLine);
}

const expected: Record<FormatName | "any", string> = {
  tsv: "columns separated by tabs",
  csv: "columns separated by commas",
  jsonl: "one JSON object per line",
  texts: "one text per line",
  any: "columns separated by commas or tabs, or one JSON object per line",
};

const others = {
  tsv: { is: "tab-separated text", cure: "rename it so that it ends in .tsv" },
  csv: { is: "comma-separated text", cure: "rename it so that it ends in .csv" },
  jsonl: { is: "JSON lines", cure: "rename it so that it ends in .jsonl" },
  texts: { is: "one text per line", cure: "rename it so that it ends in .txt" },
  semicolons: {
    is: "text separated by semicolons",
    cure: "spreadsheets write them where the comma is the decimal point; choose the comma on saving as CSV",
  },
  pipes: { is: "text separated by |", cure: "write it with commas and save it as .csv" },
  marked: {
    is: "a table for Excel, by its first line",
    cure: "take out the line that begins with sep=",
  },
  array: { is: "a JSON array", cure: "one line per object: jq -c '.[]' FILE.json > FILE.jsonl" },
  html: { is: "a web page", cure: "the download may need a login; get the file again" },
};

function guessFormat(line: string): keyof typeof others | undefined {
  if (/^\s*<(!doctype|html|\?xml)/i.test(line)) return "html";
  if (/^"?sep=.?"?\s*$/i.test(line)) return "marked";
  if (/^\s*\{\s*(["'}]|$)/.test(line)) return "jsonl";
  if (/^\s*\[\s*(\{|\[|"|$)/.test(line)) return "array";
  if (line.includes("\t")) return "tsv";
  if (line.includes(",")) return "csv";
  if (line.includes(";")) return "semicolons";
  return line.includes("|") ? "pipes" : undefined;
}

/** A header may well have other separators in its names, as long as it has the right ones. */
function isPlausible(format: FormatName, line: string): boolean {
  if (format === "texts") return true;
  const startsOtherwise = /^\s*[<{[]|^"?sep=/i.test(line);
  return !startsOtherwise && line.includes({ tsv: "\t", csv: ",", jsonl: "{" }[format]);
}
