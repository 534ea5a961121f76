// JSON lines: one object per line, with more keys than are read or not.
import { UserError } from "../../errors.ts";
import { missingColumn } from "./columns.ts";
import { cite, type Columns, type Entry } from "./entry.ts";
import { linesOf } from "./lines.ts";

type JsonObject = Record<string, unknown>;

/** The named keys of every line that is not blank. `null` is read as nothing: an empty text or label. */
export function readJsonl(path: string, bytes: Buffer, columns: Columns): Entry[] {
  const entries: Entry[] = [];
  for (const { line, text } of linesOf(bytes)) {
    if (text.trim() !== "") entries.push(toEntry(`${path}:${line}`, line, text, columns));
  }
  return entries;
}

function toEntry(place: string, line: number, source: string, columns: Columns): Entry {
  const object = parseObject(place, source);
  const entry = {
    line,
    text: textAt(place, object, "text", columns.text),
    label: labelAt(place, object, columns.label),
  };
  if (columns.textPair === undefined) return entry;
  return { ...entry, textPair: textAt(place, object, "textPair", columns.textPair) };
}

function parseObject(place: string, source: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    const reason = (error as Error).message.replace(/( in JSON at |, (\.\.\.)?").*/s, "");
    throw new UserError(`${place}:${faultyColumn(source)}: ${reason}: expected a JSON object`, {
      hint: "each line is one object, in one piece",
      cause: error,
    });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new UserError(`${place}: ${nameOf(value)}: expected a JSON object`, {
    hint: 'each line is one object, such as {"text": "…", "label": "…"}',
  });
}

/** Where `source` stops being the beginning of JSON, counted from 1: V8 tells for some mistakes only. */
function faultyColumn(source: string): number {
  let good = 0;
  let bad = source.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isBeginning(source.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return bad;
}

/** Whether nothing but the rest is missing. */
function isBeginning(source: string): boolean {
  try {
    JSON.parse(source);
    return true;
  } catch (error) {
    const { message } = error as Error;
    const [, position] = /at position (\d+)/.exec(message) ?? [];
    return position === undefined
      ? message.includes("end of JSON input")
      : Number(position) >= source.length;
  }
}

function textAt(place: string, object: JsonObject, role: "text" | "textPair", key: string): string {
  const value = valueAt(place, object, role, key);
  if (typeof value === "string") return value;
  if (value === null) return "";
  throw new UserError(`${place}: ${cite(key)} is ${nameOf(value)}: expected a text`, {
    hint: `task.${role} names a key with texts`,
  });
}

function labelAt(place: string, object: JsonObject, key: string): string {
  const value = valueAt(place, object, "label", key);
  if (value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new UserError(`${place}: ${cite(key)} is ${nameOf(value)}: expected a text or a number`, {
    hint: "an example has one label; task.label names its key",
  });
}

function valueAt(place: string, object: JsonObject, role: keyof Columns, key: string): unknown {
  if (!Object.hasOwn(object, key)) throw missingColumn(place, Object.keys(object), role, key);
  return object[key];
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
