// The trade-off table as CSV: columns.ts says which columns, csv-stringify how they are quoted.
import { stringify } from "csv-stringify/sync";
import { columns, toRecords } from "./columns.ts";
import type { Row } from "./row.ts";

/** RFC 4180 with a header and "\n" at line ends. `chosen` are the rows that full fine-tuning is looked up in. */
export function renderCsv(rows: readonly Row[], chosen: readonly Row[] = rows): string {
  return stringify(toRecords(rows, chosen), {
    header: true,
    columns: columns.map(({ name }) => name),
  });
}
