// Kills `peft train` and `peft sweep` at random moments, in every way that programs are killed, and resumes them until they are done:
//   npm run -s build && npx tsx benchmarks/kills.ts --train 200 --sweep 100 --seed 0
// The folders must then hold the same bytes as those of an undisturbed run, times and memory aside, and no lock, saved state,
// half-written file or process may be left. Prints a line for every run that differs, then the counts; exit code 1 if there is any.
// The same seed gives the same kills at the same moments; what they hit depends on the machine. Needs Linux and script(1).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isDeepStrictEqual } from "node:util";
import { randomStream } from "../src/random.ts";
import { cellsOf, sweepArgs, writeGrid } from "../test/support/grid.ts";
import { type Kill, kills, leftoversIn, runAndKill } from "../test/support/kills.ts";
import {
  contentsOf,
  ended,
  startCommand,
  trainingArgs,
  writeWorkplace,
} from "../test/support/process.ts";

const { values } = parseArgs({
  options: {
    train: { type: "string", default: "20" },
    sweep: { type: "string", default: "10" },
    seed: { type: "string", default: "0" },
  },
});

const KILLS_PER_RUN = 3;
const MAX_SESSIONS = 5; // to go on undisturbed, after a run's last kill

/** A command that can be given again until it is done. */
interface Work {
  folder: string;
  argsFor: (out: string) => string[];
}

/** What was done to a command, and what came of it. */
interface Count {
  kills: Record<Kill, number>;
  runs: number;
  wrong: number;
}

async function killAtRandom(what: string, work: Work, numKills: number): Promise<Count> {
  const random = randomStream(Number(values.seed), "kills", what);
  const undisturbed = join(work.folder, "undisturbed");
  const { seconds } = await finish(work, undisturbed);
  const expected = everythingIn(undisturbed);
  const count: Count = { kills: none(), runs: 0, wrong: 0 };
  let drawn = 0;
  const total = () => Object.values(count.kills).reduce((sum, number) => sum + number, 0);
  while (total() < numKills) {
    const out = join(work.folder, `killed-${count.runs++}`);
    const story: string[] = [];
    for (let i = 0; i < KILLS_PER_RUN && total() < numKills; i++) {
      const kill = kills[Math.floor(random.uniform(drawn++) * kills.length)];
      const moment = random.uniform(drawn++) * seconds;
      const { code, left, wasHit } = await runAndKill(work.folder, work.argsFor(out), {
        kill,
        seconds: moment,
      });
      story.push(`${kill} after ${moment.toFixed(2)} s: exit code ${code}`);
      if (left.length > 0) story.push(`left processes ${left.join(", ")}`);
      if (!wasHit) break;
      count.kills[kill]++;
      if (left.length > 0) count.wrong++;
    }
    const { code, stderr } = await finish(work, out);
    const differs = code !== 0 || !isDeepStrictEqual(everythingIn(out), expected);
    const leftovers = leftoversIn(out);
    if (differs || leftovers.length > 0) {
      count.wrong++;
      console.log(
        `${what} ${out}: ${differs ? "differs" : `left ${leftovers.join(", ")}`}: ${story.join("; ")}: ${stderr.trim()}`,
      );
    } else rmSync(out, { recursive: true });
    process.stderr.write(`\r${what}: ${total()} of ${numKills} kills, ${count.wrong} wrong `);
  }
  process.stderr.write("\n");
  return count;
}

const none = () => Object.fromEntries(kills.map((kill) => [kill, 0])) as Record<Kill, number>;

/** Gives the command until it succeeds: a run may have been saved after its last kill, or finished. */
async function finish({ argsFor, folder }: Work, out: string) {
  for (let session = 1; ; session++) {
    const end = await ended(startCommand(folder, [...argsFor(out), "--quiet"]));
    const isDone = end.code === 0 || end.stderr.includes("this run is finished");
    if (isDone || session === MAX_SESSIONS) return { ...end, code: isDone ? 0 : end.code };
  }
}

function everythingIn(out: string): Record<string, Record<string, string>> {
  return Object.fromEntries(cellsOf(out).map((name) => [name, contentsOf(join(out, name))]));
}

const root = mkdtempSync(join(tmpdir(), "peft-kills-"));
const place = writeWorkplace(mkdtempSync(join(root, "train-")));
const grid = writeGrid(mkdtempSync(join(root, "sweep-")));
const counts = {
  train: await killAtRandom(
    "train",
    { folder: place.folder, argsFor: (out) => trainingArgs(place, out) },
    Number(values.train),
  ),
  sweep: await killAtRandom(
    "sweep",
    { folder: grid.folder, argsFor: (out) => sweepArgs(grid, out) },
    Number(values.sweep),
  ),
};
console.log(JSON.stringify(counts, null, 2));
const numWrong = counts.train.wrong + counts.sweep.wrong;
if (numWrong === 0) rmSync(root, { recursive: true, force: true });
else console.log(`kept: ${root}`);
process.exitCode = numWrong === 0 ? 0 : 1;
