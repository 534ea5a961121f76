// Small programs for tests of the engines.
import type { Engine, HostTensor, InputSpec, ProgramSpec } from "../../src/engine/engine.ts";
import { randomStream } from "../../src/random.ts";
import { sizeOf, type SymbolicShape } from "../../src/model/shape.ts";

/** The batch shape that programs run with unless they say another. */
export const batchShape = { B: 2, T: 3 };

/** An input: its shape, and how its values are drawn. */
export interface Drawn {
  shape: SymbolicShape;
  /** Real numbers in [low, high); whole ones in {low, ..., high - 1} for int32. Default -2 to 2. */
  range?: readonly [low: number, high: number];
  type?: InputSpec["type"];
}

/** Every program has the input `ids`, which binds B and T. */
const ids: Drawn = { shape: ["B", "T"], type: "int32", range: [0, 5] };

/** Seeded values for a shape. */
export function draw(name: string, input: Drawn, batch = batchShape): HostTensor {
  const { range: [low, high] = [-2, 2], type = "float32" } = input;
  const sizes = { ...batch, N: batch.B * batch.T };
  const shape = input.shape.map((dim) => (typeof dim === "number" ? dim : sizes[dim]));
  const stream = randomStream(7, name);
  const value = (_: unknown, i: number) => low + (high - low) * stream.uniform(i);
  const length = sizeOf(shape);
  return type === "int32"
    ? { shape, data: Int32Array.from({ length }, (_, i) => Math.floor(value(_, i))) }
    : { shape, data: Float32Array.from({ length }, value) };
}

/** Compiles a program without buffers, runs it for each batch shape and gives its outputs. */
export async function runProgram(
  engine: Engine,
  drawn: Readonly<Record<string, Drawn>>,
  compute: ProgramSpec["compute"],
  batches = [batchShape],
): Promise<Record<string, HostTensor>[]> {
  const inputs = { ids, ...drawn };
  const specs = Object.entries(inputs).map(([name, { shape, type = "float32" }]) => [
    name,
    { shape, type },
  ]);
  const program = await engine.compile({
    name: "test",
    inputs: Object.fromEntries(specs),
    buffers: {},
    compute,
  });
  const results = [];
  for (const batch of batches) {
    const values = Object.entries(inputs).map(([name, input]) => [name, draw(name, input, batch)]);
    results.push(await program.run(Object.fromEntries(values)));
  }
  await program.dispose();
  return results;
}
