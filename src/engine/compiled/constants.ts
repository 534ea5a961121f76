// Frozen buffers as constants of a graph, for providers that cannot keep buffers on their device between runs.
import type { CompiledBuffer } from "./buffers.ts";
import { elementTypes, type Initializer, type Node } from "./onnx.ts";
import type { RecordedProgram } from "./record.ts";

/** The program with every frozen buffer inside its graph. Float16 values are cast from float32 when the session is created. */
export function withConstants(
  recorded: RecordedProgram,
  buffers: Readonly<Record<string, CompiledBuffer>>,
): RecordedProgram {
  const { graph } = recorded;
  const frozen = recorded.buffersRead.filter(({ buffer }) => buffers[buffer].frozen);
  const inputs = new Set(frozen.map(({ input }) => input));
  const names = new Set(frozen.map(({ buffer }) => buffer));
  const constants = [...names].map((name): Initializer => {
    const { host, shape } = buffers[name];
    const bytes = new Uint8Array(host.buffer, host.byteOffset, host.byteLength);
    return { name, type: "float32", shape, bytes, isExternal: true };
  });
  const casts = frozen
    .filter(({ type }) => type === "float16")
    .map(({ buffer, input }): Node => ({
      op: "Cast",
      domain: "",
      inputs: [buffer],
      outputs: [input],
      attributes: { to: elementTypes.float16 },
    }));
  return {
    ...recorded,
    buffersRead: recorded.buffersRead.filter(({ buffer }) => !buffers[buffer].frozen),
    graph: {
      ...graph,
      nodes: [...casts, ...graph.nodes],
      inputs: graph.inputs.filter(({ name }) => !inputs.has(name)),
      initializers: [...graph.initializers, ...constants],
    },
  };
}
