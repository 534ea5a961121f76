// JSON from outside, and from our own files, which a crash, an editor or another program may have changed: what is wrong is named with
// its line and column, and nothing is taken for what it is not. Differs from JSON.parse in refusing texts nested so deeply that whatever
// walks them would run out of stack.
import type { z } from "zod";
import { cite } from "./cite.ts";
import { UserError } from "./errors.ts";
import { readText } from "./files.ts";
import { findSyntaxError } from "./json-syntax.ts";

const MAX_DEPTH = 200; // none of the formats that are read here needs more than ten

/** Where a text stands. */
export interface TextPlace {
  path: string;
  /** The line that it begins on; 1 unless it is one of many in a file. */
  line?: number;
}

/** The value that `text` stands for. Throws UserError with line, column, what is there and what was expected. */
export function parseJson({ line = 1, path }: TextPlace, text: string, hint?: string): unknown {
  const options = hint === undefined ? {} : { hint };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const { expected, position } = findSyntaxError(text);
    const before = text.slice(0, position).split("\n");
    const place = `${path}:${line - 1 + before.length}:${before.at(-1)!.length + 1}`;
    const isEnd = position >= text.trimEnd().length;
    const found = isEnd ? "the text ends" : cite(text.slice(position, position + 20));
    throw new UserError(`${place}: ${found}: expected ${expected}`, { ...options, cause });
  }
  if (isDeeper(value, MAX_DEPTH))
    throw new UserError(
      `${path}:${line}: nested more than ${MAX_DEPTH} levels deep: expected fewer`,
      options,
    );
  return value;
}

/** What a JSON file says, in the form that `schema` asks for. Throws UserError naming the place that is wrong. */
export function readJsonFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  hint?: string,
): z.infer<Schema> {
  return checkJson(path, parseJson({ path }, readText(path, hint), hint), schema, hint);
}

/** `value`, which `path` holds, in the form that `schema` asks for. Throws UserError naming the place that is wrong. */
export function checkJson<Schema extends z.ZodType>(
  path: string,
  value: unknown,
  schema: Schema,
  hint?: string,
): z.infer<Schema> {
  const { data, error, success } = schema.safeParse(value);
  if (success) return data;
  const [{ message, path: at }] = error.issues;
  throw new UserError(
    `${path}: ${at.map(String).join(".") || "the whole file"}: ${message}`,
    hint === undefined ? {} : { hint },
  );
}

/** As `readJsonFile`, for files that can be done without: undefined where it is not there or is damaged. */
export function tryJsonFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): z.infer<Schema> | undefined {
  try {
    return readJsonFile(path, schema);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
