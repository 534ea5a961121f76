// JSON lines: one object per line, with more keys than are read or not.
import { cite } from "../../cite.ts";
import { UserError } from "../../errors.ts";
import { findSyntaxError } from "../../json-syntax.ts";
import { linesOf } from "../lines.ts";
import { missingColumn } from "./columns.ts";
import type { Columns, Entry } from "./entry.ts";

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
  } catch (cause) {
    throw malformed(place, source, cause);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new UserError(`${place}: ${nameOf(value)}: expected a JSON object`, {
    hint: 'each line is one object, such as {"text": "…", "label": "…"}',
  });
}

function malformed(place: string, source: string, cause: unknown): UserError {
  const { expected, position } = findSyntaxError(source);
  const isEnd = position >= source.trimEnd().length;
  const found = isEnd ? "the line ends" : cite(source.slice(position, position + 20));
  return new UserError(`${place}:${position + 1}: ${found}: expected ${expected}`, {
    hint: "each line is one JSON object, in one piece",
    cause,
  });
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
