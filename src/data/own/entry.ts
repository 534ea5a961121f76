// What the readers of all formats give.

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
