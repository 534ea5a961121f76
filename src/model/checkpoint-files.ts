// The files that hold an encoder's weights: one safetensors file, or several with an index that says which tensor is in which, as
// save_pretrained of transformers writes them.
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { cite } from "../cite.ts";
import { UserError } from "../errors.ts";
import { attempt, pathExists, sha256, sha256File } from "../files.ts";
import { readdirSync } from "node:fs";
import { readJsonFile } from "../json.ts";
import { type FloatTensor, openSafetensors, type SafetensorsFile } from "./safetensors.ts";

const INDEX_ENDING = ".safetensors.index.json";

/** `model-00001-of-00003.safetensors`: one of several files. */
const shardName = /-\d+-of-0*(\d+)\.safetensors$/;

const Index = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Where the tensors of a checkpoint are, open for reading. */
export interface CheckpointFiles {
  /** The one file, or the index of several. */
  path: string;
  names: readonly string[];
  /** The file that holds the tensor. */
  fileOf(name: string): string;
  shapeOf(name: string): readonly number[];
  read(name: string): FloatTensor;
  close(): void;
}

/** The file that stands for a folder's weights: a safetensors file or an index. Throws UserError where there is none, or no one of them. */
export function findWeights(folder: string): string {
  for (const usual of ["model.safetensors", `model${INDEX_ENDING}`])
    if (pathExists(join(folder, usual))) return join(folder, usual);
  const all = attempt(folder, () => readdirSync(folder));
  const others = all.filter((name) => name.endsWith(".safetensors"));
  const indices = all.filter((name) => name.endsWith(INDEX_ENDING));
  if (indices.length === 1) return join(folder, indices[0]);
  const shard = others.find((name) => Number(shardName.exec(name)?.[1] ?? 1) > 1);
  if (shard !== undefined)
    throw new UserError(
      `${join(folder, shard)}: one of ${Number(shardName.exec(shard)![1])} files: expected ${shard.replace(shardName, INDEX_ENDING)} beside it`,
      { hint: "copy all files of the checkpoint, the index with them" },
    );
  if (others.length === 1) return join(folder, others[0]);
  const hasTorch = all.includes("pytorch_model.bin");
  throw new UserError(
    `${folder}: ${others.length} safetensors files: expected model.safetensors or exactly one other`,
    {
      hint: hasTorch
        ? "pytorch_model.bin can run code when it is read and is not supported: convert it with transformers' save_pretrained"
        : "copy the encoder's model.safetensors into this folder",
    },
  );
}

/** Opens what `findWeights` found. Throws UserError naming the file that is missing, or does not hold what the index says. */
export function openWeights(path: string): CheckpointFiles {
  if (path.endsWith(INDEX_ENDING)) return openShards(path, readIndex(path));
  const file = openSafetensors(path);
  return { ...file, fileOf: () => path };
}

/**
 * SHA-256 of what `findWeights` found. Of several files it is that of the lines that `sha256sum` prints for them and the index, sorted
 * by name.
 */
export async function hashWeights(path: string): Promise<string> {
  if (!path.endsWith(INDEX_ENDING)) return sha256File(path);
  const names = [...new Set(readIndex(path).values()), basename(path)];
  const lines: string[] = [];
  for (const name of names.toSorted())
    lines.push(`${await sha256File(join(dirname(path), name))}  ${name}\n`);
  return sha256(lines.join(""));
}

/** The file of each tensor, by name. */
function readIndex(path: string): ReadonlyMap<string, string> {
  const { weight_map: map } = readJsonFile(path, Index);
  for (const [name, file] of Object.entries(map))
    if (!/^[^/\\]+\.safetensors$/.test(file))
      throw new UserError(
        `${path}: weight_map.${name}: ${cite(file)}: expected a safetensors file in the same folder`,
      );
  return new Map(Object.entries(map));
}

function openShards(path: string, fileNames: ReadonlyMap<string, string>): CheckpointFiles {
  const files = new Map<string, SafetensorsFile>();
  const close = () => {
    for (const file of files.values()) file.close();
  };
  try {
    for (const fileName of new Set(fileNames.values()))
      files.set(fileName, openShard(join(dirname(path), fileName), path));
    refuseMismatch(path, fileNames, files);
  } catch (error) {
    close();
    throw error;
  }
  const fileOf = (name: string) => files.get(fileNames.get(name)!)!;
  return {
    path,
    names: [...fileNames.keys()],
    fileOf: (name) => fileOf(name).path,
    shapeOf: (name) => fileOf(name).shapeOf(name),
    read: (name) => fileOf(name).read(name),
    close,
  };
}

function openShard(path: string, index: string): SafetensorsFile {
  if (pathExists(path)) return openSafetensors(path);
  throw new UserError(`${path}: no such file: expected it, because ${basename(index)} names it`, {
    hint: "copy or download all files of the checkpoint",
  });
}

/** Throws UserError unless index and files agree on where each tensor is. */
function refuseMismatch(
  path: string,
  fileNames: ReadonlyMap<string, string>,
  files: ReadonlyMap<string, SafetensorsFile>,
): void {
  const hint = "the index belongs to another checkpoint: copy all files of one checkpoint";
  for (const [fileName, { names }] of files)
    for (const name of names) {
      const indexed = fileNames.get(name);
      if (indexed === fileName) continue;
      const elsewhere = indexed === undefined ? "not in the index" : `in ${indexed} by the index`;
      throw new UserError(`${path}: ${name}: in ${fileName}, and ${elsewhere}: expected one place`, { hint }); // prettier-ignore
    }
  const held = new Set([...files.values()].flatMap(({ names }) => names));
  for (const [name, fileName] of fileNames)
    if (!held.has(name))
      throw new UserError(`${path}: ${name}: not in ${fileName}: expected it there`, { hint });
}
