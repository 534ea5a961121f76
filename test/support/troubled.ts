// Engines on devices with too little memory, and on devices that go away: another engine with errors at the right moments.
import {
  DeviceLostError,
  DeviceMemoryError,
  type Engine,
  type HostTensor,
} from "../../src/engine/engine.ts";

/** An engine whose device holds the activations of at most so many padded tokens. */
export function withMemoryFor(engine: Engine, maxTokens: number): Engine {
  return interrupted(engine, ({ ids }) => {
    if (ids && ids.data.length > maxTokens) throw new DeviceMemoryError("out of memory");
  });
}

/** An engine that has no memory for its first program. */
export function withoutMemoryAtFirst(engine: Engine): Engine {
  let compiled = 0;
  return {
    ...engine,
    compile: async (spec) => {
      if (++compiled === 1) throw new DeviceMemoryError("out of memory");
      return engine.compile(spec);
    },
  };
}

/** An engine whose device is lost at the run with this number, counted from 1, and stays lost. */
export function lostAtRun(engine: Engine, numRun: number): Engine {
  let runs = 0;
  return interrupted(engine, () => {
    if (++runs >= numRun)
      throw new DeviceLostError(["Device was lost: driver reset", "and more words"]);
  });
}

function interrupted(
  engine: Engine,
  beforeRun: (inputs: Readonly<Record<string, HostTensor>>) => void,
): Engine {
  return {
    ...engine,
    compile: async (spec) => {
      const program = await engine.compile(spec);
      return {
        run: async (inputs) => {
          beforeRun(inputs);
          return program.run(inputs);
        },
        dispose: () => program.dispose(),
      };
    },
  };
}
