// `kill -9` at twenty random moments, each time in a run of its own.
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import {
  ended,
  filesOf,
  isFinished,
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

test.each(Array.from({ length: 20 }, (_, i) => i))("killed at a random moment, %i", async (i) => {
  const out = join(place.folder, `killed-${i}`);
  const moment = Math.random() * seconds;
  await trainAndKill(place, out, moment);
  for (let session = 0; session < 3 && !isFinished(out); session++)
    expect((await ended(startTraining(place, out))).stderr).toBe("");
  expect(filesOf(out), `killed after ${moment} of ${seconds} s`).toEqual(expected);
});
