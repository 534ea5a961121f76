// The full fine-tuning row that another row is compared with.
import { groupBy } from "./group.ts";
import type { Row } from "./row.ts";

/**
 * Finds the full fine-tuning row of a row's task and encoder, decided by the same metric. Where there are several it is the one
 * whose settings outside `method` have the same names; undefined where none of them has a score.
 */
export function baselines(rows: readonly Row[]): (row: Row) => Row | undefined {
  const full = rows.filter(({ method, score }) => method === "full" && score.mean !== null);
  const byPlace = groupBy(full, place);
  return (row) => {
    const there = byPlace.get(place(row)) ?? [];
    return there.length === 1
      ? there[0]
      : there.find((candidate) => withoutMethod(candidate) === withoutMethod(row));
  };
}

/** The row's mean minus that of full fine-tuning, as a fraction; null where either has none. */
export function deltaTo(baseline: Row | undefined, { score }: Row): number | null {
  const reference = baseline?.score.mean ?? null;
  return score.mean === null || reference === null ? null : score.mean - reference;
}

function place({ encoder, metric, split, task }: Row): string {
  return JSON.stringify([task, encoder, metric, split]);
}

function withoutMethod({ variant }: Row): string {
  return variant
    .split(" ")
    .filter((part) => /^(task|encoder|evaluation)\./.test(part))
    .join(" ");
}
