// A sweep killed at ten random moments and started again each time ends like one that was never disturbed.
import { join } from "node:path";
import { expect, test } from "vitest";
import { cellsOf, reportOf, sweep, sweepAndKill, writeGrid } from "../support/grid.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();

test("kill -9 at ten random moments", async () => {
  const grid = writeGrid(temporaryFolder());
  const undisturbed = join(grid.folder, "undisturbed");
  const { seconds } = await sweep(grid, undisturbed);
  const out = join(grid.folder, "killed");
  const moments = Array.from({ length: 10 }, () => Math.random() * seconds);
  for (const moment of moments) await sweepAndKill(grid, out, moment);
  expect(await sweep(grid, out), `killed after ${moments.join(", ")} of ${seconds} s`).toMatchObject({ code: 0, stdout: "4 cells: 4 finished\n" }); // prettier-ignore
  expect(cellsOf(out)).toEqual(cellsOf(undisturbed));
  const expected = await reportOf(grid, undisturbed);
  expect(expected.split("\n")).toHaveLength(1 + 4);
  expect(await reportOf(grid, out)).toBe(expected);
});
