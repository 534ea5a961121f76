// npm run bench [-- --rounds 7]
// The adapter training step beside PyTorch's, alternating step by step in one run: median milliseconds, the ratio, peak memory.
// PyTorch comes from .venv (see peers/README.md) or from the interpreter named by PEFT_PYTHON; without it only ours is timed.
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { type Contender, median, ownCommand, peerCommand, startContender } from "./contender.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    /** Only the settings whose title contains this. */
    only: { type: "string", default: "" },
  },
});

/** The two shapes with dropout as the recipe trains, and without. */
const settings = ["minilm 32 0.1", "minilm 32 0", "base 16 0.1", "base 16 0"].map((text) => {
  const [shape, batch, dropout] = text.split(" ");
  const args = ["--shape", shape, "--batch", batch, "--length", "128", "--dropout", dropout];
  return { title: `${shape}, m=64, ${batch}x128, dropout ${dropout}`, args };
});

async function compare(title: string, args: string[]): Promise<void> {
  const start = (name: string, [command, ...rest]: string[]) =>
    startContender(name, command, [...rest, ...args]);
  const torch = (dtype: string) =>
    start(`PyTorch ${dtype}`, [...peerCommand("torch_step.py"), "--dtype", dtype]);
  const ours = start("peft fp32", ownCommand("peft-step"));
  const contenders = (await Promise.all([ours, torch("fp32"), torch("bf16")])).filter(
    (contender): contender is Contender => contender !== null,
  );
  const times = contenders.map(() => [] as number[]);
  const warmups = 2;
  for (let round = -warmups; round < Number(values.rounds); round++)
    for (const [i, contender] of contenders.entries()) {
      const ms = await contender.step();
      if (round >= 0) times[i].push(ms);
    }
  const reference = times[contenders.findIndex(({ title: name }) => name === "PyTorch fp32")];
  console.log(`\n${title}`);
  for (const [i, contender] of contenders.entries()) {
    const ratio = reference
      ? `  ${(median(times[i]) / median(reference)).toFixed(2)} of PyTorch fp32`
      : "";
    const peak = ((await contender.quit()) / 2 ** 20).toFixed(0);
    const range = `${Math.min(...times[i]).toFixed(0)}-${Math.max(...times[i]).toFixed(0)}`;
    console.log(
      `  ${contender.title.padEnd(14)} ${median(times[i]).toFixed(0).padStart(6)} ms (${range})${ratio}  peak ${peak} MiB`,
    );
  }
}

console.log(
  `${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}, ${values.rounds} rounds`,
);
for (const { args, title } of settings) if (title.includes(values.only)) await compare(title, args);
