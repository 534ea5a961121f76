// Files changed as accidents, other programs and ill-meaning people change them: by the structure that their names promise, and byte
// by byte. Nothing here knows what reads them.
import { gunzipSync, gzipSync } from "node:zlib";
import { parse } from "yaml";
import type { Draw } from "./draw.ts";
import { mutateSafetensors } from "./safetensors.ts";
import { mutateValue, tweakText } from "./tree.ts";
import { numbers, texts } from "./values.ts";

/** What may stand in a file's place: a folder, a pipe that no one writes to, a link to itself, a link to nothing. */
export const oddities = ["folder", "pipe", "loop", "dangling"] as const;
export type Entry = Uint8Array | (typeof oddities)[number];

/** Files by their path in a folder. */
export type Files = Readonly<Record<string, Entry>>;

const MAX_BYTES = 2 ** 18; // what grows beyond is cut: more of the same shows nothing new

/** One of the seeds with up to two of the files that `isMutable` admits changed, missing, or replaced. */
export function mutateFiles(
  draw: Draw,
  seeds: readonly Files[],
  isMutable: (name: string) => boolean,
): Files {
  const files = { ...draw.pick(seeds) };
  const names = Object.keys(files).filter(isMutable);
  for (let rounds = draw.once(6) ? 2 : 1; rounds > 0 && names.length > 0; rounds--) {
    const [name] = names.splice(draw.below(names.length), 1);
    const [bytes, other] = [files[name], draw.pick(seeds)[name] ?? files[name]];
    if (typeof bytes === "string" || typeof other === "string") continue;
    if (draw.once(100)) delete files[name];
    else if (draw.once(80)) files[name] = draw.pick(oddities);
    else files[name] = mutateFile(draw, name, bytes, other).subarray(0, MAX_BYTES);
  }
  return files;
}

/** The bytes changed as files of such a name are; `other` is a file of the same name, of another seed. */
function mutateFile(draw: Draw, name: string, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  if (name.endsWith(".gz")) return mutateGzip(draw, name.slice(0, -3), bytes);
  if (draw.once(10)) return mutateBytes(draw, bytes, other);
  const times = draw.pick([1, 1, 1, 2, 4]);
  if (name.endsWith(".safetensors")) return mutateSafetensors(draw, bytes, times);
  const text = Buffer.from(bytes).toString("utf8");
  return encode(draw, mutateText(draw, name, text, times));
}

function mutateText(draw: Draw, name: string, text: string, times: number): string {
  const ending = name.slice(name.lastIndexOf(".") + 1);
  let changed = text;
  switch (ending) {
    case "json":
      changed = mutateValue(draw, JSON.parse(text), times);
      return draw.once(20) ? tweakText(draw, changed) : changed;
    case "yaml":
      if (draw.once(3)) return mutateValue(draw, parse(text), times);
      break;
  }
  for (let i = 0; i < times; i++) {
    if (ending === "csv") changed = mutateTable(draw, changed, ",");
    else if (ending === "tsv") changed = mutateTable(draw, changed, "\t");
    else if (ending === "yaml") changed = mutateYaml(draw, changed);
    else changed = mutateLines(draw, changed, ending === "jsonl");
  }
  return changed;
}

/** Bits flipped, parts cut, doubled, set to one value, or put together with those of another file. */
function mutateBytes(draw: Draw, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const at = draw.below(bytes.length);
  const length = 1 + draw.below(draw.pick([1, 8, 64, bytes.length]));
  const before = bytes.subarray(0, at);
  const part = bytes.subarray(at, at + length);
  const after = bytes.subarray(at + length);
  switch (draw.below(6)) {
    case 0:
      return before;
    case 1:
      return Buffer.concat([before, after]);
    case 2:
      return Buffer.concat([before, part, part, after]);
    case 3:
      return Buffer.concat([before, Buffer.alloc(part.length, draw.pick([0, 0x22, 0xff])), after]);
    case 4:
      return Buffer.concat([before, other.subarray(draw.below(other.length))]);
    default: {
      const flipped = Uint8Array.from(bytes);
      for (let i = draw.pick([1, 1, 4, 16]); i > 0; i--)
        flipped[draw.below(bytes.length)] ^= 1 << draw.below(8);
      return flipped;
    }
  }
}

/** Mostly UTF-8; else what other systems write. */
function encode(draw: Draw, text: string): Uint8Array {
  if (!draw.once(12)) return Buffer.from(text);
  const utf16 = Buffer.from(text, "utf16le");
  switch (draw.below(7)) {
    case 0:
      return Buffer.from(`\ufeff${text}`);
    case 1:
      return Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]);
    case 2:
      return Buffer.concat([Buffer.from([0xfe, 0xff]), utf16.swap16()]);
    case 3:
      return utf16;
    case 4:
      return utf16.swap16();
    case 5:
      return Buffer.from(`${text}\u00e9\u0093`, "latin1");
    default:
      return Buffer.from(text.replaceAll("\n", draw.pick(["\r", "\r\n", "\n\n", "\u0000\n"])));
  }
}

/** Lines doubled, gone, swapped, joined or changed; of JSON lines, within the value. */
function mutateLines(draw: Draw, text: string, isJson: boolean): string {
  const lines = text.split("\n");
  const at = draw.below(lines.length);
  const line = lines[at];
  if (isJson && line !== "" && draw.once(2)) {
    try {
      lines[at] = mutateValue(draw, JSON.parse(line), 1);
      return lines.join("\n");
    } catch {
      // changed before, and JSON no more
    }
  }
  switch (draw.below(6)) {
    case 0:
      lines.splice(at, 0, line);
      break;
    case 1:
      lines.splice(at, 1);
      break;
    case 2:
      lines.splice(at, 0, draw.pick(["", " ", draw.pick(texts)]));
      break;
    case 3:
      lines[at] = `${line}${draw.pick(["\r", " ", lines[at + 1] ?? ""])}`;
      break;
    case 4:
      lines.length = at + 1;
      break;
    default:
      lines[at] = tweakText(draw, line);
  }
  return lines.join("\n");
}

/** Cells, rows, the header and quotes of a table. */
function mutateTable(draw: Draw, text: string, separator: string): string {
  if (draw.once(4)) return mutateLines(draw, text, false);
  if (draw.once(20)) return text.replaceAll(separator, draw.pick([";", ",", "\t", "|"]));
  const lines = text.split("\n");
  const at = draw.once(3) ? 0 : draw.below(lines.length);
  const cells = lines[at].split(separator);
  const column = draw.below(cells.length);
  const cell = cells[column];
  switch (draw.below(8)) {
    case 0:
      cells.splice(column, 1);
      break;
    case 1:
      cells.splice(column, 0, draw.pick(["", cell, draw.pick(texts)]));
      break;
    case 2:
      cells[column] = draw.pick([`"${cell}`, `${cell}"`, `"${cell}"`, `${cell}"x`, `"${cell}""`]);
      break;
    case 3:
      cells[column] = tweakText(draw, cell);
      break;
    case 4:
      lines.splice(draw.below(lines.length), 0, lines[0]);
      break;
    case 5:
      cells[column] = cells[draw.below(cells.length)];
      break;
    default:
      cells[column] = draw.pick([draw.pick(texts), draw.pick(numbers)]);
  }
  if (at < lines.length) lines[at] = cells.join(separator);
  return lines.join("\n");
}

const yamlParts = [
  "&a [1, 2]",
  "*a",
  "!!python/object:os.system x",
  "!!binary aGk=",
  "!!float 1",
  "!!set {a, b}",
  "{<<: {size: 8}}",
  "---",
  "--- x\n...",
  "\ttab: 1",
  "? [complex, key]\n: 1",
  "%YAML 1.1",
  "| \n  block\n   more",
  "a: &x [*x]",
  "yes",
  "2026-11-26",
  "0o17",
  "1:30",
  '"\\x1b[2J\\u202e"',
  "- 1\n- 2",
  "[[[[[[[[",
  "{a: 1, a: 2}",
  "# comment",
];

/** Lines, indentation and values of YAML, and the parts of it that nobody expects. */
function mutateYaml(draw: Draw, text: string): string {
  const lines = text.split("\n");
  const at = draw.below(lines.length);
  const [, before = "", value = ""] = /^([^:]*: ?)(.*)$/.exec(lines[at]) ?? [];
  const indent = " ".repeat(draw.below(6));
  switch (draw.below(7)) {
    case 0:
      lines[at] = before + draw.pick(yamlParts);
      break;
    case 1:
      lines[at] = before + draw.pick([draw.pick(numbers), draw.pick(texts)]);
      break;
    case 2:
      lines.splice(at, 0, indent + draw.pick(yamlParts));
      break;
    case 3:
      lines[at] = indent + lines[at].trimStart();
      break;
    case 4:
      if (draw.once(10)) return `${text}\nb: ${"[".repeat(draw.pick([50, 300, 20_000]))}`;
      lines[at] =
        `${before}[${Array.from({ length: draw.pick([2, 3, 2000]) }, () => value).join(", ")}]`;
      break;
    default:
      return mutateLines(draw, text, false);
  }
  return lines.join("\n");
}

/** What is inside changed, or what is around it. */
function mutateGzip(draw: Draw, name: string, bytes: Uint8Array): Uint8Array {
  const inner = gunzipSync(bytes);
  switch (draw.below(8)) {
    case 0:
      return mutateBytes(draw, bytes, bytes);
    case 1:
      return Buffer.concat([bytes, draw.pick([bytes, gzipSync(""), Buffer.alloc(20)])]);
    case 2:
      return Buffer.concat([bytes, Buffer.from("trailing words")]);
    case 3:
      return inner; // not compressed, whatever the name says
    case 4:
      return gzipSync(bytes);
    case 5:
      return draw.once(8)
        ? gzipSync(Buffer.alloc(2 ** 19, draw.pick(["x", " ", "\n", ","])))
        : bytes.subarray(0, -draw.below(12));
    default:
      return gzipSync(mutateFile(draw, name, inner, inner), { level: 1 });
  }
}
