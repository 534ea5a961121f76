// How messages quote what files, paths and people say. A terminal obeys the control characters in a text that it is sent; here they
// become visible and do nothing.

const MAX_CITED = 60; // characters
const MAX_LISTED = 10;

/**
 * What a terminal may obey or hide: control characters (C0, DEL, C1), line and paragraph separators, marks that change the
 * direction of writing (UAX #9), and halves of surrogate pairs.
 */
const UNPRINTABLE =
  // eslint-disable-next-line no-control-regex -- control characters are what it is for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const usual: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text in one line, with everything that a terminal would obey written out, such as `\u001b` for ESC. */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) =>
      usual[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The value in quotation marks, printable, and shortened where it is long. */
export function cite(value: string): string {
  const characters = Array.from(value.slice(0, 2 * MAX_CITED));
  const isShort = characters.length <= MAX_CITED && value.length <= 2 * MAX_CITED;
  const shown = isShort ? value : `${characters.slice(0, MAX_CITED - 1).join("")}…`;
  return printable(JSON.stringify(shown));
}

/** The values, each cited; of many only the first. */
export function citeAll(values: readonly string[]): string {
  const cited = values.slice(0, MAX_LISTED).map(cite).join(", ");
  return values.length > MAX_LISTED ? `${cited} and ${values.length - MAX_LISTED} more` : cited;
}

/** What kind of thing a value of JSON or YAML is, for messages: it may be too large or too deep to be shown. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "a text";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
