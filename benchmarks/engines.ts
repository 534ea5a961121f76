// npx tsx benchmarks/engines.ts [--settings "minilm 32x128,base 8x384"] [--rounds 7] [--minutes 60] [--out FILE.json]
// The same training step on every engine of this machine, and in PyTorch where Python has it (peers/README.md): time, memory, and how
// much of the rate at which the same device multiplies large matrices it makes use of. Weights are random, of a fixed seed.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { inspectHardware } from "../src/hardware/hardware.ts";
import { compare, type Comparison, type Setting } from "./compare.ts";
import { type EnginesReport, renderTables } from "./engines-table.ts";
import { findLineup, type Place } from "./lineup.ts";
import { type ShapeName, shapes } from "./shapes.ts";

const { values } = parseArgs({
  options: {
    /** Shapes with batch x tokens, separated by commas. */
    settings: { type: "string", default: "minilm 32x128,minilm 8x384,base 32x128,base 8x384" },
    /** Steps of each that count, after two that do not. */
    rounds: { type: "string", default: "7" },
    /** No round is begun later, save the first of a setting that was begun. */
    minutes: { type: "string", default: "60" },
    dropout: { type: "string", default: "0.1" },
    /** m of the adapters. */
    size: { type: "string", default: "64" },
    /** Only contenders whose titles contain one of these, separated by commas; PyTorch fp32, the reference, stays. */
    only: { type: "string", default: "" },
    /** "processor" or "GPU": only what computes there. */
    place: { type: "string" },
    /** Also has a software rasteriser, where there is no GPU, take a tiny step. */
    software: { type: "boolean", default: false },
    /** Everything as JSON. */
    out: { type: "string" },
  },
});

const TINY = "tiny 8x32";

async function main(): Promise<void> {
  const start = Date.now();
  const end = start + Number(values.minutes) * 60_000;
  const settings = values.settings.split(",").map(parseSetting);
  if (values.software && settings.every(({ shape }) => shape !== "tiny"))
    settings.push(parseSetting(TINY));
  const hardware = await inspectHardware();
  note("examining the engines");
  const { absent, entries, torch } = await findLineup(hardware, values);
  const names = values.only.split(",");
  const invited = entries.filter(
    ({ place, title }) =>
      (values.place === undefined || place === values.place) &&
      (title === "PyTorch fp32" || names.some((name) => title.includes(name))),
  );
  const parts = settings.flatMap((setting) =>
    (["processor", "GPU"] as Place[]).flatMap((place) => {
      const fit = invited.filter(
        (entry) => entry.place === place && (!entry.isSoftware || setting.shape === "tiny"),
      );
      return fit.length > 0 ? [{ setting, place, fit }] : [];
    }),
  );
  const comparisons: Comparison[] = [];
  const { cpu, graphics } = hardware;
  const save = (): EnginesReport => {
    const report = {
      date: new Date(start).toISOString().slice(0, 10),
      minutes: (Date.now() - start) / 60_000,
      machine: { cpu, graphics, node: process.version, torch },
      absent,
      comparisons,
    };
    const json = `${JSON.stringify(report, null, 2)}\n`;
    if (values.out !== undefined) writeFileSync(values.out, json);
    return report;
  };
  for (const [i, { fit, place, setting }] of parts.entries()) {
    const title = `${setting.shape} ${setting.batch}x${setting.length}, ${place}`;
    if (Date.now() > end) {
      absent.push({ title, reason: `not begun in ${values.minutes} minutes` });
      continue;
    }
    const until = Date.now() + (end - Date.now()) / (parts.length - i);
    const options = { rounds: Number(values.rounds), until };
    const tell = (text: string) => note(`${title}: ${text}`);
    comparisons.push(await compare(setting, place, fit, { ...options, note: tell }));
    save(); // whoever cuts the rest off has this
  }
  console.log(renderTables(save()));
}

function parseSetting(text: string): Setting {
  const [, name, batch, length] = /^(\w+) (\d+)x(\d+)$/.exec(text.trim()) ?? [];
  if (!(name in shapes))
    throw new Error(
      `--settings: ${text}: expected one of ${Object.keys(shapes)} and batch x tokens, like "base 8x384"`,
    );
  return {
    shape: name as ShapeName,
    batch: Number(batch),
    length: Number(length),
    dropout: Number(values.dropout),
    adapterSize: Number(values.size),
  };
}

/** Progress goes where it does not mix with the tables. */
function note(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}

await main();
