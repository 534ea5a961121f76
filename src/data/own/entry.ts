// What the readers of all formats give, and how messages cite what a file says.

/** The columns of tables, or keys of JSON objects, that a task reads. */
export interface Columns {
  text: string;
  textPair?: string;
  label: string;
}

/** One row, in the words of the file. */
export interface Entry {
  /** Where it begins, counted from 1. */
  line: number;
  text: string;
  textPair?: string;
  label: string;
}

const MAX_CITED = 60; // characters
const MAX_LISTED = 10;

/** The value in quotation marks, shortened where it is long. */
export function cite(value: string): string {
  const characters = Array.from(value.slice(0, 2 * MAX_CITED));
  if (characters.length <= MAX_CITED && value.length <= 2 * MAX_CITED) return JSON.stringify(value);
  return JSON.stringify(`${characters.slice(0, MAX_CITED - 1).join("")}…`);
}

/** The values, each cited; of many only the first. */
export function citeAll(values: readonly string[]): string {
  const cited = values.slice(0, MAX_LISTED).map(cite).join(", ");
  return values.length > MAX_LISTED ? `${cited} and ${values.length - MAX_LISTED} more` : cited;
}
