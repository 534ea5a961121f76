// `peft report --diff`: reads two sets of runs and prints what changed.
import type { Io } from "./io.ts";
import { printNote, readRunsIn } from "./read-runs.ts";

/** Compares the runs of two folders on stdout. */
export async function printDiff(
  [before, after]: readonly string[],
  format: "text" | "csv" | "md" | "json",
  io: Io,
): Promise<void> {
  const { compareRuns } = await import("../report/diff.ts");
  const { diffLegend, diffSheet, renderDiffCsv, renderDiffJson } =
    await import("../report/diff-sheet.ts");
  const [older, newer] = [await readRunsIn([before], io), await readRunsIn([after], io)];
  const changes = compareRuns(older, newer);
  const caveats = [...older.results, ...newer.results].flatMap((result) =>
    result.status === "failed" ? [] : (result.caveats ?? []),
  );
  for (const caveat of new Set(caveats)) printNote(caveat, io);
  switch (format) {
    case "csv":
      io.stdout.writeData(renderDiffCsv(changes));
      return;
    case "json":
      io.stdout.writeData(renderDiffJson(changes));
      return;
    case "md": {
      const { renderMarkdownTable } = await import("../report/markdown.ts");
      io.stdout.writeData(`${renderMarkdownTable(diffSheet(changes))}\n\n${diffLegend}\n`);
      return;
    }
    case "text": {
      const { renderTable } = await import("./render.ts");
      const { header, rightAligned, rows } = diffSheet(changes);
      io.stdout.write(renderTable([header, ...rows], { rightAligned }));
      printNote(diffLegend, io);
    }
  }
}
