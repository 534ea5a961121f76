// Weights changed as tools change them: names, types, shapes and offsets, with or without the bytes; and numbers that are none.
import type { Draw } from "./draw.ts";
import { mutateValue, tweakText } from "./tree.ts";

/** Tensors and header, one true to the other or not: names, types, shapes, offsets, numbers that are none. */
export function mutateSafetensors(draw: Draw, bytes: Uint8Array, times: number): Uint8Array {
  const source = Buffer.from(bytes);
  const length = Number(source.readBigUInt64LE());
  const header = JSON.parse(source.toString("utf8", 8, 8 + length)) as Record<string, Entry>;
  const data = source.subarray(8 + length);
  const names = Object.keys(header).filter((name) => name !== "__metadata__");
  let text = JSON.stringify(header);
  switch (draw.below(5)) {
    case 0:
    case 1:
      text = mutateValue(draw, header, times);
      break;
    case 2: // a number that is none
      new DataView(data.buffer, data.byteOffset).setUint32(
        4 * draw.below(Math.floor(data.length / 4)),
        draw.pick([0x7fc00000, 0x7f800000, 0xff800000, 0x7f7fffff, 0x80000000]),
        true,
      );
      break;
    case 3: {
      for (let i = 0; i < times; i++) mutateEntry(draw, header, draw.pick(names));
      text = JSON.stringify(header);
      break;
    }
    default: {
      const prefix = draw.pick(["bert.", "module.", "model.", "0.auto_model.", "_orig_mod.", "x"]);
      const entries = Object.entries(header);
      const renamed = entries.map(([name, entry]) => [name === "__metadata__" ? name : prefix + name, entry]); // prettier-ignore
      text = JSON.stringify(Object.fromEntries(draw.once(4) ? [...entries, ...renamed] : renamed));
    }
  }
  const json = Buffer.from(text);
  const size = Buffer.alloc(8);
  const lie = draw.once(30) ? BigInt(draw.below(1000)) << BigInt(draw.below(50)) : 0n;
  size.writeBigUInt64LE(BigInt(json.length) + lie);
  const tail = draw.once(20) ? draw.pick([data.subarray(4), Buffer.concat([data, data])]) : data;
  return Buffer.concat([size, json, tail]);
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [begin: number, end: number];
}

function mutateEntry(draw: Draw, header: Record<string, Entry>, name: string): void {
  const entry = header[name];
  if (!entry) return;
  const [begin, end] = entry.data_offsets;
  switch (draw.below(6)) {
    case 0:
      entry.dtype = draw.pick(["F16", "BF16", "F64", "I64", "I32", "BOOL", "F8_E4M3", "f32", "U8"]);
      break;
    case 1: // the same bytes as half as many, or twice as many, values
      entry.dtype = draw.pick(["F16", "BF16"]);
      entry.shape = [2, ...entry.shape];
      break;
    case 2:
      entry.shape = draw.pick([entry.shape.toReversed(), [...entry.shape, 1], [0], [], [2 ** 31, 2 ** 31]]); // prettier-ignore
      break;
    case 3:
      entry.data_offsets = draw.pick([[begin + 4, end + 4], [end, begin], [0, end - begin], [begin, begin]]); // prettier-ignore
      break;
    case 4:
      delete header[name];
      break;
    default:
      header[tweakText(draw, name)] = entry;
      if (draw.once(2)) delete header[name];
  }
}
