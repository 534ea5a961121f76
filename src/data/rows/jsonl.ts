// JSON lines: one object per line. Lines with nothing on them but blanks are passed over, for no object is empty. A key may stand in an
// object twice: both are kept, so that whoever reads that key can refuse it, where JSON.parse silently takes the last one.
import { kindOf } from "../../cite.ts";
import { UserError } from "../../errors.ts";
import { parseJson } from "../../json.ts";
import type { Line } from "./lines.ts";
import type { Faults, Row, RowParser } from "./row.ts";

const HINT = 'each line is one JSON object in one piece, such as {"text": "…", "label": "…"}';

/** Rows of keys and values of any type. */
export function jsonlParser(path: string, faults: Faults): RowParser {
  return {
    push: ({ number, text }: Line) => {
      if (text.trim() === "") return undefined;
      try {
        return toRow(path, number, text);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        faults.add(error);
        return undefined;
      }
    },
    end: () => {},
  };
}

function toRow(path: string, line: number, text: string): Row {
  const value = parseJson({ path, line }, text, HINT);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UserError(`${path}:${line}: ${kindOf(value)}: expected a JSON object`, {
      hint: HINT,
    });
  const members = membersOf(text);
  const names = members.map(({ name }) => name);
  return {
    line,
    names,
    values: names.map((name) => (value as Record<string, unknown>)[name]),
    sources: members.map(({ source }) => source),
  };
}

interface Member {
  name: string;
  source: string;
}

/** The members of an object, in the order of its text, which is valid JSON. */
function membersOf(text: string): Member[] {
  const members: Member[] = [];
  let depth = 0;
  let start = 0; // of the key or value at hand
  let name: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (letter === '"') i = stringEnd(text, i);
    else if (letter === "{" || letter === "[") {
      if (depth++ === 0) start = i + 1;
    } else if (letter === ":" && depth === 1) {
      name = JSON.parse(text.slice(start, i)) as string;
      start = i + 1;
    } else if (
      (letter === "," && depth === 1) ||
      ((letter === "}" || letter === "]") && depth-- === 1)
    ) {
      if (name !== undefined) members.push({ name, source: text.slice(start, i).trim() });
      name = undefined;
      start = i + 1;
    }
  }
  return members;
}

/** The place of the quote that closes the string which begins at `start`. */
function stringEnd(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); ; quote = text.indexOf('"', quote + 1)) {
    let numBackslashes = 0;
    while (text[quote - 1 - numBackslashes] === "\\") numBackslashes++;
    if (numBackslashes % 2 === 0) return quote;
  }
}

/**
 * A number as a label: as JavaScript writes it, by which 1.0 is 1, and where that could make one number of two, as it is written. Doubles
 * hold 15 digits exactly; what has more, as large ids do, or is too large or too small for one, keeps its own letters.
 */
export function numberLabel(value: number, source: string): string {
  const digits = source
    .replace(/e.*$/i, "")
    .replaceAll(/[-.]/g, "")
    .replaceAll(/^0+|0+$/g, "");
  const isExact = Number.isFinite(value) && digits.length <= 15 && (value !== 0 || digits === "");
  return isExact ? String(value) : source;
}
