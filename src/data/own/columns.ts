// Columns, or keys, by the names that the config gives them.
import { cite, citeAll } from "../../cite.ts";
import { UserError } from "../../errors.ts";
import type { Columns } from "./entry.ts";

/** Where the one column of that name is. `place` is the header's. Throws UserError. */
export function findColumn(
  place: string,
  names: readonly string[],
  role: keyof Columns,
  name: string,
): number {
  const found = names.includes(name) ? name : name.trim(); // names of tables have no blanks around them
  const index = found === "" ? -1 : names.indexOf(found);
  if (index === -1) throw missingColumn(place, names, role, name);
  if (names.includes(found, index + 1)) {
    throw new UserError(`${place}: two columns named ${cite(name)}: expected one`, {
      hint: "rename one of them in the file",
    });
  }
  return index;
}

/** A column that is not there, or a key where rows are objects. */
function missingColumn(
  place: string,
  found: readonly string[],
  role: keyof Columns,
  name: string,
): UserError {
  const near = found.find(
    (candidate) => candidate !== "" && simplify(candidate) === simplify(name),
  );
  const quoted = near !== undefined && near.startsWith('"');
  const rename = near === undefined ? "" : `did you mean task.${role}: ${near}? `;
  return new UserError(
    `${place}: no column ${cite(name)} for task.${role}: expected one of ${citeAll(found)}`,
    {
      hint: quoted
        ? "quotes are letters like any other in .tsv files; save it as .csv, or without quotes"
        : `${rename}task.text, task.textPair and task.label name columns of the first line (JSON: keys)`,
    },
  );
}

/** Without what slips of the pen change most: case, quotes, blanks, `-` and `_`. */
function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/["'\s_-]/g, "");
}
