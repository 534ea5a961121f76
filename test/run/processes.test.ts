// Training in processes of their own: the same bits each time, however often it is killed. Needs the built program (`npm test`
// builds first).
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import {
  ended,
  filesOf,
  isFinished,
  runFolder,
  startTraining,
  trainAndKill,
  type Workplace,
  writeWorkplace,
} from "../support/process.ts";
import { temporaryFolders } from "../support/temp.ts";

const temporaryFolder = temporaryFolders();
let place: Workplace;
let expected: Record<string, string>;
let seconds: number;

beforeAll(async () => {
  place = writeWorkplace(temporaryFolder());
  const out = join(place.folder, "undisturbed");
  ({ seconds } = await ended(startTraining(place, out)));
  expected = filesOf(out);
});

test("the same experiment in another process gives the same bytes", async () => {
  const out = join(place.folder, "again");
  expect(await ended(startTraining(place, out))).toMatchObject({ code: 0, stderr: "" });
  expect(filesOf(out)).toEqual(expected);
});

test("a run killed three times ends in the same bytes", async () => {
  const out = join(place.folder, "killed");
  // Around the first batches, in the middle, near the end of what would have been one session.
  for (const share of [0.6, 0.75, 0.9]) await trainAndKill(place, out, share * seconds);
  for (let session = 0; session < 3 && !isFinished(out); session++)
    expect((await ended(startTraining(place, out))).stderr).toBe("");
  expect(filesOf(out)).toEqual(expected);
  expect(readdirSync(runFolder(out)!).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});
